//! The shape of settings as the JSON Schema of their types tells it. Only what schemars writes is understood;
//! of anything else nothing is said, and serde alone judges it.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Map, Value};

use super::shape::{Kind, Shape, TEXT};

/// The shape that a schema describes.
pub(super) fn shape_of_schema(schema: &Schema) -> Shape {
    Reading { root: schema.as_value(), references: Vec::new() }.shape(schema.as_value(), Outer::default())
}

struct Reading<'a> {
    root: &'a Value,
    /// What the schema that is being read was reached through, so that a type that holds itself ends.
    references: Vec<String>,
}

/// What a setting takes from the section around it.
#[derive(Clone, Copy, Default)]
struct Outer<'a> {
    default: Option<&'a Value>,
    is_secret: bool,
}

impl Reading<'_> {
    fn shape(&mut self, schema: &Value, outer: Outer<'_>) -> Shape {
        let references = self.references.len();
        let (schema, variants) = self.flattened(schema);
        let default = schema.get("default").or(outer.default).filter(|value| !value.is_null()).cloned();
        let is_secret = outer.is_secret || schema.get("writeOnly") == Some(&Value::Bool(true));
        let kind = self.kind(&schema, &variants, Outer { default: default.as_ref(), is_secret });
        self.references.truncate(references);
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        Shape { kind, description, default, is_secret }
    }

    fn kind(&mut self, schema: &Map<String, Value>, variants: &[Value], outer: Outer<'_>) -> Kind {
        let is_type = |name| has_type(schema, name);
        let entries_of = Outer { default: None, ..outer };
        if let Some(called) = schema.get("x-type").and_then(Value::as_str) {
            return Kind::Value(called.to_owned());
        }
        if let Some(choices) = choices(schema, variants) {
            return Kind::Value(choices);
        }
        if variants.len() > 1 {
            return Kind::Open;
        }
        let others = match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => None,
            Some(entry) => {
                let mut others = self.shape(entry, entries_of);
                // A plain value by any name has no docs of its own: it is what the section says.
                if let ("", Some(said)) = (others.description.as_str(), schema.get("description")) {
                    said.as_str().unwrap_or_default().clone_into(&mut others.description);
                }
                Some(Box::new(others))
            }
        };
        match (schema.get("properties"), schema.get("items")) {
            (Some(Value::Object(properties)), _) => {
                let entry = |(key, property): (&String, &Value)| {
                    let default = outer.default.and_then(|value| value.get(key));
                    let is_secret = outer.is_secret || sounds_secret(key);
                    (key.clone(), self.shape(property, Outer { default, is_secret }))
                };
                Kind::Section { entries: properties.iter().map(entry).collect(), others }
            }
            _ if is_type("object") && schema.contains_key("additionalProperties") => {
                Kind::Section { entries: BTreeMap::new(), others }
            }
            (_, Some(item @ Value::Object(_))) => Kind::List(Box::new(self.shape(item, entries_of))),
            _ if is_type("integer") => Kind::Value(whole_number(schema)),
            _ if is_type("number") => Kind::Value("number".to_owned()),
            _ if is_type("boolean") => Kind::Value("`true` or `false`".to_owned()),
            _ if is_type("string") && outer.default.is_some_and(is_duration) => {
                Kind::Value("duration".to_owned())
            }
            _ if is_type("string") => Kind::Value(TEXT.to_owned()),
            _ => Kind::Open,
        }
    }

    /// The schema and its alternatives. An optional value has only one: then that is the schema, and what is
    /// said beside it is said of it.
    fn flattened(&mut self, schema: &Value) -> (Map<String, Value>, Vec<Value>) {
        let mut own = self.resolved(schema);
        let variants = variants(&own);
        let [only] = variants.as_slice() else { return (own, variants) };
        own.retain(|key, _| key != "anyOf" && key != "oneOf");
        let (inner, variants) = self.flattened(only);
        (inner.into_iter().chain(own).collect(), variants)
    }

    /// The schema with what it refers to; what it says itself comes first. Of a type within itself, only what
    /// is said beside the reference is known.
    fn resolved(&mut self, schema: &Value) -> Map<String, Value> {
        let own = schema.as_object().cloned().unwrap_or_default();
        let Some(reference) = own.get("$ref").and_then(Value::as_str) else { return own };
        if self.references.iter().any(|above| above == reference) {
            return own;
        }
        self.references.push(reference.to_owned());
        let referred = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        referred
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .chain(own)
            .collect()
    }
}

/// The alternatives of a schema, without the one that says "or nothing".
fn variants(schema: &Map<String, Value>) -> Vec<Value> {
    let variants = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    let is_null = |variant: &&Value| variant.get("type") == Some(&Value::String("null".to_owned()));
    variants.into_iter().flatten().filter(|variant| !is_null(variant)).cloned().collect()
}

