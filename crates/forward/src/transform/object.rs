//! The members of a JSON object, in the text that they are written in.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// How many fields an object may have that is looked into.
const FIELDS_MAX: usize = 1024;

/// An object. With a comma between its members, all its parts one after the other are the text that it was read from.
#[derive(PartialEq, Debug)]
pub(super) struct Object<'t> {
    /// Up to the brace that opens it, which counts.
    pub(super) head: &'t str,
    pub(super) members: Vec<Member<'t>>,
    /// From the brace that closes it.
    pub(super) tail: &'t str,
}

/// One field of an object.
#[derive(PartialEq, Debug)]
pub(super) struct Member<'t> {
    pub(super) name: Cow<'t, str>,
    /// From the brace or comma before it up to its value: spaces, the name as it is written, the colon.
    pub(super) before: &'t str,
    pub(super) value: &'t str,
    /// Spaces up to the comma or brace behind it.
    pub(super) after: &'t str,
}

/// Why a text can't be taken for an object.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum NotAnObject {
    /// It isn't JSON.
    Json { line: usize, column: usize },
    /// It is JSON of another kind.
    Other,
    /// It has more fields than are looked through.
    TooManyFields,
    /// It has this field twice, so that others may read it in another way than we do.
    Twice(String),
}

impl<'t> Object<'t> {
    /// Reads an object, each of whose fields is there once. Spaces around it are part of it.
    pub(super) fn read(text: &'t str) -> Result<Self, NotAnObject> {
        let begin = text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let fields = serde_json::from_str::<Fields<'_>>(text).map_err(|error| not_an_object(&error))?.0;
        let mut names = HashSet::with_capacity(fields.len());
        if let Some((twice, _)) = fields.iter().find(|(name, _)| !names.insert(name.as_ref())) {
            return Err(NotAnObject::Twice(twice.to_string()));
        }
        let head = &text[..=begin];
        let mut at = head.len();
        let mut members = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let value = value.get();
            // The value is a part of the text, so the difference of their places is its place in the text.
            let value_at = value.as_ptr().addr() - text.as_ptr().addr();
            let value_end = value_at + value.len();
            let member_end = value_end
                + text[value_end..]
                    .find([',', '}'])
                    .expect("serde found a comma or a brace behind the value");
            members.push(Member {
                name,
                before: &text[at..value_at],
                value,
                after: &text[value_end..member_end],
            });
            at = member_end + 1;
        }
        let tail_at = match members.is_empty() {
            true => at + text[at..].find('}').expect("serde found the brace"),
            false => at - 1,
        };
        Ok(Self { head, members, tail: &text[tail_at..] })
    }
}

/// The fields in their order, with their values as they are written.
struct Fields<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    if fields.len() == FIELDS_MAX {
                        return Err(A::Error::custom(TOO_MANY));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

const TOO_MANY: &str = "too many fields";

/// What serde says would quote the caller's text.
fn not_an_object(error: &serde_json::Error) -> NotAnObject {
    match error.is_data() {
        true if error.to_string().starts_with(TOO_MANY) => NotAnObject::TooManyFields,
        true => NotAnObject::Other,
        false => NotAnObject::Json { line: error.line(), column: error.column() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts with bars between them.
    fn parts(text: &str) -> String {
        let object = Object::read(text).unwrap();
        let members = object
            .members
            .iter()
            .map(|Member { name, before, value, after }| format!("{before}|{value}|{after}<{name}>"));
        let members = members.collect::<Vec<_>>().join(",");
        format!("{}||{members}||{}", object.head, object.tail)
    }

    #[test]
    fn every_byte_has_its_place() {
        for (text, expected) in [
            ("{}", "{||||}"),
            (" { \n} ", " {||||} "),
            (r#"{"a":1}"#, r#"{||"a":|1|<a>||}"#),
            (r#" { "a" : 1.50 , "b":{"c":"},"} } "#, r#" {|| "a" : |1.50| <a>, "b":|{"c":"},"}| <b>||} "#),
            (r#"{"\u0061\"":[1,{}],"":""}"#, r#"{||"\u0061\"":|[1,{}]|<a">,"":|""|<>||}"#),
            (r#"{"a":"\ud800","b":1e999}"#, r#"{||"a":|"\ud800"|<a>,"b":|1e999|<b>||}"#),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_told_apart() {
        let json = |line, column| NotAnObject::Json { line, column };
        for (text, expected) in [
            ("", json(1, 0)),
            ("{", json(1, 1)),
            ("{\n\"a\":}", json(2, 5)),
            ("{} x", json(1, 4)),
            ("{\"a\":1,}", json(1, 8)),
            ("[]", NotAnObject::Other),
            ("\"private\"", NotAnObject::Other),
            ("null", NotAnObject::Other),
            (r#"{"a":1,"\u0061":2}"#, NotAnObject::Twice("a".to_owned())),
        ] {
            assert_eq!(Object::read(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_fields_are_counted() {
        let object = |fields: usize| {
            let fields: Vec<_> = (0..fields).map(|number| format!("\"{number}\":0")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert_eq!(Object::read(&object(FIELDS_MAX)).unwrap().members.len(), FIELDS_MAX);
        assert_eq!(Object::read(&object(FIELDS_MAX + 1)), Err(NotAnObject::TooManyFields));
    }
}
