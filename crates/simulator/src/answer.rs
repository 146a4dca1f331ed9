//! What a call is answered with: decided whole, then played by [`play`](crate::play).

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// An answer, as a vendor's handler decides it or a test scripts it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// What the work is paid under, where it isn't the id of the request.
    pub(crate) task_id: Option<String>,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// All at once, with its length.
    Whole(Bytes),
    /// One after the other, at the pace of the settings.
    Pieces(Vec<Bytes>),
}

impl Content {
    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Pieces(pieces) => pieces.iter().map(Bytes::len).sum(),
        }
    }

    /// All of it.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Pieces(pieces) => pieces.concat().into(),
        }
    }
}

impl Answer {
    /// 200 with JSON.
    pub fn json(value: &Value) -> Self {
        Self::bytes("application/json", value.to_string())
    }

    /// 200 with these bytes.
    ///
    /// # Panics
    ///
    /// Where the media type can't be a header.
    pub fn bytes(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self::new(media_type, Content::Whole(bytes.into()))
    }

    /// 200 with these pieces of a body, one after the other.
    ///
    /// # Panics
    ///
    /// Where the media type can't be a header.
    pub fn pieces(media_type: &str, pieces: impl IntoIterator<Item = impl Into<Bytes>>) -> Self {
        Self::new(media_type, Content::Pieces(pieces.into_iter().map(Into::into).collect()))
    }

    /// 200 with these server-sent events, each as it is written, blank line included.
    pub fn events(events: impl IntoIterator<Item = impl Into<Bytes>>) -> Self {
        Self::pieces("text/event-stream; charset=utf-8", events)
    }

    /// This status and no body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), content: Content::Whole(Bytes::new()), task_id: None }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with this header, in place of one with the same name.
    ///
    /// # Panics
    ///
    /// Where the value can't be a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, header_value(value));
        self
    }

    /// The same, paid under this id.
    #[must_use]
    pub fn with_task_id(mut self, task_id: impl Into<String>) -> Self {
        self.task_id = Some(task_id.into());
        self
    }

    fn new(media_type: &str, content: Content) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, header_value(media_type))]);
        Self { status: StatusCode::OK, headers, content, task_id: None }
    }
}

fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("what handlers and scripts write into headers is printable")
}