/// The names to choose from, where there are only names.
fn choices(schema: &Map<String, Value>, variants: &[Value]) -> Option<String> {
    let of_variants =
        variants.iter().flat_map(|variant| match variant.get("enum").and_then(Value::as_array) {
            Some(names) => names.iter().map(Some).collect(),
            None => vec![variant.get("const")],
        });
    let own = schema.get("enum").and_then(Value::as_array).into_iter().flatten().map(Some);
    let names: Option<Vec<String>> = own
        .chain(of_variants)
        .filter(|name| *name != Some(&Value::Null))
        .map(|name| Some(format!("`{}`", name?.as_str()?)))
        .collect();
    let names = names?;
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() { last.clone() } else { format!("{} or {last}", others.join(", ")) })
}

fn whole_number(schema: &Map<String, Value>) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(least), Some(most)) => format!("whole number from {least} to {most}"),
        (Some(least), None) if least.as_i64() != Some(0) => format!("whole number from {least}"),
        _ => "whole number".to_owned(),
    }
}

/// Whether a secret would be called so; a setting that is called so and isn't one loses nothing.
fn sounds_secret(key: &str) -> bool {
    ["key", "secret", "password", "token"].iter().any(|word| key.ends_with(word))
}

/// Settings types write a duration as text, and the schema tells no more; its default does.
fn is_duration(default: &Value) -> bool {
    let text = default.as_str().unwrap_or_default();
    text.ends_with(|c: char| c.is_ascii_alphabetic()) && fourfold_domain::parse_duration(text).is_ok()
}

fn has_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use schemars::JsonSchema;

    use super::*;
    use crate::config::path::SettingPath;

    /// Settings in every form that there is.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Forms {
        /// Some text.
        text: String,
        count: u16,
        least: Option<i64>,
        share: f32,
        enabled: Option<bool>,
        #[serde(with = "fourfold_domain::serde_duration")]
        #[schemars(with = "String")]
        wait: std::time::Duration,
        #[schemars(extend("x-type" = "host:port"))]
        listen: String,
        choice: Option<Choice>,
        described_choice: Option<DescribedChoice>,
        list: Vec<String>,
        sections: Vec<Inner>,
        named: BTreeMap<String, Inner>,
        section: Option<Inner>,
        loose: Loose,
        anything: Option<Value>,
        api_key: Option<String>,
        #[schemars(extend("writeOnly" = true))]
        hidden: Inner,
        deep: Deep,
    }

    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(default, rename_all = "snake_case", deny_unknown_fields)]
    struct Inner {
        count: u64,
    }

    #[derive(Default, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Loose {
        known: u8,
        #[serde(flatten)]
        options: Map<String, Value>,
    }

    /// Holds itself.
    #[derive(Default, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Deep {
        deeper: Option<Box<Deep>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        First,
        Second,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum DescribedChoice {
        /// One.
        First,
        /// Another.
        Second,
    }

    fn shape_at(path: &str) -> Option<Shape> {
        Shape::of::<Forms>().get(SettingPath::parse(path).steps()).cloned()
    }

    fn check(path: &str, type_text: &str) {
        assert_eq!(shape_at(path).unwrap().type_text(), type_text, "{path}");
    }

    #[test]
    fn types_are_told_in_words() {
        check("text", "text");
        check("count", "whole number from 0 to 65535");
        check("least", "whole number");
        check("share", "number");
        check("enabled", "`true` or `false`");
        check("wait", "duration");
        check("listen", "host:port");
        check("choice", "`first` or `second`");
        check("described_choice", "`first` or `second`");
        check("list", "list of text");
        check("sections", "list of section");
        check("named.any.count", "whole number");
        check("section", "section");
        check("section.count", "whole number");
        check("loose.known", "whole number from 0 to 255");
        check("loose.other", "as described");
        check("anything.at.all", "as described");
        check("deep", "section");
        check("deep.deeper", "as described");
    }

    #[test]
    fn a_name_that_no_type_has_is_not_there() {
        for path in ["other", "text.more", "section.other", "named.any.other", "list.first"] {
            assert!(shape_at(path).is_none(), "{path}");
        }
    }

    #[test]
    fn secrets_are_known_by_mark_and_by_name() {
        for (path, is_secret) in
            [("api_key", true), ("hidden", true), ("hidden.count", true), ("text", false)]
        {
            assert_eq!(shape_at(path).unwrap().is_secret, is_secret, "{path}");
        }
    }

    #[test]
    fn defaults_and_docs_come_from_the_type() {
        let text = shape_at("text").unwrap();
        assert_eq!((text.description.as_str(), text.default), ("Some text.", Some(Value::from(""))));
        assert_eq!(shape_at("section.count").unwrap().default, Some(Value::from(0)));
        assert_eq!(shape_at("least").unwrap().default, None);
    }

    #[test]
    fn settings_are_listed_with_gaps_for_names() {
        let shape = Shape::of::<Forms>();
        let paths: Vec<String> = shape.settings().into_iter().map(|(path, _)| path).collect();
        for path in ["text", "named.<name>.count", "sections[].count", "list", "loose.known"] {
            assert!(paths.iter().any(|listed| listed == path), "{path} in {paths:?}");
        }
    }
}
