//! A stream of events on its way out, with a sign of life where nothing comes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::Dialect;
use fourfold_service::ServiceError;
use fourfold_service::calls::AnswerBody;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep};

use crate::error::ApiError;

/// After how long of silence a sign of life is sent: proxies on the way close what is silent for longer.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// How a stream says that it broke off, and that it lives.
#[derive(Clone, Copy)]
pub(crate) enum StreamWire {
    /// As clients of other houses expect it.
    Dialect(Dialect),
    /// As an answer of a conversation.
    Conversation,
}

/// The parts of an answer as they come. An error is its last event.
pub(super) struct KeptAlive {
    answer: AnswerBody,
    wire: StreamWire,
    silence: Pin<Box<Sleep>>,
    last_at: Instant,
}

impl KeptAlive {
    pub(super) fn new(answer: AnswerBody, wire: StreamWire) -> Self {
        Self { answer, wire, silence: Box::pin(sleep(SILENCE_MAX)), last_at: Instant::now() }
    }
}

impl Stream for KeptAlive {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(part) = self.answer.poll_next_unpin(cx) {
            self.last_at = Instant::now();
            let wire = self.wire;
            return Poll::Ready(
                part.map(|part| Ok(part.unwrap_or_else(|error| broken_off(wire, error).into()))),
            );
        }
        while self.silence.as_mut().poll(cx).is_ready() {
            let until = self.last_at + SILENCE_MAX;
            let is_silent = until <= Instant::now();
            if is_silent {
                self.last_at = Instant::now();
            }
            let until = self.last_at + SILENCE_MAX;
            self.silence.as_mut().reset(until);
            if is_silent {
                return Poll::Ready(Some(Ok(Bytes::from_static(sign_of_life(self.wire)))));
            }
        }
        Poll::Pending
    }
}

fn broken_off(wire: StreamWire, error: ServiceError) -> String {
    match wire {
        StreamWire::Dialect(dialect) => ApiError::from(error).event(dialect),
        StreamWire::Conversation => ApiError::of_turn(error, true).chat_event(),
    }
}

/// What clients of each wire pass over.
fn sign_of_life(wire: StreamWire) -> &'static [u8] {
    match wire {
        StreamWire::Dialect(Dialect::AnthropicMessages) => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
        StreamWire::Dialect(Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings)
        | StreamWire::Conversation => b": still at work\n\n",
    }
}
