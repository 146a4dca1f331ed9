//! Reads an `input` field by field, so that each mistake names its field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MediaInput, Size};
use crate::InvalidInput;

/// The fields that are not read yet.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn new(input: Map<String, Value>) -> Self {
        Self(input)
    }

    /// What was not read: the extras.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.0
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn required_text(&mut self, name: &str) -> Result<String, InvalidInput> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(malformed(name, "must not be empty")),
            None => Err(malformed(name, "is required")),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, InvalidInput> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed(name, "must be a text")),
        }
    }

    pub(super) fn whole_number(&mut self, name: &str) -> Result<Option<u64>, InvalidInput> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| malformed(name, "must be a whole number, not negative")),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, InvalidInput> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(malformed(name, "must be true or false")),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<f64>, InvalidInput> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| malformed(name, "must be a number")),
        }
    }

    pub(super) fn size(&mut self, name: &str) -> Result<Option<Size>, InvalidInput> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| InvalidInput::not_allowed(path(name), "must be WIDTHxHEIGHT such as 1024x1024"))
    }

    /// One medium or a list of them.
    pub(super) fn media_list(&mut self, name: &str) -> Result<Vec<MediaInput>, InvalidInput> {
        let given = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(given)) => given,
            Some(one) => vec![one],
        };
        let medium = |value: Value| match value {
            Value::String(text) => text
                .parse()
                .map_err(|allowed| InvalidInput::not_allowed(path(name), format!("must be {allowed}"))),
            _ => Err(malformed(name, "must be a text or a list of texts")),
        };
        given.into_iter().map(medium).collect()
    }

    pub(super) fn media(&mut self, name: &str) -> Result<Option<MediaInput>, InvalidInput> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|allowed| InvalidInput::not_allowed(path(name), format!("must be {allowed}")))
    }

    /// The media in all fields whose names end so.
    pub(super) fn media_named_like(
        &mut self,
        ends: &[&str],
    ) -> Result<BTreeMap<String, MediaInput>, InvalidInput> {
        let is_such = |name: &&String| ends.iter().any(|end| name.ends_with(end));
        let names: Vec<_> = self.0.keys().filter(is_such).cloned().collect();
        let mut named = BTreeMap::new();
        for name in names {
            if let Some(media) = self.media(&name)? {
                named.insert(name, media);
            }
        }
        Ok(named)
    }
}

pub(super) fn malformed(name: &str, allowed: &str) -> InvalidInput {
    InvalidInput::malformed(path(name), allowed)
}

fn path(name: &str) -> String {
    format!("input.{name}")
}
