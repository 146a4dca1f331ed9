//! What a request may hold, field by field, as Google reads JSON: names in camelCase or snake_case, null as if
//! it weren't there, numbers as texts too, and no name that isn't known.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

use crate::call::{Call, Fields};
use crate::refusal::{Problem, Refusal};

/// What a value may be.
pub(super) enum Shape {
    /// Any JSON: schemas, arguments of functions, settings that leave no trace in an answer.
    Any,
    Text,
    Flag,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// Bytes in base64, of either alphabet.
    Bytes,
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Message(Message),
}

/// The fields of an object, by their names in camelCase.
pub(super) type Message = &'static [(&'static str, Shape)];

/// The body of a call, with each name as the message has it.
pub(super) fn body(call: &Call<'_>, message: Message) -> Result<Value, Refusal> {
    match call.json_fields()? {
        Fields::Json(fields) => read_message(message, &fields, ""),
        Fields::Form(_) => Err(Refusal::Unreadable("the body must be a JSON object".into())),
    }
}

/// A value at this place, with each name as the shape has it.
pub(super) fn read(shape: &Shape, value: &Value, at: &str) -> Result<Value, Refusal> {
    let wrong = |expected| Refusal::wrong_type(at, expected, value);
    match shape {
        Shape::Any => Ok(value.clone()),
        Shape::Text if value.is_string() => Ok(value.clone()),
        Shape::Text => Err(wrong("a string")),
        Shape::Flag if value.is_boolean() => Ok(value.clone()),
        Shape::Flag => Err(wrong("a boolean")),
        Shape::Integer(from, to) => {
            let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            within(at, number.ok_or_else(|| wrong("an integer"))?, *from, *to)
        }
        Shape::Number(from, to) => {
            let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
            within(at, number.ok_or_else(|| wrong("a number"))?, *from, *to)
        }
        Shape::Bytes => {
            let text = value.as_str().ok_or_else(|| wrong("bytes in base64"))?;
            bytes(text).map(|_bytes| value.clone()).ok_or_else(|| wrong("bytes in base64"))
        }
        Shape::OneOf(allowed) => {
            let text = value.as_str().ok_or_else(|| wrong("a string"))?;
            if allowed.contains(&text) {
                return Ok(value.clone());
            }
            Err(Refusal::not_allowed(at, text, format!("one of {}", allowed.join(", "))))
        }
        Shape::List(item) => {
            let items = value.as_array().ok_or_else(|| wrong("an array"))?;
            let item = |(index, value): (usize, &Value)| read(item, value, &format!("{at}[{index}]"));
            items.iter().enumerate().map(item).collect()
        }
        Shape::Message(message) => {
            read_message(message, value.as_object().ok_or_else(|| wrong("an object"))?, at)
        }
    }
}

/// Bytes in base64 of either alphabet, padded or not.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, CONFIG).decode(text).ok()
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn read_message(message: Message, fields: &Map<String, Value>, at: &str) -> Result<Value, Refusal> {
    let mut read_fields = Map::new();
    for (given, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let camel = camel(given);
        let field = message.iter().find(|(name, _)| name == given || *name == camel);
        let (name, shape) = field.ok_or_else(|| unknown(given, at))?;
        let snake = snake(name);
        let place = if at.is_empty() { snake } else { format!("{at}.{snake}") };
        read_fields.insert((*name).to_owned(), read(shape, value, &place)?);
    }
    Ok(Value::Object(read_fields))
}

fn unknown(name: &str, at: &str) -> Refusal {
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    let reason = format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.");
    Refusal::Field(at.to_owned(), Problem::Unsupported(reason))
}

fn within<N>(at: &str, number: N, from: N, to: N) -> Result<Value, Refusal>
where
    N: PartialOrd + Copy + std::fmt::Display + serde::Serialize,
{
    if (from..=to).contains(&number) {
        return Ok(json!(number));
    }
    Err(Refusal::not_allowed(at, number, format!("from {from} to {to}")))
}

/// `maxOutputTokens` of `max_output_tokens`.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut is_start = false;
    for character in name.chars() {
        match character {
            '_' => is_start = true,
            letter if std::mem::take(&mut is_start) => camel.extend(letter.to_uppercase()),
            letter => camel.push(letter),
        }
    }
    camel
}

/// `max_output_tokens` of `maxOutputTokens`, as errors name places.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message = &[
        ("topK", Shape::Integer(1, 9)),
        ("topP", Shape::Number(0.0, 1.0)),
        ("isOn", Shape::Flag),
        ("data", Shape::Bytes),
        ("mode", Shape::OneOf(&["AUTO", "NONE"])),
        ("partList", Shape::List(&Shape::Message(&[("text", Shape::Text)]))),
    ];

    fn field(value: Value) -> String {
        match read(&Shape::Message(MESSAGE), &value, "at") {
            Err(Refusal::Field(field, _)) => field,
            other => panic!("{value}: {other:?}"),
        }
    }

    #[test]
    fn names_come_in_either_case_and_null_is_nothing() {
        let expected = json!({"topK": 3, "partList": [{"text": "a"}]});
        for given in [
            json!({"top_k": 3, "part_list": [{"text": "a"}]}),
            json!({"topK": "3", "partList": [{"text": "a"}], "isOn": null}),
        ] {
            assert_eq!(read(&Shape::Message(MESSAGE), &given, ""), Ok(expected.clone()), "{given}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        for (given, expected) in [
            (json!({"other": 1}), "at"),
            (json!({"top_k": 0}), "at.top_k"),
            (json!({"top_k": "many"}), "at.top_k"),
            (json!({"topP": 1.5}), "at.top_p"),
            (json!({"isOn": "yes"}), "at.is_on"),
            (json!({"data": "?"}), "at.data"),
            (json!({"mode": "auto"}), "at.mode"),
            (json!({"partList": {}}), "at.part_list"),
            (json!({"partList": [{"text": "a"}, {"text": 1}]}), "at.part_list[1].text"),
            (json!({"partList": [{"txt": "a"}]}), "at.part_list[0]"),
        ] {
            assert_eq!(field(given.clone()), expected, "{given}");
        }
    }

    #[test]
    fn bytes_come_in_either_alphabet() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(bytes(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(bytes("a*"), None);
    }
}
