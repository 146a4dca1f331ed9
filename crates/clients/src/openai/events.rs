//! Server-sent events as values, with an error where a stream breaks off.

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use super::failure::event_error;
use crate::http::{ClientError, Effect, ErrorKind, EventStream};

/// A value that comes as an event of a stream.
pub(super) trait Streamed: DeserializeOwned + Send + 'static {
    /// Whether the stream may end after it.
    fn is_last(&self) -> bool;
}

/// The events as values, up to `[DONE]`, or to the end if the last value said that it is the last.
pub(super) fn values<T: Streamed>(events: EventStream) -> BoxStream<'static, Result<T, ClientError>> {
    stream::try_unfold((events, false), |(mut events, mut may_end)| async move {
        let Some(event) = events.try_next().await? else {
            return if may_end { Ok(None) } else { Err(cut_off()) };
        };
        if event.is_done() {
            return Ok(None);
        }
        if let Some(error) = event_error(event.data()) {
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
