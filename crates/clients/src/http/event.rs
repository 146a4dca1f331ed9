//! One server-sent event.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::decode;
use super::error::ClientError;

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    pub(crate) name: Option<Bytes>,
    pub(crate) data: Bytes,
    /// Apart, since few streams have any of it and small events are passed on faster.
    pub(crate) place: Option<Box<Place>>,
}

/// What a reader needs to go on where it left.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: Option<Bytes>,
    pub(crate) retry: Option<Duration>,
}

impl Event {
    /// The event's name, `message` where it has none.
    pub fn name(&self) -> Cow<'_, str> {
        self.name.as_deref().map_or(Cow::Borrowed("message"), String::from_utf8_lossy)
    }

    /// The event's data, its lines joined by a line feed.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The data as text; bytes that aren't UTF-8 are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }

    /// The id that the stream had given last when the event came.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.place.as_ref()?.id.as_deref().map(String::from_utf8_lossy)
    }

    /// How long the server wants a reader to wait before it connects again, if the event says so.
    pub fn retry(&self) -> Option<Duration> {
        self.place.as_ref()?.retry
    }

    /// Whether this is the `[DONE]` by which OpenAI's streams and their like end.
    pub fn is_done(&self) -> bool {
        self.data.as_ref() == b"[DONE]"
    }

    /// Reads the data as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        decode::json(&self.data)
    }
}

/// Leaves the data out, which may be a user's own text.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("data_bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}
