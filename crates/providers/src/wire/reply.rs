//! An answer's bytes on their way to the caller, as the vendor sent them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use fourfold_clients::http::ClientError;
use fourfold_domain::{ProviderError, WirePart, WirePiece};
use futures_util::{Stream, StreamExt as _};

use super::events::Events;
use super::look::Look;
use crate::classify::unreadable;

/// A stream of events. Dropping it closes the vendor's connection, unless it was read to its end.
pub(super) struct Streamed<S> {
    pub(super) body: S,
    pub(super) events: Events,
    pub(super) said: fn(ClientError) -> ProviderError,
}

impl<S> Stream for Streamed<S>
where
    S: Stream<Item = Result<Bytes, ClientError>> + Unpin,
{
    type Item = Result<WirePiece, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(piece) = this.events.pieces.pop_front() {
                return Poll::Ready(Some(piece));
            }
            // Behind the end the connection is read on, so that it can be used again.
            match (ready!(this.body.poll_next_unpin(cx)), this.events.is_over) {
                (Some(Ok(_more)), true) => {}
                (_, true) => return Poll::Ready(None),
                (Some(Ok(bytes)), false) => this.events.push(bytes),
                (Some(Err(error)), false) => {
                    this.events.is_over = true;
                    return Poll::Ready(Some(Err((this.said)(error))));
                }
                (None, false) => this.events.close(),
            }
        }
    }
}

/// Reads an answer that is one JSON object.
pub(super) async fn whole<S>(
    mut body: S,
    mut look: Look,
    bytes_max: u64,
    said: fn(ClientError) -> ProviderError,
) -> Result<WirePiece, ProviderError>
where
    S: Stream<Item = Result<Bytes, ClientError>> + Unpin,
{
    let mut bytes = Bytes::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(said)?;
        if (bytes.len() + piece.len()) as u64 > bytes_max {
            return Err(unreadable(format!("the vendor's answer has more than {bytes_max} bytes")));
        }
        bytes = joined(bytes, piece);
    }
    look.whole(&bytes)?;
    Ok(WirePiece { bytes, part: WirePart::Last, seen: look.seen })
}

/// Most answers come in one piece, which isn't copied.
fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    let mut both = first.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
    both.extend_from_slice(&second);
    both.freeze()
}

#[cfg(test)]
mod tests {
    use fourfold_clients::http::{Effect as ClientEffect, ErrorKind};
    use fourfold_domain::{Effect, Reason, Usage, WireSeen};
    use futures_util::{FutureExt as _, stream};
    use serde_json::{Map, Value};

    use super::*;
    use crate::wire::{StreamEnd, WireRoute, Words};

    const CHAT: &[u8] = b"data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{\"},\"finish_reason\":null}],\"usage\":null}\n\n\
        : ping\r\n\r\ndata: {\"choices\":[{\"delta\":{}, \"finish_reason\": \"stop\"}],\"usage\" : null}\n\n\
        data: {\"choices\":[],\"usage\": {\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

    const RESPONSES: &[u8] = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null,\"error\":null}}\n\n\
        event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"text\":\"x\"}],\
        \"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}}\n\n";

