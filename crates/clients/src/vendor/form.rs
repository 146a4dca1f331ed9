//! Requests as the fields of a form.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::file::File;
use crate::http::{ClientError, Multipart};

/// A form with the fields that the request would have in JSON, in the order of their names.
pub(crate) fn of<T: Serialize>(request: &T) -> Result<Multipart, ClientError> {
    with_fields(Multipart::new(), request)
}

/// Adds the fields that the request would have in JSON, in the order of their names. The items of a list go into fields
/// named `name[]`, and parts into fields of their own, named `name[part]`, or `name[0][part]` in a list.
pub(crate) fn with_fields<T: Serialize>(form: Multipart, request: &T) -> Result<Multipart, ClientError> {
    let Value::Object(fields) = serde_json::to_value(request).map_err(ClientError::invalid)? else {
        return Err(ClientError::invalid("a form is made of an object"));
    };
    Ok(sorted(fields).fold(form, |form, (name, value)| with_value(form, &name, value)))
}

/// Adds a file to a form.
pub(crate) fn with_file(form: Multipart, name: &str, file: &File) -> Multipart {
    form.file(name, &file.name, &file.media_type, file.bytes.clone())
}

fn with_value(form: Multipart, name: &str, value: Value) -> Multipart {
    match value {
        Value::Null => form,
        Value::Array(items) => items.into_iter().enumerate().fold(form, |form, (index, item)| match item {
            Value::Object(parts) => with_parts(form, &format!("{name}[{index}]"), parts),
            item => form.text(&format!("{name}[]"), text(item)),
        }),
        Value::Object(parts) => with_parts(form, name, parts),
        value => form.text(name, text(value)),
    }
}

fn with_parts(form: Multipart, name: &str, parts: Map<String, Value>) -> Multipart {
    sorted(parts).fold(form, |form, (part, value)| with_value(form, &format!("{name}[{part}]"), value))
}

fn sorted(fields: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    fields.into_iter().collect::<BTreeMap<_, _>>().into_iter()
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
