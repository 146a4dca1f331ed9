//! An answer that is a stream of events, looked at in passing: for its usage, and whether it came to its end.

use bytes::Bytes;
use fourfold_clients::http::{Event, EventReader};
use memchr::memmem;

use super::route::StreamEnd;
use super::usage::Told;

/// Reads events as they come, in whatever pieces they come.
pub(super) struct SseWatch {
    reader: EventReader,
    end: StreamEnd,
    told: Told,
    /// Whether the vendor has said that the stream is whole, or why it isn't.
    is_ended: bool,
    /// Whether an event was too large to be read; what comes after is only passed on.
    is_blind: bool,
}

impl SseWatch {
    /// Events of more bytes than that aren't read.
    pub(super) fn new(end: StreamEnd, told: Told, event_bytes_max: usize) -> Self {
        Self { reader: EventReader::new(event_bytes_max), end, told, is_ended: false, is_blind: false }
    }

    pub(super) fn push(&mut self, piece: &Bytes) {
        let mut piece = piece.clone();
        while !self.is_blind {
            match self.reader.next_event(&mut piece) {
                Ok(Some(event)) => self.look(&event),
                Ok(None) => return,
                Err(_too_large) => self.is_blind = true,
            }
        }
    }

    /// Nothing more comes. Whether it ended before the vendor said that it would.
    pub(super) fn is_cut(&mut self) -> bool {
        if self.is_blind {
            return false;
        }
        match self.reader.end() {
            Ok(Some(event)) => self.look(&event),
            Ok(None) => {}
            Err(_within_an_event) => return !self.is_ended,
        }
        !self.is_ended
    }

    fn look(&mut self, event: &Event) {
        let data = event.data();
        if values(data, b"\"usage\"").any(|value| value.starts_with(b"{")) {
            self.told.event(data);
        }
        self.is_ended = self.is_ended || self.ends(event);
    }

    fn ends(&self, event: &Event) -> bool {
        let data = event.data();
        let is_type = |wanted: &str| {
            let quoted =
                |value: &[u8]| value.strip_prefix(b"\"")?.strip_prefix(wanted.as_bytes())?.first().copied();
            event.name() == wanted || values(data, b"\"type\"").any(|value| quoted(value) == Some(b'"'))
        };
        let is_last = match self.end {
            #[cfg(feature = "openai")]
            StreamEnd::Done => {
                event.is_done() || values(data, b"\"finish_reason\"").any(|value| value.starts_with(b"\""))
            }
            StreamEnd::Types(types) => types.iter().copied().any(is_type),
        };
        is_last || is_type("error") || values(data, b"\"error\"").any(|value| value.starts_with(b"{"))
    }
}

/// What follows the colon behind each field of this name, wherever in the data it is. Within a text the quotes of a name
/// would have backslashes before them, so no text is taken for one.
fn values<'d>(data: &'d [u8], name: &'static [u8]) -> impl Iterator<Item = &'d [u8]> {
    memmem::find_iter(data, name).filter_map(move |at| {
        let value = data[at + name.len()..].trim_ascii_start().strip_prefix(b":")?;
        Some(value.trim_ascii_start())
    })
}