    const MESSAGES: &[u8] = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[],\"usage\":\
        {\"prompt_tokens\":5,\"completion_tokens\":1}}}\n\nevent: message_delta\n\
        data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":2}}\n\n\
        data: {\"type\": \"message_stop\"}\n\n";

    const WHOLE: &[u8] =
        b"{\"choices\": [{\"usage\": 1}], \"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 2}}\n";

    const ROUTE: WireRoute = WireRoute {
        dialect: fourfold_domain::Dialect::OpenAiChat,
        path: "",
        headers: &[],
        limit: &[],
        usage: meaning,
        said: &[b"content"],
        thought: &[b"reasoning"],
        reason: b"finish_reason",
        filtered: "content_filter",
        end: StreamEnd::Done,
    };

    static DONE: WireRoute = ROUTE;
    static TYPES: WireRoute = WireRoute {
        end: StreamEnd::Types { last: &["response.completed", "message_stop"], failed: &["response.failed"] },
        ..ROUTE
    };

    const WORDS: Words = Words { said: broke, codes: &[("busy", Reason::Unavailable)], failed: Some("lost") };

    const USED: Usage = Usage {
        input_tokens: 5,
        output_tokens: 2,
        cached_input_tokens: 0,
        reasoning_tokens: 0,
        cache_write_tokens: 0,
        cache_write_1h_tokens: 0,
    };

    fn meaning(usage: &Map<String, Value>) -> Option<Usage> {
        let figure = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (input_tokens, output_tokens) = (figure("prompt_tokens"), figure("completion_tokens"));
        Some(Usage { input_tokens, output_tokens, ..Usage::default() })
    }

    fn broke(_: ClientError) -> ProviderError {
        ProviderError::new(Reason::Unavailable, Effect::Started, "cut")
    }

    type Pieces = Vec<Result<WirePiece, ProviderError>>;

    fn streamed(route: &'static WireRoute, event_bytes_max: usize, pieces: &[&[u8]]) -> Pieces {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let events = Events::new(Look::new(route, WORDS), event_bytes_max);
        let body = Streamed { body: stream::iter(pieces), events, said: broke };
        body.collect::<Vec<_>>().now_or_never().unwrap()
    }

    fn bytes(pieces: &Pieces) -> Vec<u8> {
        pieces.iter().flatten().flat_map(|piece| piece.bytes.to_vec()).collect()
    }

    fn parts(pieces: &Pieces) -> Vec<(String, WirePart)> {
        let part = |piece: &WirePiece| (String::from_utf8(piece.bytes.to_vec()).unwrap(), piece.part);
        pieces.iter().flatten().map(part).collect()
    }

    #[test]
    fn bytes_stay_and_usage_is_seen_wherever_the_pieces_end() {
        for (body, route, last) in [
            (CHAT, &DONE, "data: [DONE]\n\n"),
            (RESPONSES, &TYPES, "event: response.completed"),
            (MESSAGES, &TYPES, "data: {\"type\": \"message_stop\"}"),
        ] {
            let cuts = (0..=body.len()).map(|at| vec![&body[..at], &body[at..]]);
            for pieces in cuts.chain([body.chunks(1).collect(), body.chunks(7).collect()]) {
                let found = streamed(route, 1 << 20, &pieces);
                assert!(bytes(&found) == body);
                let (text, part) = parts(&found).pop().unwrap();
                assert!(part == WirePart::Last && text.starts_with(last), "{text}");
                assert_eq!(found.last().unwrap().as_ref().unwrap().seen.usage, Some(USED));
            }
        }
        let whole = |pieces: Vec<&'static [u8]>| {
            let pieces = stream::iter(pieces).map(|piece| Ok(Bytes::from_static(piece)));
            whole(pieces, Look::new(&DONE, WORDS), 1 << 20, broke).now_or_never().unwrap()
        };
        for at in 0..=WHOLE.len() {
            let piece = whole(vec![&WHOLE[..at], &WHOLE[at..]]).unwrap();
            assert_eq!((piece.bytes.as_ref(), piece.seen.usage), (WHOLE, Some(USED)));
        }
        let cut = &WHOLE[..WHOLE.len() - 2];
        for unreadable in [b"<html>".as_slice(), b"{}x", b"[]", b"", cut] {
            assert_eq!(whole(vec![unreadable]).unwrap_err().reason, Reason::Unreadable);
        }
    }

    #[test]
    fn an_event_that_is_cut_short_breaks_the_stream() {
        for (route, last) in [(&DONE, "data: [DONE]\n\n"), (&TYPES, "data: {\"type\":\"message_stop\"}\n\n")]
        {
            let body = format!("data: {{\"content\":\"four\"}}\n\ndata: {{\"content\":\"fo\n\n{last}");
            let found = streamed(route, 1 << 20, &[body.as_bytes()]);
            let [Ok(before), Err(error)] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(before.bytes.as_ref(), b"data: {\"content\":\"four\"}\n\n");
            assert_eq!(error.reason, Reason::Unreadable);
        }
    }

    #[test]
    fn each_event_goes_on_when_it_is_whole_and_no_later() {
        let mut events = Events::new(Look::new(&DONE, WORDS), 1 << 20);
        let mut pushed = |bytes: &'static str| {
            events.push(Bytes::from_static(bytes.as_bytes()));
            parts(&events.pieces.drain(..).collect())
        };
        let more = |text: &str| vec![(text.to_owned(), WirePart::More)];
        assert_eq!(pushed("data: {\"a\":1}\n\ndata: {\"b\""), more("data: {\"a\":1}\n\n"));
        assert_eq!(pushed(":2}\n"), []);
        assert_eq!(pushed("\n"), more("data: {\"b\":2}\n\n"));
        assert_eq!(pushed(": still here\n\n"), more(": still here\n\n"), "a comment keeps awake");
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";
        let rest = format!("data: {{}}\n\n{usage}data: [DONE]\n\n");
        let expected = [
            ("data: {}\n\n".to_owned(), WirePart::More),
            (usage.to_owned(), WirePart::Usage),
            ("data: [DONE]\n\n".to_owned(), WirePart::Last),
        ];
        assert_eq!(pushed(rest.leak()), expected);
    }

    #[test]
    fn what_was_written_is_seen_with_each_piece() {
        let event =
            |field: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"{field}\":\"12345678\"}}}}]}}\n\n");
        let body = event("content") + &event("reasoning") + &event("other");
        let pieces: Vec<_> = body.split_inclusive("\n\n").map(str::as_bytes).collect();
        let found = streamed(&DONE, 1 << 20, &pieces);
        let said = |piece: &Result<WirePiece, _>| piece.as_ref().map(|piece| piece.seen.written).ok();
        let mut written = fourfold_domain::estimate::Written::default();
        written.bytes(8, 0);
        assert_eq!(said(&found[0]), Some(written));
        written.bytes(0, 8);
        assert_eq!(said(&found[1]), Some(written));
        assert_eq!(said(&found[2]), Some(written));
    }

    #[test]
    fn only_the_event_itself_tells_the_usage() {
        let usage = "id: 1\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";
        let body = format!("\n: ping\n\ndata: {{}}\n\n: ping\n\n\n: ping\n{usage}data: [DONE]\n\n");
        for end in ["\n", "\r\n", "\r"] {
            let (body, usage) = (body.replace('\n', end), usage.replace('\n', end));
            for size in 1..=body.len() {
                let found = streamed(&DONE, 1 << 20, &body.as_bytes().chunks(size).collect::<Vec<_>>());
                assert!(body.as_bytes().starts_with(&bytes(&found)), "{size}");
                let told: Vec<_> =
                    parts(&found).into_iter().filter(|(_, part)| *part == WirePart::Usage).collect();
                let [(told, _)] = told.as_slice() else { panic!("{found:?}") };
                // An LF that ends the event may come when it is over.
                assert!(*told == usage || format!("{told}\n") == usage, "{told:?} {size}");
            }
        }
    }

    #[test]
    fn what_was_told_before_more_was_written_is_not_what_came_out() {
        let start = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n";
        let text = "data: {\"content\":\"four\"}\n\n";
        let end = "data: {\"usage\":{\"completion_tokens\":2}}\n\n";
        let both = "data: {\"usage\":{\"completion_tokens\":3},\"content\":\"four\"}\n\n";
        for (events, told) in [
            (vec![start], (5, 1)),
            (vec![start, text], (5, 0)),
            (vec![start, text, end], (5, 2)),
            (vec![start, text, end, text], (5, 0)),
            (vec![start, both], (5, 3)),
            (vec![start, "data: {\"usage\":{\"novel\":1e400,\"completion_tokens\":4}}\n\n"], (5, 4)),
            (vec![text, end, ": still here\n\n", "data: {}\n\n"], (0, 2)),
        ] {
            let body = events.concat();
            for pieces in [vec![body.as_bytes()], body.as_bytes().chunks(3).collect()] {
                let found = streamed(&TYPES, 1 << 20, &pieces);
                let usage = found.iter().flatten().last().unwrap().seen.usage.unwrap();
                assert_eq!((usage.input_tokens, usage.output_tokens), told, "{body}");
            }
        }
    }

    #[test]
    fn a_stream_that_ends_too_early_ends_with_an_error() {
        for (body, route) in [(CHAT, &DONE), (RESPONSES, &TYPES), (MESSAGES, &TYPES)] {
            let first_event = body.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
            for (at, whole) in [(0, 0), (5, 0), (first_event, first_event), (first_event + 9, first_event)] {
                let mut found = streamed(route, 1 << 20, &[&body[..at]]);
                let error = found.pop().unwrap().unwrap_err();
                assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::Started), "{at}");
                assert!(bytes(&found) == body[..whole], "{at}");
            }
        }
        // A vendor that says why the answer ends may leave the rest out, even the last empty line.
        let finished = CHAT.windows(12).position(|bytes| bytes == b"data: [DONE]").unwrap();
        let last_line = &MESSAGES[..MESSAGES.len() - 1];
        for (body, route) in [(&CHAT[..finished], &DONE), (last_line, &TYPES)] {
            let found = streamed(route, 1 << 20, &[body]);
            assert!(bytes(&found) == body);
            assert_eq!(parts(&found).pop().unwrap().1, WirePart::Last);
        }
    }

    #[test]
    fn a_vendor_that_says_why_it_broke_off_ends_its_stream() {
        for (route, event) in [
            (
                &TYPES,
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"busy\",\"message\":\"no\"}}\n\n",
            ),
            (
                &TYPES,
                "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"busy\",\"message\":\"no\"}}}\n\n",
            ),
            (&DONE, "data: {\"error\": {\"code\":\"busy\",\"message\":\"no\"}}\n\n"),
        ] {
            let found = streamed(route, 1 << 20, &[b"data: {}\n\n", event.as_bytes()]);
            let [Ok(before), Err(error)] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(before.bytes.as_ref(), b"data: {}\n\n");
            assert_eq!(
                (error.reason, error.message.as_str(), error.effect),
                (Reason::Unavailable, "no", Effect::Started)
            );
        }
        let within = "data: {\"choices\":[{\"delta\":{\"error\":{\"code\":\"busy\"}}}]}\n\ndata: [DONE]\n\n";
        assert_eq!(
            streamed(&DONE, 1 << 20, &[within.as_bytes()]).iter().flatten().count(),
            2,
            "that is an answer's"
        );
        let beside = "data: {\"moderation\":{\"error\":\"none\"}}\n\ndata: [DONE]\n\n";
        assert_eq!(streamed(&DONE, 1 << 20, &[beside.as_bytes()]).iter().flatten().count(), 2, "nor is that");
        let lost = "data: {\"choices\":[{\"finish_reason\":\"lost\"}]}\n\ndata: [DONE]\n\n";
        assert_eq!(streamed(&DONE, 1 << 20, &[lost.as_bytes()]).iter().flatten().count(), 0);
    }

    #[test]
    fn what_the_vendors_filter_ended_is_known() {
        let ended = |reasons: &[&str]| {
            let choices: Vec<_> =
                reasons.iter().map(|reason| format!("{{\"finish_reason\":{reason}}}")).collect();
            let body = format!("data: {{\"choices\":[{}]}}\n\ndata: [DONE]\n\n", choices.join(","));
            let seen: Vec<WireSeen> = streamed(&DONE, 1 << 20, &[body.as_bytes()])
                .iter()
                .flatten()
                .map(|piece| piece.seen)
                .collect();
            seen.last().unwrap().is_filtered
        };
        assert_eq!(ended(&["null"]), None);
        assert_eq!(ended(&["\"content_filter\""]), Some(true));
        assert_eq!(ended(&["\"content_filter\"", "\"stop\""]), Some(false));
    }

    #[test]
    fn an_event_that_is_too_large_is_only_passed_on() {
        let found = streamed(&DONE, 64, &[CHAT]);
        assert_eq!(bytes(&found), CHAT);
        assert_eq!(found.last().unwrap().as_ref().unwrap().part, WirePart::Last);
    }

    #[test]
    fn a_failure_ends_the_stream_as_what_it_means() {
        let error = ClientError::new(ErrorKind::Interrupted, ClientEffect::Started);
        let body = stream::iter([Err(error), Ok(Bytes::from_static(b"never"))]);
        let events = Events::new(Look::new(&DONE, WORDS), 1 << 20);
        let found = Streamed { body, events, said: broke }.collect::<Vec<_>>().now_or_never().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].as_ref().unwrap_err().message, "cut");
    }
}
