//! Conversations.

mod answers;
mod bounds;
mod callers;
mod history;
mod statuses;
mod users;

use fourfold_domain::{ProviderError, StreamChunk};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{ChatStream, House, written};

const PATH: &str = "/api/chat/c1";

type Chunk = Result<StreamChunk, ProviderError>;

/// A message.
fn message(text: &str) -> Value {
    json!({"message": text})
}

/// The vendor writes this next.
fn will_say(house: &House, text: &str) {
    house.vendor.will_write(Box::pin(stream::iter(written(&[text]))));
}

/// The vendor fails next.
fn will_fail(house: &House, error: ProviderError) {
    house.vendor.will_write(Box::pin(stream::iter([Err(error)])));
}

/// A stream that a test writes as it goes.
fn live() -> (mpsc::UnboundedSender<Chunk>, ChatStream) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let next = async |mut chunks: mpsc::UnboundedReceiver<Chunk>| Some((chunks.recv().await?, chunks));
    (sender, Box::pin(stream::unfold(receiver, next)))
}

/// `u1` says something in `c1`, and is answered.
async fn said(house: &House, text: &str, answer: &str) -> Value {
    will_say(house, answer);
    house.post(PATH, message(text)).by("u1").ok(200).await
}

/// What was said in `c1`.
async fn contents(house: &House) -> Vec<String> {
    let history = house.get("/api/chat/c1/history").by("u1").ok(200).await;
    let contents = history["data"].as_array().unwrap().iter();
    contents.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}
