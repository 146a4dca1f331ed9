//! An answer as it goes by: an event stream's events and a JSON answer's usage are read beside it, and nothing of it is
//! changed or held up for that.

use std::borrow::Cow;

use bytes::Bytes;
use fourfold_clients::http::{ClientError, Event, EventReader};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{break_kind, break_text};
use crate::usage::{Usage, UsageSoFar};
use crate::usage_scan::UsageScan;

/// A larger event goes by unread, as does all after it. The last of a stream may have all of its answer in it.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The same where only the stream's end is of interest.
const PLAIN_EVENT_BYTES_MAX: usize = 64 * 1024;

/// The events after which a stream has said all, beside `[DONE]`.
const LAST_EVENTS: [&str; 4] =
    ["message_stop", "response.completed", "response.incomplete", "response.failed"];

/// The events that begin a stream or keep it open, in which there is nothing of an answer.
const SILENT_EVENTS: [&str; 5] =
    ["ping", "message_start", "response.created", "response.queued", "response.in_progress"];

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
    /// Whether any came since the usage was told.
    is_behind: bool,
    /// The last bytes, which tell whether an event is cut, and those before the last piece.
    tail: u32,
    tail_before: u32,
    is_done: bool,
    says_failed: bool,
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
            is_behind: false,
            // As after an empty line.
            tail: u32::from_be_bytes(*b"\0\0\n\n"),
            tail_before: 0,
            is_done: false,
            says_failed: false,
        }
    }

    /// Reads a piece. Gives the usage if it said something new.
    pub(crate) fn look(&mut self, piece: &Bytes) -> Option<Usage> {
        self.tail_before = self.tail;
        for byte in &piece[piece.len().saturating_sub(4)..] {
            self.tail = self.tail << 8 | u32::from(*byte);
        }
        let mut rest = piece.clone();
        let mut is_news = false;
        while let Some(reader) = &mut self.reader {
            match reader.next_event(&mut rest) {
                Ok(Some(event)) => is_news |= self.read(&event),
                Ok(None) => break,
                Err(_too_large) => self.reader = None,
            }
        }
        if is_news { self.usage.usage() } else { None }
    }

    /// Reads an event. Says whether it had anything about usage.
    fn read(&mut self, event: &Event) -> bool {
        let name = event.name();
        let is_last = event.is_done() || LAST_EVENTS.contains(&&*name);
        let says_failed = says_failed(&name, event.data());
        self.is_done |= is_last;
        self.says_failed |= says_failed;
        let is_news = self.wants_usage && self.usage.read_event(event.data());
        let is_part = !is_last && !says_failed && !SILENT_EVENTS.contains(&&*name);
        self.events += u64::from(is_part);
        self.is_behind = !is_news && (self.is_behind || is_part);
        is_news
    }

    /// How many events had some of the answer.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Whether more of the answer came than the usage that was told can have counted. Some vendors begin with a usage.
    pub(crate) fn is_usage_behind(&self) -> bool {
        self.is_behind && !self.is_done
    }

    /// Whether the stream says of itself that it failed.
    pub(crate) fn says_failed(&self) -> bool {
        self.says_failed
    }

    /// Whether the stream has said all.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The last piece that was read isn't passed on.
    pub(crate) fn take_back(&mut self) {
        self.tail = self.tail_before;
    }

    /// The last event of a stream that broke off. None within an event: what ended that would make one of the fragment,
    /// which readers throw away where the connection breaks.
    pub(crate) fn break_event(&self, error: &ClientError) -> Option<Bytes> {
        let [_, before, last_but_one, last] = self.tail.to_be_bytes();
        let is_between = matches!(
            (before, last_but_one, last),
            (_, b'\n', b'\n') | (_, b'\r', b'\r') | (b'\n', b'\r', b'\n')
        );
        if !is_between {
            return None;
        }
        let (code, message) = (break_kind(error), break_text(error));
        // Both OpenAI's and Anthropic's clients raise an error on this.
        let event = format!(
            "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"api_error\",\"code\":\"{code}\",\
             \"message\":\"{message}\",\"param\":null}}}}\n\n"
        );
        Some(Bytes::from(event))
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

    /// Whether the answer says of itself that it failed.
    pub(crate) fn says_failed(&self) -> bool {
        self.scan.says_failed()
    }
}

/// Whether an event says that the target failed: by its name or type, as OpenAI's responses and Anthropic's messages do,
/// or by an `error` at the top, as vendors of OpenAI's chats do.
fn says_failed(name: &str, data: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(default, borrow, rename = "type")]
        kind: Option<Cow<'a, str>>,
        #[serde(default)]
        error: Option<IgnoredAny>,
    }

    if matches!(name, "error" | "response.failed") {
        return true;
    }
    // Most events have none, and this costs less than reading them.
    if memchr::memmem::find(data, b"\"error\"").is_none() {
        return false;
    }
    let said = serde_json::from_slice::<Said<'_>>(data);
    said.is_ok_and(|said| said.error.is_some() || said.kind.as_deref() == Some("error"))
}

