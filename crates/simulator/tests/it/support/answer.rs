//! What a simulator answered.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body came to its end.
    pub(crate) is_whole: bool,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body of an answer that must be 200 and JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The data of its events, without comments.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<String> {
        assert!(self.header("content-type").starts_with("text/event-stream"), "{:?}", self.headers);
        let events = self.text().split_terminator("\n\n").filter(|event| !event.starts_with(':'));
        let data =
            |event: &str| event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
        events.map(data).collect()
    }

    /// The data of its events as JSON, without the `[DONE]`.
    #[track_caller]
    pub(crate) fn json_events(&self) -> Vec<Value> {
        let events = self.events().into_iter().filter(|data| data != "[DONE]");
        events.map(|data| serde_json::from_str(&data).unwrap()).collect()
    }
}

pub(crate) fn decoded(base64: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap()
}
