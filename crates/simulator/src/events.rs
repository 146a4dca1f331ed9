//! Server-sent events as vendors write them.

use bytes::Bytes;
use serde_json::Value;

/// An event without a name.
pub(crate) fn data(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

/// An event with a name.
pub(crate) fn named(name: &str, value: &Value) -> Bytes {
    format!("event: {name}\ndata: {value}\n\n").into()
}

/// What ends a stream of OpenAI's.
pub(crate) fn done() -> Bytes {
    Bytes::from_static(b"data: [DONE]\n\n")
}

/// The event as it looks when its data ends in the middle; a body that is no event is cut likewise.
pub(crate) fn broken(event: &Bytes) -> Bytes {
    let is_event = event.starts_with(b"data:") || event.starts_with(b"event:");
    let (text, tail) = if is_event { (event.trim_ascii_end(), "\n\n") } else { (&event[..], "") };
    // An event's name and field stay whole: only what comes after the last `data: ` is cut.
    let data_at =
        text.windows(6).rposition(|window| window == b"data: ").filter(|_| is_event).map_or(0, |at| at + 6);
    let half = data_at + (text.len() - data_at) / 2;
    [&text[..half], tail.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_written_with_a_blank_line() {
        assert_eq!(data(&json!({"a": 1})), "data: {\"a\":1}\n\n");
        assert_eq!(named("ping", &json!({})), "event: ping\ndata: {}\n\n");
    }

    #[test]
    fn a_broken_event_is_still_an_event() {
        assert_eq!(broken(&named("n", &json!({"ab": 1}))), "event: n\ndata: {\"ab\n\n");
        assert_eq!(broken(&Bytes::from_static(b"{\"a\":1}")), "{\"a");
    }
}
