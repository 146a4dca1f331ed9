//! Reading what a vendor answered. Errors say where it differs from what was expected and quote nothing of it,
//! since it may be a user's own text.

use serde::de::DeserializeOwned;

use super::error::{BoxError, ClientError, Effect, ErrorKind};

/// Reads a JSON value.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|_| {
        // Only now, on the rare path, is the place worth finding.
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        unreadable(match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => Misread { path: error.path().to_string(), problem: problem(error.inner()) },
            Ok(_) => Misread { path: ".".to_owned(), problem: "more than one JSON value" },
        })
    })
}

/// Reads text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, ClientError> {
    std::str::from_utf8(bytes).map_err(unreadable)
}

/// What was answered can't be used, though the work behind it was done.
pub(crate) fn unreadable(why: impl Into<BoxError>) -> ClientError {
    ClientError::new(ErrorKind::Decode, Effect::Started).with_source(why)
}

/// Where and how a value differs from what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{problem} at {path}")]
struct Misread {
    path: String,
    problem: &'static str,
}

fn problem(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Eof => "JSON that ends too early",
        serde_json::error::Category::Data | serde_json::error::Category::Io => "another value than expected",
    }
}
