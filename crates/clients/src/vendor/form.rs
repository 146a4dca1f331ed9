//! Requests as the fields of a form.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::file::File;
use crate::http::{ClientError, Multipart};

/// A form with the fields that the request would have in JSON, in the order of their names; the items of a list go into
/// fields named `name[]`.
pub(crate) fn of<T: Serialize>(request: &T) -> Result<Multipart, ClientError> {
    let Value::Object(fields) = serde_json::to_value(request).map_err(ClientError::invalid)? else {
        return Err(ClientError::invalid("a form is made of an object"));
    };
    let mut form = Multipart::new();
    for (name, value) in fields.into_iter().collect::<BTreeMap<_, _>>() {
        form = match value {
            Value::Null => form,
            Value::Array(items) => {
                let name = format!("{name}[]");
                items.into_iter().fold(form, |form, item| form.text(&name, text(item)))
            }
            value => form.text(&name, text(value)),
        };
    }
    Ok(form)
}

/// Adds a file to a form.
pub(crate) fn with_file(form: Multipart, name: &str, file: &File) -> Multipart {
    form.file(name, &file.name, &file.media_type, file.bytes.clone())
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
