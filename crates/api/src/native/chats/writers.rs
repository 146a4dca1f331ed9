//! How an answer goes out: at once as JSON, or as events while it is written.

use bytes::Bytes;
use fourfold_service::chats::{Answered, TurnWriter};
use serde::Serialize;
use serde_json::json;

use super::bodies::{ChatReply, TurnBody};

/// The media type of events.
pub(crate) const EVENTS: &str = "text/event-stream";

/// One answer as JSON.
pub(crate) struct Whole {
    pub(crate) conversation_id: String,
}

/// `delta` for each piece, then `done`.
pub(crate) struct Stream {
    pub(crate) conversation_id: String,
}

impl TurnWriter for Whole {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn is_stream(&self) -> bool {
        false
    }

    fn more(&mut self, _text: &str) -> Bytes {
        Bytes::new()
    }

    fn last(&mut self, answered: &Answered) -> Bytes {
        let turn = TurnBody::new(&self.conversation_id, answered);
        written(&ChatReply { response: answered.text.clone(), turn }).into()
    }
}

impl TurnWriter for Stream {
    fn media_type(&self) -> &'static str {
        EVENTS
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn more(&mut self, text: &str) -> Bytes {
        event("delta", &json!({"text": text}))
    }

    fn last(&mut self, answered: &Answered) -> Bytes {
        event("done", &TurnBody::new(&self.conversation_id, answered))
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    format!("event: {name}\ndata: {}\n\n", written(data)).into()
}

fn written(data: &impl Serialize) -> String {
    // Only maps with keys that aren't texts can't be written as JSON, and there are none.
    serde_json::to_string(data).unwrap_or_default()
}
