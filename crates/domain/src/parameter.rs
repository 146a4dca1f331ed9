//! What a model can be told, as data: validation, JSON Schema and documentation come from this one table.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::InvalidInput;

/// One parameter of a model.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Parameter {
    /// Its name in `input`.
    pub name: String,
    /// What it does, in one line.
    pub about: String,
    /// Whether a request must have it.
    pub required: bool,
    /// What it may be.
    pub kind: ParameterKind,
    /// What holds where it is left out, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// What a parameter may be.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Text of 1 to this many characters.
    Text {
        /// The most characters.
        chars_max: usize,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number.
    Number {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Yes or no.
    Boolean,
    /// One of these texts.
    Choice(Vec<String>),
    /// A picture's size `WIDTHxHEIGHT`, each side within these bounds and a multiple of `step`.
    Size {
        /// The shortest side.
        min: u32,
        /// The longest side.
        max: u32,
        /// What each side must be a multiple of.
        step: u32,
    },
    /// One of these whole numbers.
    IntegerChoice(Vec<i64>),
    /// `file:<id>`, a data URI or an https URL.
    Media,
    /// One medium, or a list of at most this many.
    MediaList {
        /// The most media.
        max: usize,
    },
    /// One text, or a list of at most this many.
    Texts {
        /// The most texts.
        max: usize,
    },
    /// The messages of a chat, in OpenAI's shape.
    Messages,
    /// The tools of a chat, in OpenAI's shape.
    Tools,
    /// A text or an object whose shape the field's own description names.
    Open,
}

impl Parameter {
    /// An optional parameter.
    pub fn new(name: &str, kind: ParameterKind, about: &str) -> Self {
        Self { name: name.to_owned(), about: about.to_owned(), required: false, kind, default: None }
    }

    /// The same, required.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, with what holds where it is left out.
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Gives an `input` the defaults of what it leaves out, so that it is priced as it will be served.
    pub fn fill_in(table: &[Self], input: &mut Map<String, Value>) {
        for (name, default) in table.iter().filter_map(|known| Some((&known.name, known.default.as_ref()?))) {
            if input.get(name).is_none_or(Value::is_null) {
                input.insert(name.clone(), default.clone());
            }
        }
    }

    /// Takes out of an `input` what isn't in a table; the names of what was taken.
    pub fn drop_unknown(table: &[Self], input: &mut Map<String, Value>) -> Vec<String> {
        let is_unknown = |name: &&String| table.iter().all(|parameter| parameter.name != **name);
        let unknown: Vec<_> = input.keys().filter(is_unknown).cloned().collect();
        input.retain(|name, _value| !unknown.contains(name));
        unknown
    }

    /// Checks a whole `input` against a table: nothing required is missing, nothing is there that the
    /// model can't do, and each value is allowed. Nothing is dropped silently.
    pub fn check_all(table: &[Self], input: &Map<String, Value>) -> Result<(), InvalidInput> {
        for parameter in table.iter().filter(|parameter| parameter.required) {
            if input.get(&parameter.name).is_none_or(Value::is_null) {
                return Err(InvalidInput::malformed(field(&parameter.name), "is required"));
            }
        }
        for (name, value) in input.iter().filter(|(_, value)| !value.is_null()) {
            match table.iter().find(|parameter| parameter.name == *name) {
                Some(parameter) => parameter.check(value)?,
                None => {
                    let names: Vec<_> = table.iter().map(|parameter| parameter.name.as_str()).collect();
                    let allowed = format!("is not a parameter of this model; it takes {}", names.join(", "));
                    return Err(InvalidInput::not_allowed(field(name), allowed));
                }
            }
        }
        Ok(())
    }

    /// The JSON Schema of a whole `input`.
    pub fn schema_of(table: &[Self]) -> Value {
        let properties: Map<_, _> =
            table.iter().map(|parameter| (parameter.name.clone(), parameter.schema())).collect();
        let required: Vec<_> = table
            .iter()
            .filter(|parameter| parameter.required)
            .map(|parameter| parameter.name.as_str())
            .collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn check(&self, value: &Value) -> Result<(), InvalidInput> {
        let malformed = |allowed: &str| Err(InvalidInput::malformed(field(&self.name), allowed));
        let not_allowed = |allowed: String| Err(InvalidInput::not_allowed(field(&self.name), allowed));
        match &self.kind {
            ParameterKind::Text { chars_max } => match value.as_str() {
                None => malformed("must be a text"),
                Some("") if self.required => malformed("must not be empty"),
                Some(text) if text.chars().count() > *chars_max => {
                    not_allowed(format!("must be at most {chars_max} characters"))
                }
                Some(_) => Ok(()),
            },
            ParameterKind::Integer { min, max } => match value.as_i64() {
                Some(number) if (*min..=*max).contains(&number) => Ok(()),
                Some(_) => not_allowed(format!("must be from {min} to {max}")),
                None if value.is_u64() => not_allowed(format!("must be from {min} to {max}")),
                None => malformed("must be a whole number"),
            },
            ParameterKind::Number { min, max } => match value.as_f64() {
                Some(number) if (*min..=*max).contains(&number) => Ok(()),
                Some(_) => not_allowed(format!("must be from {min} to {max}")),
                None => malformed("must be a number"),
            },
            ParameterKind::Boolean if value.is_boolean() => Ok(()),
            ParameterKind::Boolean => malformed("must be true or false"),
            ParameterKind::Choice(choices) => match value.as_str() {
                Some(text) if choices.iter().any(|choice| choice == text) => Ok(()),
                Some(_) => not_allowed(format!("must be one of {}", choices.join(", "))),
                None => malformed("must be a text"),
            },
            ParameterKind::Size { min, max, step } => match value.as_str().map(str::parse::<crate::Size>) {
                Some(Ok(size))
                    if size.sides().iter().all(|side| (*min..=*max).contains(side) && side % step == 0) =>
                {
                    Ok(())
                }
                Some(_) => {
                    let multiple = if *step > 1 { format!(", a multiple of {step}") } else { String::new() };
                    not_allowed(format!("must be WIDTHxHEIGHT with each side from {min} to {max}{multiple}"))
                }
                None => malformed("must be a text such as \"1024x1024\""),
            },
            ParameterKind::IntegerChoice(choices) => match value.as_i64() {
                Some(number) if choices.contains(&number) => Ok(()),
                Some(_) => {
                    let choices: Vec<_> = choices.iter().map(i64::to_string).collect();
                    not_allowed(format!("must be one of {}", choices.join(", ")))
                }
                None => malformed("must be a whole number"),
            },
            ParameterKind::Media => match value.as_str() {
                Some("") | None => malformed("must be file:<id>, a data URI or an https URL"),
                Some(_) => Ok(()),
            },
            ParameterKind::MediaList { max } => match value {
                Value::String(text) if !text.is_empty() => Ok(()),
                Value::Array(items) if items.is_empty() && self.required => malformed("must not be empty"),
                Value::Array(items) if items.len() > *max => {
                    not_allowed(format!("must be at most {max} media"))
                }
                Value::Array(items) if items.iter().all(Value::is_string) => Ok(()),
                _ => malformed("must be file:<id>, a data URI, an https URL, or a list of them"),
            },
            ParameterKind::Texts { max } => match value {
                Value::String(_) => Ok(()),
                Value::Array(items) if items.len() > *max => {
                    not_allowed(format!("must be at most {max} texts"))
                }
                Value::Array(items) if items.iter().all(Value::is_string) => Ok(()),
                _ => malformed("must be a text or a list of texts"),
            },
            // Whoever parses them names the mistake within.
            ParameterKind::Messages | ParameterKind::Tools if value.is_array() => Ok(()),
            ParameterKind::Messages | ParameterKind::Tools => malformed("must be a list"),
            ParameterKind::Open if value.is_string() || value.is_object() => Ok(()),
            ParameterKind::Open => malformed("must be a text or an object"),
        }
    }

    fn schema(&self) -> Value {
        let mut schema = match &self.kind {
            ParameterKind::Text { chars_max } => json!({"type": "string", "maxLength": chars_max}),
            ParameterKind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            ParameterKind::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
            ParameterKind::Boolean => json!({"type": "boolean"}),
            ParameterKind::Choice(choices) => json!({"type": "string", "enum": choices}),
            ParameterKind::Size { min, max, step } => json!({
                "type": "string", "pattern": "^[0-9]+x[0-9]+$",
                "x-side": {"minimum": min, "maximum": max, "multipleOf": step},
            }),
            ParameterKind::IntegerChoice(choices) => json!({"type": "integer", "enum": choices}),
            ParameterKind::Media => json!({"type": "string", "format": "uri"}),
            ParameterKind::MediaList { max } => one_or_many(json!({"type": "string", "format": "uri"}), *max),
            ParameterKind::Texts { max } => one_or_many(json!({"type": "string"}), *max),
            ParameterKind::Messages | ParameterKind::Tools => {
                json!({"type": "array", "items": {"type": "object"}, "minItems": 1})
            }
            ParameterKind::Open => json!({"type": ["string", "object"]}),
        };
        schema["description"] = Value::String(self.about.clone());
        if let Some(default) = &self.default {
            schema["default"] = default.clone();
        }
        schema
    }
}

fn one_or_many(item: Value, max: usize) -> Value {
    json!({"anyOf": [item, {"type": "array", "items": item, "maxItems": max}]})
}

fn field(name: &str) -> String {
    format!("input.{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;

    fn table() -> Vec<Parameter> {
        vec![
            Parameter::new("prompt", ParameterKind::Text { chars_max: 5 }, "what to draw").required(),
            Parameter::new("size", ParameterKind::Size { min: 64, max: 128, step: 64 }, ""),
            Parameter::new("n", ParameterKind::Integer { min: 1, max: 4 }, ""),
            Parameter::new("quality", ParameterKind::Choice(vec!["low".into(), "high".into()]), ""),
            Parameter::new("seconds", ParameterKind::IntegerChoice(vec![4, 8]), ""),
            Parameter::new("image", ParameterKind::MediaList { max: 2 }, ""),
            Parameter::new("stop", ParameterKind::Texts { max: 2 }, ""),
            Parameter::new("tools", ParameterKind::Tools, ""),
            Parameter::new("voice", ParameterKind::Open, ""),
        ]
    }

    fn check(input: Value, expected: Result<(), (&str, Problem)>) {
        let input = input.as_object().unwrap().clone();
        let found = Parameter::check_all(&table(), &input);
        let found = found.as_ref().copied().map_err(|error| (error.field.as_ref(), error.problem));
        assert_eq!(found, expected, "{input:?}");
    }

    #[test]
    fn each_kind_names_the_field_and_the_mistake() {
        check(json!({"prompt": "fox"}), Ok(()));
        check(json!({"prompt": "fox", "size": "64x128", "n": 4, "quality": "low"}), Ok(()));
        check(json!({"prompt": "fox", "size": null}), Ok(()));
        check(json!({}), Err(("input.prompt", Problem::Malformed)));
        check(json!({"prompt": ""}), Err(("input.prompt", Problem::Malformed)));
        check(json!({"prompt": 7}), Err(("input.prompt", Problem::Malformed)));
        check(json!({"prompt": "too long"}), Err(("input.prompt", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "size": "65x64"}), Err(("input.size", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "size": "big"}), Err(("input.size", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "size": 64}), Err(("input.size", Problem::Malformed)));
        check(json!({"prompt": "fox", "n": 5}), Err(("input.n", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "n": 18446744073709551615u64}), Err(("input.n", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "n": 1.5}), Err(("input.n", Problem::Malformed)));
        check(json!({"prompt": "fox", "quality": "best"}), Err(("input.quality", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "seconds": 8, "image": "file:x", "stop": ["a", "b"]}), Ok(()));
        check(json!({"prompt": "fox", "tools": [], "voice": {"id": "v"}}), Ok(()));
        check(json!({"prompt": "fox", "seconds": 5}), Err(("input.seconds", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "seconds": "8"}), Err(("input.seconds", Problem::Malformed)));
        check(json!({"prompt": "fox", "image": ["a", "b", "c"]}), Err(("input.image", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "image": [1]}), Err(("input.image", Problem::Malformed)));
        check(json!({"prompt": "fox", "stop": ["a", "b", "c"]}), Err(("input.stop", Problem::NotAllowed)));
        check(json!({"prompt": "fox", "stop": 1}), Err(("input.stop", Problem::Malformed)));
        check(json!({"prompt": "fox", "tools": {}}), Err(("input.tools", Problem::Malformed)));
        check(json!({"prompt": "fox", "voice": 1}), Err(("input.voice", Problem::Malformed)));
        check(json!({"prompt": "fox", "colour": "red"}), Err(("input.colour", Problem::NotAllowed)));
    }

    #[test]
    fn required_media_are_at_least_one() {
        let table = [Parameter::new("image", ParameterKind::MediaList { max: 2 }, "").required()];
        let problem = |input: Value| {
            let input = input.as_object().unwrap().clone();
            Parameter::check_all(&table, &input).map_err(|error| (error.field, error.problem)).err()
        };
        assert_eq!(problem(json!({"image": []})), Some(("input.image".into(), Problem::Malformed)));
        assert_eq!(problem(json!({"image": ["file:x"]})), None);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let table = [Parameter::new("n", ParameterKind::Integer { min: 1, max: 4 }, "").default(1)];
        let filled = |input: Value| {
            let mut input = input.as_object().unwrap().clone();
            Parameter::fill_in(&table, &mut input);
            Value::Object(input)
        };
        assert_eq!(filled(json!({})), json!({"n": 1}));
        assert_eq!(filled(json!({"n": null})), json!({"n": 1}));
        assert_eq!(filled(json!({"n": 3, "x": 1})), json!({"n": 3, "x": 1}));
        assert_eq!(Parameter::schema_of(&table)["properties"]["n"]["default"], 1);
    }

    #[test]
    fn what_is_dropped_is_named() {
        let mut input = json!({"prompt": "fox", "style": "oil", "seed": 7}).as_object().unwrap().clone();
        assert_eq!(Parameter::drop_unknown(&table(), &mut input), ["seed", "style"]);
        assert_eq!(Value::Object(input), json!({"prompt": "fox"}));
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let input = json!({"prompt": "fox", "size": "32x32"}).as_object().unwrap().clone();
        let error = Parameter::check_all(&table(), &input).unwrap_err();
        assert_eq!(
            error.to_string(),
            "input.size must be WIDTHxHEIGHT with each side from 64 to 128, a multiple of 64"
        );
    }
}
