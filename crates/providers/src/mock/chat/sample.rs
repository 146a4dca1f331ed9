//! A value that fits a JSON Schema: the arguments of a tool, or an answer that must have a shape.

use serde_json::{Map, Value, json};

/// Schemas that contain themselves or ask for more values than these end in nulls.
const VALUES_MAX: usize = 1000;
const DEPTH_MAX: usize = 32;
const ITEMS_MAX: u64 = 16;
const TEXT_CHARS_MAX: usize = 64;

/// The value. Texts that are free are what was said.
pub(super) fn sample(schema: &Value, said: &str) -> Value {
    let text = said.chars().take(TEXT_CHARS_MAX).collect();
    Sampler { root: schema, text, values: 0 }.value(schema, 0)
}

struct Sampler<'a> {
    root: &'a Value,
    text: String,
    values: usize,
}

impl<'a> Sampler<'a> {
    fn value(&mut self, schema: &'a Value, depth: usize) -> Value {
        self.values += 1;
        if self.values > VALUES_MAX || depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(fixed) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
            return fixed.clone();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let pointed = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return pointed.map_or(Value::Null, |pointed| self.value(pointed, depth + 1));
        }
        if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema.get(key)?.get(0)) {
            return self.value(first, depth + 1);
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" | "number" => ["minimum", "maximum"]
                .iter()
                .find_map(|bound| schema.get(bound).filter(|bound| bound.is_number()))
                .map_or(json!(1), Value::clone),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.text),
        }
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let filled: Map<_, _> =
            properties.map(|(name, property)| (name.clone(), self.value(property, depth + 1))).collect();
        Value::Object(filled)
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> Value {
        let count = schema["minItems"].as_u64().unwrap_or(1).min(ITEMS_MAX);
        let Some(item) = schema.get("items").filter(|_| count > 0) else { return json!([]) };
        (0..count).map(|_| self.value(item, depth + 1)).collect()
    }
}

/// The first type that it names. One that names none but has properties is an object.
fn kind(schema: &Value) -> &str {
    let named = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        named => named.as_str(),
    };
    named.unwrap_or(if schema.get("properties").is_some() { "object" } else { "string" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: Value, expected: Value) {
        assert_eq!(sample(&schema, "Rome"), expected, "{schema}");
    }

    #[test]
    fn a_value_fits_its_schema() {
        check(json!({"type": "string"}), json!("Rome"));
        check(json!({}), json!("Rome"));
        check(json!({"type": ["integer", "null"], "minimum": 3}), json!(3));
        check(json!({"type": "number", "maximum": 0.5}), json!(0.5));
        check(json!({"type": "integer"}), json!(1));
        check(json!({"type": "null"}), Value::Null);
        check(json!({"enum": ["celsius", "kelvin"]}), json!("celsius"));
        check(json!({"const": 7}), json!(7));
        check(json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}), json!(true));
        check(json!({"type": "array"}), json!([]));
        check(json!({"type": "array", "items": {"type": "integer"}, "minItems": 2}), json!([1, 1]));
        check(json!({"$ref": "https://x.test/schema"}), Value::Null);
        check(
            json!({"properties": {"places": {"type": "array", "items": {"$ref": "#/$defs/p"}}},
                "$defs": {"p": {"type": "object", "properties": {"name": {"type": "string"}}}}}),
            json!({"places": [{"name": "Rome"}]}),
        );
    }

    #[test]
    fn schemas_that_never_end_are_cut() {
        let wide: Map<_, _> = (0..10).map(|name| (name.to_string(), json!({"$ref": "#"}))).collect();
        assert!(sample(&json!({"type": "object", "properties": wide}), "").is_object());
        let long = json!({"type": "array", "items": {"type": "array", "items": {}}, "minItems": u64::MAX});
        assert_eq!(sample(&long, "").as_array().unwrap().len(), 16);
    }
}
