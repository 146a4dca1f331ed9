//! A chat whose answer comes as it is written.

use std::time::Duration;

use axum::body::Body;
use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use futures_util::stream;
use http::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::chat::chat;
use crate::support::{ChatStream, House, piece, usage, written};

const PATH: &str = "/v1/chat/completions";

type Chunk = Result<StreamChunk, ProviderError>;

fn whole(chunks: Vec<Chunk>) -> ChatStream {
    Box::pin(stream::iter(chunks))
}

/// A stream that a test writes as it goes.
fn live() -> (mpsc::UnboundedSender<Chunk>, ChatStream) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let next = async |mut chunks: mpsc::UnboundedReceiver<Chunk>| Some((chunks.recv().await?, chunks));
    (sender, Box::pin(stream::unfold(receiver, next)))
}

/// The `data` of each event, as JSON but for the last.
fn events(text: &str) -> Vec<Value> {
    let events = text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    events.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

/// The next of what comes.
async fn next(response: &mut Response<Body>) -> Option<Vec<Value>> {
    let frame = timeout(Duration::from_secs(5), response.body_mut().frame()).await.expect("nothing comes")?;
    Some(events(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap()))
}

fn streamed(changes: Value) -> Value {
    let mut asked = chat(json!({"stream": true}));
    asked.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    asked
}

async fn has(house: &House, available: &str) {
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": available, "held": "0"}));
}

#[tokio::test]
async fn an_answer_comes_as_openais_chunks() {
    let house = House::new().await;
    house.vendor.will_write(whole(written(&["In ", "dens."])));
    let answer = house.post(PATH, streamed(json!({}))).by("u1").answer().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    let mut events = events(&answer.text());
    assert_eq!(events.pop(), Some(json!("[DONE]")));
    let id = events[0]["id"].clone();
    for event in &events {
        assert_eq!((&event["id"], &event["object"]), (&id, &json!("chat.completion.chunk")), "{event}");
        assert_eq!((&event["model"], event.get("usage")), (&json!("talk"), None), "{event}");
    }
    let choices: Vec<_> = events.iter().map(|event| event["choices"].clone()).collect();
    let choice = |delta, reason: Option<&str>| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let expected = [
        choice(json!({"role": "assistant", "content": ""}), None),
        choice(json!({"content": "In "}), None),
        choice(json!({"content": "dens."}), None),
        choice(json!({}), Some("stop")),
    ];
    assert_eq!(choices, expected);
    has(&house, "9.98").await;
}

#[tokio::test]
async fn what_was_used_is_told_where_it_is_asked_for() {
    let house = House::new().await;
    let asked = streamed(json!({"stream_options": {"include_usage": true}}));
    // The second vendor tells nothing.
    let mut silent = written(&["In dens."]);
    silent.pop();
    for (chunks, total) in [(written(&["In dens."]), 15), (silent, 11)] {
        house.vendor.will_write(whole(chunks));
        let events = events(&house.post(PATH, asked.clone()).by("u1").answer().await.text());
        let [chunks @ .., usage, done] = &events[..] else { panic!("{events:?}") };
        assert!(chunks.iter().all(|chunk| chunk["usage"] == Value::Null && chunk.get("usage").is_some()));
        assert_eq!((&usage["choices"], &usage["usage"]["total_tokens"]), (&json!([]), &json!(total)));
        assert_eq!(done, "[DONE]");
    }
}

#[tokio::test]
async fn every_piece_comes_at_once_and_the_last_after_the_charge() {
    let house = House::new().await;
    let (vendor, stream) = live();
    house.vendor.will_write(stream);
    let call = |index: u32, id: Option<&str>, name: Option<&str>, arguments: &str| AnswerPiece::ToolCall {
        index,
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        arguments: arguments.to_owned(),
    };
    vendor.send(piece(AnswerPiece::Reasoning("Hm.".into()))).unwrap();
    let mut response = house.post(PATH, streamed(json!({}))).by("u1").response().await;
    let first = next(&mut response).await.unwrap();
    assert_eq!(first[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(first[1]["choices"][0]["delta"], json!({"reasoning_content": "Hm."}));
    for (said, delta) in [
        (AnswerPiece::Text("In".into()), json!({"content": "In"})),
        (
            call(0, Some("c1"), Some("look"), ""),
            json!({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}]}),
        ),
        (call(0, None, None, "{}"), json!({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})),
        (AnswerPiece::Refusal("No.".into()), json!({"refusal": "No."})),
        (AnswerPiece::Extras([("x".to_owned(), json!(1))].into_iter().collect()), json!({"x": 1})),
    ] {
        vendor.send(piece(said)).unwrap();
        assert_eq!(next(&mut response).await.unwrap()[0]["choices"][0]["delta"], delta);
    }
    let held = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_ne!(held["held"], "0", "the work is under way");
    vendor.send(piece(AnswerPiece::Finish(FinishReason::Other("tired".into())))).unwrap();
    assert_eq!(next(&mut response).await.unwrap()[0]["choices"][0]["finish_reason"], "tired");
    vendor.send(Ok(StreamChunk::Usage(usage()))).unwrap();
    drop(vendor);
    assert_eq!(next(&mut response).await, Some(vec![json!("[DONE]")]));
    has(&house, "9.98").await;
    assert_eq!(next(&mut response).await, None);
}

#[tokio::test]
async fn a_stream_that_fails_before_it_begins_has_its_own_status() {
    let house = House::new().await;
    let failed = ProviderError::new(Reason::Failed, Effect::Started, "the vendor broke");
    house.vendor.will_write(whole(vec![Err(failed)]));
    house.post(PATH, streamed(json!({}))).by("u1").check(502, "vendor_failed", None).await;
    let filtered = written(&[]).into_iter().map(|chunk| match chunk {
        Ok(StreamChunk::Answer { .. }) => piece(AnswerPiece::Finish(FinishReason::ContentFilter)),
        other => other,
    });
    house.vendor.will_write(whole(filtered.collect()));
    house.post(PATH, streamed(json!({}))).by("u1").check(422, "refused", None).await;
    has(&house, "10").await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_and_without_its_end() {
    let house = House::new().await;
    let mut chunks = written(&["In dens."]);
    chunks.truncate(1);
    chunks.push(Err(ProviderError::new(Reason::Unavailable, Effect::Started, "the vendor is gone")));
    house.vendor.will_write(whole(chunks));
    let answer = house.post(PATH, streamed(json!({}))).by("u1").answer().await;
    let events = events(&answer.text());
    assert_eq!((answer.status, events.len()), (200, 3));
    let error =
        json!({"message": "the vendor is gone", "type": "api_error", "code": "vendor_failed", "param": null});
    assert_eq!(events[2], json!({"error": error}));
    // Two tokens out were delivered.
    has(&house, "9.996").await;
    let entries = house.get("/api/v1/credits/entries").by("u1").ok(200).await;
    assert_eq!(entries["data"][0]["estimated"], true, "{entries}");
}

#[tokio::test]
async fn who_leaves_stops_the_vendor_and_pays_for_what_came() {
    let house = House::new().await;
    let (vendor, stream) = live();
    house.vendor.will_write(stream);
    vendor.send(piece(AnswerPiece::Text("In dens.".into()))).unwrap();
    let mut response = house.post(PATH, streamed(json!({}))).by("u1").response().await;
    next(&mut response).await.unwrap();
    drop(response);
    timeout(Duration::from_secs(5), vendor.closed()).await.expect("the vendor is stopped");
    let path = "/api/v1/credits/entries";
    let settled = async || house.get(path).by("u1").ok(200).await["data"][0]["kind"] == "settle";
    while !settled().await {
        tokio::task::yield_now().await;
    }
    // Nine tokens in and two out.
    has(&house, "9.987").await;
}
