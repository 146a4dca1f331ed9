//! An answer's bytes on their way to the caller, unchanged and as they come, with an eye on what they say.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use fourfold_clients::http::ClientError;
use fourfold_domain::{Effect, ProviderError, Reason};
use futures_util::Stream;

use super::json::JsonWatch;
use super::sse::SseWatch;
use super::usage::Told;

/// What is looked at.
pub(super) enum Watch {
    /// One JSON object.
    Json(JsonWatch, Told),
    /// Events.
    Events(Box<SseWatch>),
}

impl Watch {
    fn see(&mut self, piece: &Bytes) {
        match self {
            Self::Json(watch, told) => {
                if let Some(usage) = watch.push(piece) {
                    told.object(&usage);
                }
            }
            Self::Events(watch) => watch.push(piece),
        }
    }

    fn is_cut(&mut self) -> bool {
        match self {
            // A whole answer has a length or a last chunk, and the client says where it lacks.
            Self::Json(..) => false,
            Self::Events(watch) => watch.is_cut(),
        }
    }
}

/// The bytes, looked at. Dropping it closes the vendor's connection.
pub(super) struct Watched<S> {
    pub(super) body: S,
    pub(super) watch: Watch,
    pub(super) said: fn(ClientError) -> ProviderError,
    pub(super) is_over: bool,
}

impl<S> Stream for Watched<S>
where
    S: Stream<Item = Result<Bytes, ClientError>> + Unpin,
{
    type Item = Result<Bytes, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_over {
            return Poll::Ready(None);
        }
        let last = match ready!(Pin::new(&mut this.body).poll_next(cx)) {
            Some(Ok(piece)) => {
                this.watch.see(&piece);
                return Poll::Ready(Some(Ok(piece)));
            }
            Some(Err(error)) => Some((this.said)(error)),
            None => this.watch.is_cut().then(cut),
        };
        this.is_over = true;
        Poll::Ready(last.map(Err))
    }
}

fn cut() -> ProviderError {
    let message = "the vendor's stream ended before the vendor said why";
    ProviderError::new(Reason::Unavailable, Effect::Started, message)
}

#[cfg(test)]
mod tests {
    use fourfold_domain::{Usage, UsageWatch};
    use futures_util::{FutureExt, StreamExt, stream};
    use serde_json::Value;

    use super::*;
    use crate::wire::StreamEnd;

    const CHAT: &[u8] = b"data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{\"},\"finish_reason\":null}],\"usage\":null}\n\n\
        : ping\r\n\r\ndata: {\"choices\":[{\"delta\":{}, \"finish_reason\": \"stop\"}],\"usage\" : null}\n\n\
        data: {\"choices\":[],\"usage\": {\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

    const RESPONSES: &[u8] = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n\
        event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"text\":\"x\"}],\
        \"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}}\n\n";

