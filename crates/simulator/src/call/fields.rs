//! The fields of a request, whether they came as JSON or as a form.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{FilePart, Form};
use crate::refusal::{Problem, Refusal};

/// The fields of a request. In a form a number is text; in JSON, null is as good as nothing.
#[derive(Clone, Debug)]
pub(crate) enum Fields {
    Json(Map<String, Value>),
    Form(Form),
}

impl Fields {
    /// The value of a field in JSON; a form has texts only.
    pub(crate) fn value(&self, field: &str) -> Option<&Value> {
        match self {
            Self::Json(fields) => fields.get(field).filter(|value| !value.is_null()),
            Self::Form(_) => None,
        }
    }

    /// Whether the field is there at all.
    pub(crate) fn has(&self, field: &str) -> bool {
        match self {
            Self::Json(_) => self.value(field).is_some(),
            Self::Form(form) => form.text(field).is_some() || !form.files(field).is_empty(),
        }
    }

    pub(crate) fn text(&self, field: &str) -> Result<Option<&str>, Refusal> {
        match self {
            Self::Form(form) => Ok(form.text(field)),
            Self::Json(_) => self.typed(field, "a string", Value::as_str),
        }
    }

    pub(crate) fn required_text(&self, field: &str) -> Result<&str, Refusal> {
        let text = self.text(field)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::missing(field))
    }

    /// A text that must be there, of at most so many characters.
    pub(crate) fn bounded_text(&self, field: &str, length_max: usize) -> Result<&str, Refusal> {
        let text = self.required_text(field)?;
        match text.chars().count() {
            length if length > length_max => {
                Err(Refusal::Field(field.into(), Problem::TooLong { length, length_max }))
            }
            _ => Ok(text),
        }
    }

    pub(crate) fn one_of(
        &self,
        field: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let known = allowed.iter().find(|allowed| **allowed == text);
        known.map(|known| Some(*known)).ok_or_else(|| {
            let list = allowed.iter().map(|allowed| format!("'{allowed}'")).collect::<Vec<_>>().join(", ");
            Refusal::not_allowed(field, text, list)
        })
    }

    pub(crate) fn integer(&self, field: &str, allowed: RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
        let number = match self {
            Self::Json(_) => self.typed(field, "an integer", Value::as_i64)?,
            Self::Form(form) => form.text(field).map(|text| parse(field, "an integer", text)).transpose()?,
        };
        self.within(field, number, allowed)
    }

    pub(crate) fn number(&self, field: &str, allowed: RangeInclusive<f64>) -> Result<Option<f64>, Refusal> {
        let number = match self {
            Self::Json(_) => self.typed(field, "a number", Value::as_f64)?,
            Self::Form(form) => form.text(field).map(|text| parse(field, "a number", text)).transpose()?,
        };
        self.within(field, number, allowed)
    }

    /// Whether it is true; false where it isn't there.
    pub(crate) fn flag(&self, field: &str) -> Result<bool, Refusal> {
        let flag = match self {
            Self::Json(_) => self.typed(field, "a boolean", Value::as_bool)?,
            Self::Form(form) => form.text(field).map(|text| parse(field, "a boolean", text)).transpose()?,
        };
        Ok(flag.unwrap_or(false))
    }

    /// The items of a list; empty where it isn't there.
    pub(crate) fn list(&self, field: &str) -> Result<&[Value], Refusal> {
        let list = self.typed(field, "an array", |value| value.as_array().map(Vec::as_slice))?;
        Ok(list.unwrap_or_default())
    }

    /// All texts that came as `field[]`, or as a list in JSON.
    pub(crate) fn texts(&self, field: &str) -> Vec<String> {
        match self {
            Self::Form(form) => form.texts(&format!("{field}[]")).into_iter().map(str::to_owned).collect(),
            Self::Json(_) => {
                let list = self.value(field).and_then(Value::as_array);
                list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            }
        }
    }

    /// All files that came as `field` or `field[]`.
    pub(crate) fn files(&self, field: &str) -> Vec<&FilePart> {
        match self {
            Self::Json(_) => Vec::new(),
            Self::Form(form) => [form.files(field), form.files(&format!("{field}[]"))].concat(),
        }
    }

    /// A file that must be there.
    pub(crate) fn required_file(&self, field: &str) -> Result<&FilePart, Refusal> {
        self.files(field).into_iter().next().ok_or_else(|| Refusal::missing(field))
    }

    fn typed<'a, T>(
        &'a self,
        field: &str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.value(field) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Refusal::wrong_type(field, expected, value))
    }

    fn within<N: PartialOrd + std::fmt::Display>(
        &self,
        field: &str,
        number: Option<N>,
        allowed: RangeInclusive<N>,
    ) -> Result<Option<N>, Refusal> {
        match number {
            Some(number) if !allowed.contains(&number) => {
                let words = format!("between {} and {}", allowed.start(), allowed.end());
                Err(Refusal::not_allowed(field, number, words))
            }
            number => Ok(number),
        }
    }
}

fn parse<T: std::str::FromStr>(field: &str, expected: &'static str, text: &str) -> Result<T, Refusal> {
    let wrong = || Refusal::wrong_type(field, expected, &Value::from(text));
    text.parse().map_err(|_| wrong())
}
