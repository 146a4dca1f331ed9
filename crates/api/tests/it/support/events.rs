//! Server-sent events, one at a time.

use std::pin::Pin;

use axum::Error;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde_json::Value;

/// A stream of events.
pub(crate) struct Events {
    parts: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
    read: String,
}

/// One event, or a comment.
#[derive(Debug, Default)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) is_comment: bool,
}

impl Events {
    pub(super) fn new(body: Body) -> Self {
        Self { parts: Box::pin(body.into_data_stream()), read: String::new() }
    }

    /// The next event or comment; nothing where the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let event = Event::parse(event);
                self.read = rest.to_owned();
                return Some(event);
            }
            let Some(part) = self.parts.next().await else {
                assert_eq!(self.read, "", "the stream was cut");
                return None;
            };
            self.read.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
    }

    /// The names and ids of all that is still to come, until the stream ends.
    pub(crate) async fn rest(&mut self) -> Vec<(String, Option<String>)> {
        let mut rest = Vec::new();
        while let Some(event) = self.next().await {
            rest.push((event.name.unwrap_or_default(), event.id));
        }
        rest
    }
}

impl Event {
    fn parse(text: &str) -> Self {
        let mut event = Self::default();
        for line in text.lines() {
            match line.split_once(':').map(|(field, value)| (field, value.trim_start())) {
                Some(("event", value)) => event.name = Some(value.to_owned()),
                Some(("id", value)) => event.id = Some(value.to_owned()),
                Some(("data", value)) => event.data = Some(serde_json::from_str(value).unwrap()),
                Some(("", _)) => event.is_comment = true,
                _ => panic!("{line:?} is no line of an event"),
            }
        }
        event
    }
}
