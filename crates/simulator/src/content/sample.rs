//! Values that fit a JSON Schema: what models give to tools, and answer where a schema is asked for.

use serde_json::{Map, Value, json};

/// A value that fits the schema, with the parts of JSON Schema that vendors take. The prompt is what a free
/// text is filled with.
pub(crate) fn sample(schema: &Value, prompt: &str) -> Value {
    sample_at(schema, schema, prompt, 0)
}

/// Below this, schemas that contain themselves end.
const DEPTH_MAX: usize = 16;

fn sample_at(root: &Value, schema: &Value, prompt: &str, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let deeper = |schema: &Value| sample_at(root, schema, prompt, depth + 1);
    if let Some(fixed) = schema.get("const").or_else(|| schema.get("default")) {
        return fixed.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|choices| choices.get(0)) {
        return first.clone();
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let pointed = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return pointed.map_or(Value::Null, deeper);
    }
    if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema.get(key)?.get(0)) {
        return deeper(first);
    }
    match type_of(schema).as_str() {
        "object" => object(schema, deeper),
        "array" => {
            let items = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
            let item = schema.get("items").map_or(Value::Null, deeper);
            (0..items).map(|_| item.clone()).collect()
        }
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "number" => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!(prompt.chars().take(64).collect::<String>()),
    }
}

/// The first type that it names. One that names none but has properties is an object.
fn type_of(schema: &Value) -> String {
    let named = match schema.get("type") {
        Some(Value::Array(types)) => types.first().and_then(Value::as_str),
        named => named.and_then(Value::as_str),
    };
    match named {
        Some(named) => named.to_lowercase(),
        None if schema.get("properties").is_some() => "object".into(),
        None => "string".into(),
    }
}

fn object(schema: &Value, sample: impl Fn(&Value) -> Value) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let filled = properties.into_iter().flatten().map(|(name, property)| (name.clone(), sample(property)));
    Value::Object(filled.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: Value, expected: Value) {
        assert_eq!(sample(&schema, "Rome"), expected, "{schema}");
    }

    #[test]
    fn a_sample_fits_its_schema() {
        check(json!({"type": "string"}), json!("Rome"));
        check(json!({"type": "STRING"}), json!("Rome"));
        check(json!({"type": ["integer", "null"], "minimum": 3}), json!(3));
        check(json!({"enum": ["celsius", "kelvin"]}), json!("celsius"));
        check(json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}), json!(true));
        check(json!({}), json!("Rome"));
        check(
            json!({"properties": {"places": {"type": "array", "items": {"$ref": "#/$defs/p"}}},
                "$defs": {"p": {"type": "object", "properties": {"name": {"type": "string"}}}}}),
            json!({"places": [{"name": "Rome"}]}),
        );
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(sample(&schema, "").is_object());
    }
}