    const MESSAGES: &[u8] = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[],\"usage\":\
        {\"prompt_tokens\":5,\"completion_tokens\":1}}}\n\nevent: message_delta\n\
        data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":2}}\n\n\
        data: {\"type\": \"message_stop\"}\n\n";

    const WHOLE: &[u8] =
        b"{\"choices\": [{\"usage\": 1}], \"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 2}}\n";

    const LAST: StreamEnd = StreamEnd::Types(&["response.completed", "message_stop"]);

    fn meaning(usage: Value) -> Option<Usage> {
        let figure = |name: &str| usage[name].as_u64().unwrap_or_default();
        let (input_tokens, output_tokens) = (figure("prompt_tokens"), figure("completion_tokens"));
        Some(Usage { input_tokens, output_tokens, ..Usage::default() })
    }

    /// What comes of these pieces: their bytes and how they end, and the usage that was seen.
    fn watched(
        end: Option<StreamEnd>,
        event_bytes_max: usize,
        pieces: &[&[u8]],
    ) -> (Vec<Result<Bytes, ProviderError>>, Option<Usage>) {
        let usage = UsageWatch::default();
        let told = Told::new(meaning, usage.clone());
        let watch = match end {
            Some(end) => Watch::Events(Box::new(SseWatch::new(end, told, event_bytes_max))),
            None => Watch::Json(JsonWatch::default(), told),
        };
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let said =
            |error: ClientError| ProviderError::new(Reason::Failed, Effect::Started, error.to_string());
        let watched = Watched { body: stream::iter(pieces), watch, said, is_over: false };
        (watched.collect::<Vec<_>>().now_or_never().unwrap(), usage.seen())
    }

    fn bytes(items: Vec<Result<Bytes, ProviderError>>) -> Vec<u8> {
        items.into_iter().map(Result::unwrap).collect::<Vec<_>>().concat()
    }

    #[test]
    fn bytes_stay_and_usage_is_seen_wherever_the_pieces_end() {
        let used = Some(Usage { input_tokens: 5, output_tokens: 2, ..Usage::default() });
        for (body, end) in
            [(CHAT, Some(StreamEnd::Done)), (RESPONSES, Some(LAST)), (MESSAGES, Some(LAST)), (WHOLE, None)]
        {
            for at in 0..=body.len() {
                let (first, second) = body.split_at(at);
                let (items, usage) = watched(end, 1 << 20, &[first, second]);
                assert_eq!((items.len(), usage), (2, used), "{at}");
                assert!(bytes(items) == body, "{at}");
            }
            let pieces: Vec<_> = body.chunks(1).collect();
            let (items, usage) = watched(end, 1 << 20, &pieces);
            assert_eq!((items.len(), usage), (body.len(), used), "each byte goes on as it comes");
            assert!(bytes(items) == body);
        }
    }

    #[test]
    fn a_stream_that_ends_too_early_ends_with_an_error() {
        for (body, end) in [(CHAT, StreamEnd::Done), (RESPONSES, LAST), (MESSAGES, LAST)] {
            let first_event = body.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
            for at in [0, 5, first_event, first_event + 9] {
                let (mut items, _) = watched(Some(end), 1 << 20, &[&body[..at]]);
                let error = items.pop().unwrap().unwrap_err();
                assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::Started), "{at}");
                assert!(bytes(items) == body[..at]);
            }
        }
        // A vendor that says why the answer ends may leave the rest out, even the last empty line.
        let finished = CHAT.windows(12).position(|bytes| bytes == b"data: [DONE]").unwrap();
        let last_line = &MESSAGES[..MESSAGES.len() - 1];
        for (body, end) in [(&CHAT[..finished], StreamEnd::Done), (last_line, LAST)] {
            let (items, _) = watched(Some(end), 1 << 20, &[body]);
            assert!(bytes(items) == body);
        }
    }

    #[test]
    fn a_vendor_that_says_why_it_broke_off_ends_its_stream() {
        for error in
            ["event: error\ndata: {\"type\":\"error\"}\n\n", "data: {\"error\": {\"code\":\"x\"}}\n\n"]
        {
            for end in [StreamEnd::Done, LAST] {
                let (items, usage) = watched(Some(end), 1 << 20, &[error.as_bytes()]);
                assert_eq!((bytes(items), usage), (error.as_bytes().to_vec(), None));
            }
        }
    }

    #[test]
    fn an_event_that_is_too_large_is_only_passed_on() {
        let (items, usage) = watched(Some(StreamEnd::Done), 64, &[CHAT]);
        assert_eq!((bytes(items), usage), (CHAT.to_vec(), None));
    }

    #[test]
    fn a_failure_ends_the_stream_as_what_it_means() {
        let error = ClientError::new(
            fourfold_clients::http::ErrorKind::Interrupted,
            fourfold_clients::http::Effect::Started,
        );
        let told = Told::new(meaning, UsageWatch::default());
        let watch = Watch::Json(JsonWatch::default(), told);
        let said = |_| ProviderError::new(Reason::Unavailable, Effect::Started, "cut");
        let body = stream::iter([Err(error), Ok(Bytes::from_static(b"never"))]);
        let watched = Watched { body, watch, said, is_over: false };
        let items = watched.collect::<Vec<_>>().now_or_never().unwrap();
        assert_eq!(items, [Err(ProviderError::new(Reason::Unavailable, Effect::Started, "cut"))]);
    }
}
