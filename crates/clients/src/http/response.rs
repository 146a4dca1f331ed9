//! Answers to a call: read whole, or as a stream.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::body::Body;
use super::error::{ClientError, Effect, ErrorKind};
use super::failure::request_id;

/// A successful answer, read to its end.
#[derive(Clone)]
pub struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The vendor's id of the request.
    pub fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// The answer's body.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The answer's body, without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// Reads the body as JSON. The error says where the body differs from what was expected and quotes nothing of it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(|_| {
            // Only now, on the rare path, is the place worth finding.
            let mut reader = serde_json::Deserializer::from_slice(&self.body);
            let place = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) => Misread { path: error.path().to_string(), problem: problem(error.inner()) },
                Ok(_) => Misread { path: ".".to_owned(), problem: "more than one JSON value" },
            };
            self.unreadable(place)
        })
    }

    /// Reads the body as text.
    pub fn text(&self) -> Result<&str, ClientError> {
        std::str::from_utf8(&self.body).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, source: impl Into<super::error::BoxError>) -> ClientError {
        ClientError::new(ErrorKind::Decode, Effect::Started)
            .with_status(self.status)
            .with_request_id(self.request_id())
            .with_source(source)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A successful answer whose body is still to be read.
#[derive(Debug)]
pub struct StreamResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl StreamResponse {
    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The vendor's id of the request.
    pub fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// The body, as bytes come.
    pub fn into_body(self) -> Body {
        self.body
    }
}

/// Where and how a body differs from what was expected.
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
        serde_json::error::Category::Data | serde_json::error::Category::Io => "a value of another type",
    }
}
