//! What a client of OpenAI's asks of a chat, in the words of our models.

use fourfold_domain::InvalidInput;
use serde_json::{Map, Value};

/// Fields that say nothing to a model: who it is for is told by the key and `Fourfold-User`, and a vendor isn't told.
const OURS: [&str; 4] = ["model", "stream", "user", "store"];

/// What the model is told, by our names. Every field that isn't OpenAI's own is for the model's table of parameters to
/// know or refuse.
pub(super) fn input(body: &[u8]) -> Result<Map<String, Value>, InvalidInput> {
    let mut input = fields(body)?;
    if let Some(Value::Object(options)) = input.remove("stream_options") {
        check_stream_options(&options)?;
    }
    let limit = input.remove("max_completion_tokens").filter(|limit| !limit.is_null());
    input.extend(limit.map(|limit| ("max_tokens".to_owned(), limit)));
    // One answer is what every model gives, whether it knows of the parameter or not.
    input.retain(|name, value| !value.is_null() && (name != "n" || value.as_u64() != Some(1)));
    Ok(input)
}

/// The fields of a body that say something to a model.
pub(super) fn fields(body: &[u8]) -> Result<Map<String, Value>, InvalidInput> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| InvalidInput::malformed("body", format!("must be JSON: {error}")))?;
    match fields.get("user") {
        None | Some(Value::Null | Value::String(_)) => {}
        Some(_) => return Err(InvalidInput::malformed("user", "must be a text")),
    }
    fields.retain(|name, _value| !OURS.contains(&name.as_str()));
    Ok(fields)
}

pub(super) fn check_stream_options(options: &Map<String, Value>) -> Result<(), InvalidInput> {
    // Nothing is ever added to hide the lengths of the parts.
    let known = ["include_usage", "include_obfuscation"];
    match options
        .iter()
        .find(|(name, value)| !known.contains(&name.as_str()) || !(value.is_boolean() || value.is_null()))
    {
        None => Ok(()),
        Some((name, _)) if known.contains(&name.as_str()) => {
            Err(InvalidInput::malformed(format!("stream_options.{name}"), "must be true or false"))
        }
        Some((unknown, _)) => {
            let allowed = "is not known here; there are include_usage and include_obfuscation";
            Err(InvalidInput::not_allowed(format!("stream_options.{unknown}"), allowed))
        }
    }
}
