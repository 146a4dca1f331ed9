//! An answer as it goes by: an event stream's events and a JSON answer's usage are read beside it, and nothing of it is
//! changed or held up for that.

use bytes::Bytes;
use fourfold_clients::http::{ClientError, Event, EventReader};

use crate::error::break_kind;
use crate::usage::{Usage, UsageSoFar};
use crate::usage_scan::UsageScan;

/// A larger event goes by unread, as does all after it. The last of a stream may have all of its answer in it.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The same where only the stream's end is of interest.
const PLAIN_EVENT_BYTES_MAX: usize = 64 * 1024;

/// The events after which a stream has said all, beside `[DONE]`.
const LAST_EVENTS: [&str; 4] =
    ["message_stop", "response.completed", "response.incomplete", "response.failed"];

/// What is looked at in an answer.
pub(crate) enum Watch {
    /// Nothing.
    Blind,
    Events(Box<EventWatch>),
    Json(JsonWatch),
}

/// Reads events as they go by.
pub(crate) struct EventWatch {
    /// None once an event was too large.
    reader: Option<EventReader>,
    wants_usage: bool,
    usage: UsageSoFar,
    events: u64,
    /// The last bytes, which tell whether an event is cut.
    tail: u32,
    is_done: bool,
}

/// Looks for the usage in a JSON answer as it goes by.
#[derive(Default)]
pub(crate) struct JsonWatch {
    scan: UsageScan,
    usage: UsageSoFar,
}

impl EventWatch {
    pub(crate) fn new(wants_usage: bool) -> Self {
        let event_bytes_max = if wants_usage { EVENT_BYTES_MAX } else { PLAIN_EVENT_BYTES_MAX };
        Self {
            reader: Some(EventReader::new(event_bytes_max)),
            wants_usage,
            usage: UsageSoFar::default(),
            events: 0,
            // As after an empty line.
            tail: u32::from_be_bytes(*b"\0\0\n\n"),
            is_done: false,
        }
    }

    /// Reads a piece. Gives the usage if it said something new.
    pub(crate) fn look(&mut self, piece: &Bytes) -> Option<Usage> {
        for byte in &piece[piece.len().saturating_sub(4)..] {
            self.tail = self.tail << 8 | u32::from(*byte);
        }
        let mut rest = piece.clone();
        let mut is_news = false;
        while let Some(reader) = &mut self.reader {
            match reader.next_event(&mut rest) {
                Ok(Some(event)) => {
                    self.events += 1;
                    self.is_done |= is_last(&event);
                    is_news |= self.wants_usage && self.usage.read_event(event.data());
                }
                Ok(None) => break,
                Err(_too_large) => self.reader = None,
            }
        }
        if is_news { self.usage.usage() } else { None }
    }

    /// How many events there were.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Whether the stream has said all.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The last event of a stream that broke off. An event that was cut is ended first, so that ours is one of its own.
    pub(crate) fn break_event(&self, error: &ClientError) -> Bytes {
        let [_, before, last_but_one, last] = self.tail.to_be_bytes();
        let is_between = matches!(
            (before, last_but_one, last),
            (_, b'\n', b'\n') | (_, b'\r', b'\r') | (b'\n', b'\r', b'\n')
        );
        let start = if is_between { "" } else { "\n\n" };
        let code = break_kind(error);
        // Both OpenAI's and Anthropic's clients raise an error on this.
        let event = format!(
            "{start}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"api_error\",\"code\":\"{code}\",\
             \"message\":\"the target broke off before the end of its answer\",\"param\":null}}}}\n\n"
        );
        Bytes::from(event)
    }
}

impl JsonWatch {
    /// Reads a piece. Gives the usage if it said something new.
    pub(crate) fn look(&mut self, piece: &Bytes) -> Option<Usage> {
        let Self { scan, usage } = self;
        let mut is_news = false;
        scan.look(piece, |found| is_news |= usage.read(found));
        if is_news { usage.usage() } else { None }
    }
}

fn is_last(event: &Event) -> bool {
    event.is_done() || LAST_EVENTS.contains(&&*event.name())
}

#[cfg(test)]
mod tests {
    use fourfold_clients::http::{Effect, ErrorKind};

    use super::*;

    fn watched(pieces: &[&'static str]) -> EventWatch {
        let mut watch = EventWatch::new(true);
        for piece in pieces {
            watch.look(&Bytes::from_static(piece.as_bytes()));
        }
        watch
    }

    #[test]
    fn the_last_event_is_known_however_it_is_cut() {
        for pieces in [
            &["data: {}\n\ndata: [DONE]\n\n"][..],
            &["data: {}\n\nda", "ta: [DO", "NE]\r\n\r", "\n"],
            &["event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"],
            &["event: response.completed\ndata: {}\n\n"],
        ] {
            assert!(watched(pieces).is_done(), "{pieces:?}");
        }
        for pieces in [&["data: {\"text\": \"[DONE]\"}\n\n"][..], &["data: [DONE]"], &[": [DONE]\n\n"]] {
            assert!(!watched(pieces).is_done(), "{pieces:?}");
        }
    }

    #[test]
    fn an_error_event_is_never_part_of_the_event_before() {
        let error = ClientError::new(ErrorKind::Interrupted, Effect::Started);
        let begins = |pieces: &[&'static str]| {
            let event = watched(pieces).break_event(&error);
            if event.starts_with(b"event: error") { "between" } else { "cut" }
        };
        for whole in [&[][..], &["data: 1\n\n"], &["data: 1\r\n\r\n"], &["data: 1\r\r"], &["data: 1\n", "\n"]]
        {
            assert_eq!(begins(whole), "between", "{whole:?}");
        }
        for cut in [&["data: 1\n"][..], &["data: {\"a"], &["data: 1\r\n"], &["data: 1\n\nd"]] {
            assert_eq!(begins(cut), "cut", "{cut:?}");
        }
    }

    #[test]
    fn usage_is_told_when_it_changes() {
        let mut watch = EventWatch::new(true);
        let mut look = |piece: &'static str| watch.look(&Bytes::from_static(piece.as_bytes()));
        assert_eq!(look("data: {\"choices\": []}\n\n"), None);
        let usage = look("data: {\"usage\": {\"prompt_tokens\": 2, \"completion_tokens\": 3}}\n\n").unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (2, 3));
        assert_eq!(look("data: [DONE]\n\n"), None);
    }

    #[test]
    fn a_json_answers_usage_is_read_whatever_its_size() {
        let mut watch = JsonWatch::default();
        let mut look = |piece: Bytes| watch.look(&piece);
        assert_eq!(look(Bytes::from_static(b"{\"data\": [\"")), None);
        for _ in 0..64 {
            assert_eq!(look(Bytes::from(vec![b'x'; 64 * 1024])), None);
        }
        let usage = look(Bytes::from_static(b"\"], \"usage\": {\"input_tokens\": 1}}"));
        assert_eq!(usage.unwrap().input_tokens, 1);
    }
}
