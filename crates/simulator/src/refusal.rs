//! Why a call isn't served. The vendor gives it a status and a body of its own shape.

use std::time::Duration;

use http::StatusCode;

use crate::fault::AskedStatus;

/// Why a call isn't served.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Refusal {
    /// It brought no key.
    NoKey,
    /// It brought a key that the settings don't know.
    WrongKey(String),
    /// The vendor has no such path.
    UnknownPath,
    /// The vendor has the path, for other methods.
    WrongMethod,
    /// Its body is longer than the vendor takes.
    TooLarge,
    /// The key sent too much; after this time it may send again.
    RateLimited(Duration),
    /// Its body isn't what the route reads; the sentence says how.
    Unreadable(String),
    /// One of its fields is wrong.
    Field(String, Problem),
    /// The vendor has no model of this name for this kind of work.
    UnknownModel(String),
    /// There is no such thing, or it is another key's.
    NotFound { what: &'static str, id: String },
    /// A fault asks for this.
    Asked(AskedStatus),
    /// Something that only this vendor refuses.
    Own(OwnRefusal),
}

/// What is wrong with a field.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Problem {
    /// It must be there.
    Missing,
    /// It must be of another type, such as `an integer`.
    WrongType { expected: &'static str, given: &'static str },
    /// It isn't one of the values that are allowed, said in words.
    NotAllowed { given: String, allowed: String },
    /// It is longer than so many characters or items.
    TooLong { length: usize, length_max: usize },
    /// It must not be there, for this reason.
    Unsupported(String),
}

/// A refusal in the vendor's own words.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct OwnRefusal {
    pub(crate) status: StatusCode,
    /// The vendor's code or name of it.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The field that it is about.
    pub(crate) field: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn missing(field: impl Into<String>) -> Self {
        Self::Field(field.into(), Problem::Missing)
    }

    pub(crate) fn wrong_type(
        field: impl Into<String>,
        expected: &'static str,
        given: &serde_json::Value,
    ) -> Self {
        Self::Field(field.into(), Problem::WrongType { expected, given: type_name(given) })
    }

    pub(crate) fn not_allowed(
        field: impl Into<String>,
        given: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Field(field.into(), Problem::NotAllowed { given: given.to_string(), allowed: allowed.into() })
    }

    pub(crate) fn unsupported(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field(field.into(), Problem::Unsupported(reason.into()))
    }

    pub(crate) fn own(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Own(OwnRefusal { status, code, message: message.into(), field: None })
    }
}

/// What a JSON value is, in words that go into a sentence.
fn type_name(value: &serde_json::Value) -> &'static str {
    use serde_json::Value;
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
