//! Answers to a call: read whole, or as a stream.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::body::Body;
use super::decode;
use super::error::ClientError;
use super::event_stream::EventStream;
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
        decode::json(&self.body).map_err(|error| self.unreadable(error))
    }

    /// Reads the body as text.
    pub fn text(&self) -> Result<&str, ClientError> {
        decode::text(&self.body).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, error: ClientError) -> ClientError {
        error.with_status(self.status).with_request_id(self.request_id())
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
    pub(crate) event_bytes_max: usize,
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

    /// The body, as server-sent events come.
    pub fn into_events(self) -> EventStream {
        EventStream::new(self.body, self.event_bytes_max)
    }

    /// The body, as bytes come.
    pub fn into_body(self) -> Body {
        self.body
    }
}
