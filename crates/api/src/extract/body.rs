//! JSON bodies, read whole within their limit, field by field.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use fourfold_domain::{Credits, CreditsChange, CreditsError, InvalidInput, WireFields};
use fourfold_service::Timestamp;
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::upload::too_slow;
use crate::error::ApiError;
use crate::pace::is_too_slow;
use crate::{AppState, rfc3339};

/// Work on more bytes than this is done aside.
const LARGE_BYTES: usize = 256 * 1024;

/// The longest text for people that is kept.
const SHORT_TEXT_CHARACTERS_MAX: usize = 1000;

/// A body that is a JSON object.
pub(crate) struct Body {
    /// As it was sent.
    pub(crate) bytes: Bytes,
    pub(crate) object: Object,
}

/// A body that is a JSON object, or none at all or null, which are as an empty one.
pub(crate) struct BodyOrNone(pub(crate) Body);

/// The fields of an object that aren't read yet. Reading all of them finds those that nobody knows.
pub(crate) struct Object(Map<String, Value>);

impl FromRequest<AppState> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        Self::read(read_whole(request.into_body(), state).await?).await
    }
}

impl FromRequest<AppState> for BodyOrNone {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bytes = read_whole(request.into_body(), state).await?;
        if bytes.is_empty() || bytes.trim_ascii() == b"null" {
            return Ok(Self(Body { bytes, object: Object(Map::new()) }));
        }
        Body::read(bytes).await.map(Self)
    }
}

impl Body {
    async fn read(bytes: Bytes) -> Result<Self, ApiError> {
        match aside(&bytes, |bytes| (serde_json::from_slice(bytes), given_twice(bytes))).await? {
            (Ok(Value::Object(object)), None) => Ok(Self { bytes, object: Object(object) }),
            (Ok(Value::Object(_)), Some(mistake)) => Err(mistake.into()),
            (Ok(_), _) => Err(ApiError::malformed("body", "the body must be a JSON object")),
            (Err(error), _) => Err(ApiError::malformed("body", format!("the body must be JSON: {error}"))),
        }
    }
}

/// The mistake of an object that has a field twice: its reader couldn't tell which one is meant.
fn given_twice(bytes: &[u8]) -> Option<InvalidInput> {
    WireFields::scan(bytes).err()
}

/// Reads a body within its limits.
pub(crate) async fn read_whole(body: axum::body::Body, state: &AppState) -> Result<Bytes, ApiError> {
    let limit = state.body_limit_bytes;
    // What is announced to be too much isn't asked for.
    if body.size_hint().lower() > limit as u64 {
        return Err(ApiError::too_large("the body", limit as u64));
    }
    let reading = Limited::new(body, limit).collect();
    let read = tokio::time::timeout(state.body_timeout, reading).await.map_err(|_late| too_slow())?;
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::too_large("the body", limit as u64)),
        Err(error) if is_too_slow(error.as_ref()) => Err(too_slow()),
        Err(_broken) => Err(ApiError::malformed("body", "the body of the request broke off")),
    }
}

/// Does work on bytes: here where they are few, else where it keeps nobody waiting.
pub(crate) async fn aside<T: Send + 'static>(
    bytes: &Bytes,
    work: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, ApiError> {
    if bytes.len() <= LARGE_BYTES {
        return Ok(work(bytes));
    }
    let bytes = bytes.clone();
    tokio::task::spawn_blocking(move || work(&bytes)).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "work on a large body failed");
        ApiError::internal()
    })
}

impl From<Map<String, Value>> for Object {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl Object {
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Reads a field only where it is there, if only as null.
    pub(crate) fn given<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<T, ApiError>,
    ) -> Result<Option<T>, ApiError> {
        if self.0.contains_key(name) { read(self, name).map(Some) } else { Ok(None) }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::malformed(name, format!("{name} must be a text"))),
        }
    }

    /// A text for people, such as a name or a note.
    pub(crate) fn short_text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.text(name)? {
            Some(text) if text.chars().count() > SHORT_TEXT_CHARACTERS_MAX => {
                let message = format!("{name} must be at most {SHORT_TEXT_CHARACTERS_MAX} characters");
                Err(ApiError::invalid(name, message))
            }
            Some(text) if text.chars().any(char::is_control) => {
                Err(ApiError::invalid(name, format!("{name} must have no control characters")))
            }
            text => Ok(text),
        }
    }

    /// A list of texts; none where it is left out.
    pub(crate) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, ApiError> {
        let wrong = || ApiError::malformed(name, format!("{name} must be a list of texts"));
        let text = |value| match value {
            Value::String(text) => Ok(text),
            _ => Err(wrong()),
        };
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values.into_iter().map(text).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Refuses an empty list where none is no limit: who takes the last name away hardly means to allow all.
    pub(crate) fn not_empty(&mut self, name: &'static str) -> Result<&mut Self, ApiError> {
        if self.0.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Err(ApiError::invalid(name, format!("{name} must not be empty; null is no limit")));
        }
        Ok(self)
    }

    pub(crate) fn required_text(&mut self, name: &'static str) -> Result<String, ApiError> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(ApiError::malformed(name, format!("{name} must not be empty"))),
            None => Err(ApiError::malformed(name, format!("{name} is required"))),
        }
    }

    pub(crate) fn object(&mut self, name: &'static str) -> Result<Option<Map<String, Value>>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(ApiError::malformed(name, format!("{name} must be an object"))),
        }
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(ApiError::malformed(name, format!("{name} must be true or false"))),
        }
    }

    pub(crate) fn moment(&mut self, name: &'static str) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let wrong =
            || ApiError::malformed(name, format!("{name} must be RFC 3339, such as 2027-01-31T00:00:00Z"));
        rfc3339::read(&text).map(Some).ok_or_else(wrong)
    }

    pub(crate) fn credits(&mut self, name: &'static str) -> Result<Option<Credits>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let wrong = |error| match error {
            CreditsError::Text => {
                "must be a decimal string such as \"1.25\", not negative, with at most 6 decimals"
            }
            CreditsError::Range => "is out of range",
        };
        text.parse()
            .map(Some)
            .map_err(wrong)
            .map_err(|error| ApiError::malformed(name, format!("{name} {error}")))
    }

    pub(crate) fn credits_change(&mut self, name: &'static str) -> Result<Option<CreditsChange>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let wrong = |_| "must be a decimal string such as \"1.25\" or \"-1.25\", with at most 6 decimals";
        text.parse()
            .map(Some)
            .map_err(wrong)
            .map_err(|error| ApiError::malformed(name, format!("{name} {error}")))
    }

    pub(crate) fn required<T>(name: &'static str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| ApiError::malformed(name, format!("{name} is required")))
    }

    /// What was not read.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }

    /// Refuses what was not read, so that no wish is dropped silently.
    pub(crate) fn nothing_else(self, known: &str) -> Result<(), ApiError> {
        match self.0.into_iter().find(|(_, value)| !value.is_null()) {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("{name} is not known here; there are {known}");
                Err(ApiError::invalid(name, message))
            }
        }
    }
}
