//! Server-sent events as values, with an error where a stream breaks off.

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{ClientError, Effect, ErrorKind, EventStream, FailedAnswer, Failure};

/// A value that comes as an event of a stream.
pub(crate) trait Streamed: DeserializeOwned + Send + 'static {
    /// The vendor's codes, in an event that is an error, for what another try may not meet.
    const PASSING: &'static [&'static str];

    /// Whether more may come behind a last value, such as `[DONE]`. If not, the stream is over with the last value.
    const ENDS_WITH_DONE: bool = true;

    /// Whether the stream may end after it.
    fn is_last(&self) -> bool;

    /// What an event that is an error says, as if it were an answer of status 200.
    fn failure(event: &FailedAnswer<'_>) -> Failure {
        Failure::read(event)
    }
}

/// A request whose answer is to come as a stream.
#[derive(Serialize)]
pub(crate) struct Streaming<'a, T> {
    #[serde(flatten)]
    request: &'a T,
    stream: bool,
}

impl<'a, T> Streaming<'a, T> {
    pub(crate) fn new(request: &'a T) -> Self {
        Self { request, stream: true }
    }
}

/// The events as values, up to `[DONE]`, or to the end if the last value said that it is the last; where there is no
/// `[DONE]`, up to the last value.
pub(crate) fn values<T: Streamed>(events: EventStream) -> BoxStream<'static, Result<T, ClientError>> {
    stream::try_unfold((events, false), |(mut events, mut may_end)| async move {
        if may_end && !T::ENDS_WITH_DONE {
            return Ok(None);
        }
        let Some(event) = events.try_next().await? else {
            return if may_end { Ok(None) } else { Err(cut_off()) };
        };
        if T::ENDS_WITH_DONE && event.is_done() {
            return Ok(None);
        }
        if let Some(error) = event_error::<T>(event.data()) {
            return Err(error);
        }
        let value: T = event.json()?;
        may_end |= value.is_last();
        Ok(Some((value, (events, may_end))))
    })
    .boxed()
}

fn cut_off() -> ClientError {
    ClientError::new(ErrorKind::Interrupted, Effect::Started)
        .with_source("the stream ended before the vendor said why")
}

/// The error that an event of a stream carries: `{"error": {…}}`, or `{"type": "error", …}`.
fn event_error<T: Streamed>(data: &[u8]) -> Option<ClientError> {
    // Few events have the word at all, and only those are worth a second look.
    memchr::memmem::find(data, b"\"error\"")?;
    let value: Value = serde_json::from_slice(data).ok()?;
    let is_error = value.get("error").is_some_and(|error| !error.is_null()) || value["type"] == "error";
    if !is_error {
        return None;
    }
    let headers = HeaderMap::new();
    let failure = T::failure(&FailedAnswer { status: StatusCode::OK, headers: &headers, body: data });
    let passes = failure.code.as_deref().is_some_and(|code| T::PASSING.contains(&code));
    let error = ClientError::new(ErrorKind::Status, Effect::Started)
        .with_retryable(failure.is_retryable || passes)
        .with_retry_after(failure.retry_after);
    Some(error.with_code(failure.code).with_message(failure.message).with_request_id(failure.request_id))
}
