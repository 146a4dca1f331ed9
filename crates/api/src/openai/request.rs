//! What a client of OpenAI's asks of a chat, in the words of our models.

use fourfold_domain::InvalidInput;
use fourfold_service::ServiceError;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::extract::Object;

/// A chat as it was asked for.
pub(super) struct ChatAsked {
    pub(super) model: String,
    /// What the model is told, by our names.
    pub(super) input: Map<String, Value>,
    pub(super) is_stream: bool,
    /// Whether a stream ends with what it used.
    pub(super) includes_usage: bool,
    /// Whether the limit was given by its newer name.
    is_limit_renamed: bool,
}

impl ChatAsked {
    /// Reads the fields that are OpenAI's own; every other is for the model's table of parameters to know or refuse.
    pub(super) fn read(mut object: Object) -> Result<Self, ApiError> {
        let model = object.required_text("model")?;
        let is_stream = object.flag("stream")?.unwrap_or(false);
        let includes_usage = match object.object("stream_options")? {
            None => false,
            Some(_) if !is_stream => {
                let message = "stream_options is for streams; send stream: true";
                return Err(ApiError::invalid("stream_options", message));
            }
            Some(options) => includes_usage(options)?,
        };
        // Who it is for is told by the key and `Fourfold-User`; a vendor isn't told.
        object.text("user")?;
        let (limit, newer) = (object.take("max_tokens"), object.take("max_completion_tokens"));
        let is_limit_renamed = newer.is_some();
        if limit.is_some() && is_limit_renamed {
            let message = "max_tokens is the older name of max_completion_tokens; send one of them";
            return Err(ApiError::invalid("max_tokens", message));
        }
        let mut input = object.rest();
        input.extend(limit.or(newer).map(|limit| ("max_tokens".to_owned(), limit)));
        // One answer is what every model gives, whether it knows of the parameter or not.
        input.retain(|name, value| !value.is_null() && (name != "n" || value.as_u64() != Some(1)));
        Ok(Self { model, input, is_stream, includes_usage, is_limit_renamed })
    }

    /// An error of the service, with the field by the name that the client gave it.
    pub(super) fn error(&self, error: ServiceError) -> ApiError {
        let ServiceError::Invalid(InvalidInput { field, problem, allowed }) = error else {
            return error.into();
        };
        let name = field.strip_prefix("input.").unwrap_or(&field);
        let name = match name {
            "max_tokens" if self.is_limit_renamed => "max_completion_tokens",
            name => name,
        };
        InvalidInput { field: name.to_owned().into(), problem, allowed }.into()
    }
}

fn includes_usage(mut options: Map<String, Value>) -> Result<bool, ApiError> {
    let mut flag = |name: &'static str, place: &'static str| match options.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(_) => Err(ApiError::malformed(place, format!("{place} must be true or false"))),
    };
    let includes_usage = flag("include_usage", "stream_options.include_usage")?;
    // Nothing is ever added to hide the lengths of the parts.
    flag("include_obfuscation", "stream_options.include_obfuscation")?;
    match options.keys().next() {
        None => Ok(includes_usage.unwrap_or(false)),
        Some(unknown) => {
            let place = format!("stream_options.{unknown}");
            let message =
                format!("{place} is not known here; there are include_usage and include_obfuscation");
            Err(ApiError::invalid(place, message))
        }
    }
}