#[cfg(test)]
mod tests {
    use fourfold_clients::http::{Effect, ErrorKind, TimeoutStage};

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
    fn an_error_event_comes_between_events_and_never_makes_one_of_a_fragment() {
        let error = ClientError::new(ErrorKind::Interrupted, Effect::Started);
        let is_between = |pieces: &[&'static str]| watched(pieces).break_event(&error).is_some();
        for whole in [&[][..], &["data: 1\n\n"], &["data: 1\r\n\r\n"], &["data: 1\r\r"], &["data: 1\n", "\n"]]
        {
            assert!(is_between(whole), "{whole:?}");
        }
        for cut in
            [&["data: 1\n"][..], &["data: {\"a"], &["data: 1\r\n"], &["data: 1\n\nd"], &["data: 1\n\n:"]]
        {
            assert!(!is_between(cut), "{cut:?}");
        }
    }

    #[test]
    fn an_error_event_names_the_limit_that_ran_out() {
        for (kind, code, message) in [
            (ErrorKind::Interrupted, "interrupted", "broke off"),
            (ErrorKind::Timeout(TimeoutStage::Idle), "idle_timeout", "idle limit"),
            (ErrorKind::Timeout(TimeoutStage::Total), "stream_timeout", "stream limit"),
        ] {
            let event = watched(&[]).break_event(&ClientError::new(kind, Effect::Started)).unwrap();
            let event = std::str::from_utf8(&event).unwrap();
            let said: serde_json::Value =
                serde_json::from_str(event.split_once("data: ").unwrap().1).unwrap();
            assert_eq!(said["error"]["code"], code);
            assert!(said["error"]["message"].as_str().unwrap().contains(message), "{event}");
        }
    }

    #[test]
    fn usage_is_told_when_it_changes() {
        let mut watch = EventWatch::new(true);
        let mut look = |piece: &'static str| watch.look(&Bytes::from_static(piece.as_bytes()));
        assert_eq!(look("data: {\"choices\": []}\n\n"), None);
        let usage = look("data: {\"usage\": {\"prompt_tokens\": 2, \"completion_tokens\": 3}}\n\n").unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (2, Some(3)));
        assert_eq!(look("data: [DONE]\n\n"), None);
    }

    #[test]
    fn a_stream_that_says_that_it_failed_is_known() {
        for failed in [
            "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\"}}\n\n",
            "event: response.failed\ndata: {}\n\n",
            "data: {\"error\": {\"message\": \"busy\"}}\n\n",
            "data: {\"error\": \"busy\"}\n\ndata: [DONE]\n\n",
            "data: {\"type\": \"error\", \"message\": \"busy\"}\n\n",
        ] {
            let watch = watched(&[failed]);
            assert!(watch.says_failed(), "{failed}");
            assert_eq!(watch.events(), 0, "{failed}");
        }
        for well in [
            "data: {\"error\": null}\n\n",
            "data: {\"choices\": [{\"delta\": {\"content\": \"{\\\"error\\\": 1}\"}, \"error\": 1}]}\n\n",
            "event: response.completed\ndata: {\"response\": {\"error\": null}}\n\n",
        ] {
            assert!(!watched(&[well]).says_failed(), "{well}");
        }
    }

    #[test]
    fn a_usage_is_behind_once_more_of_the_answer_came() {
        let begin = "event: message_start\ndata: {\"message\": {\"usage\": {\"output_tokens\": 1}}}\n\n";
        let text = "event: content_block_delta\ndata: {}\n\n";
        let end = "event: message_delta\ndata: {\"usage\": {\"output_tokens\": 9}}\n\n";
        let ping = "event: ping\ndata: {}\n\n";
        let stop = "event: message_stop\ndata: {}\n\n";
        for (pieces, is_behind) in [
            (&[begin][..], false),
            (&[begin, ping], false),
            (&[begin, text], true),
            (&[begin, text, ping], true),
            (&[begin, text, end], false),
            (&[begin, text, end, text], true),
            (&[begin, text, stop], false),
        ] {
            assert_eq!(watched(pieces).is_usage_behind(), is_behind, "{pieces:?}");
        }
    }

    #[test]
    fn a_json_answer_that_says_that_it_failed_is_known() {
        let says_failed = |json: &str| {
            let mut watch = JsonWatch::default();
            json.as_bytes().iter().for_each(|byte| _ = watch.look(&Bytes::copy_from_slice(&[*byte])));
            watch.says_failed()
        };
        assert!(says_failed("{\"id\": \"a\", \"error\" : {\"message\": \"busy\"}}"));
        assert!(says_failed("{\"error\": \"busy\"}"));
        for well in [
            "{\"error\": null}",
            "{\"a\": {\"error\": 1}}",
            "[{\"error\": 1}]",
            "{\"a\": \"error\", \"b\": 1}",
        ] {
            assert!(!says_failed(well), "{well}");
        }
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
