//! Answers to requests that wait for their turn: their head comes at once, then empty lines, then the JSON.

use serde::de::DeserializeOwned;

use crate::http::{Call, ClientError, Effect, ErrorKind};

/// Sends a call and reads its answer. One that ends before its JSON is [`Interrupted`](ErrorKind::Interrupted): the
/// vendor gives up a request whose turn hasn't come after 10 minutes.
pub(super) async fn whole<T: DeserializeOwned>(call: Call<'_>) -> Result<T, ClientError> {
    let answer = call.send().await?;
    if answer.bytes().trim_ascii().is_empty() {
        let error = ClientError::new(ErrorKind::Interrupted, Effect::MayHaveStarted);
        let error = error.with_status(answer.status()).with_request_id(answer.request_id());
        return Err(error.with_source("the answer ended while the request waited for its turn"));
    }
    answer.json()
}
