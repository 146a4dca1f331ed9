use fourfold_clients::aihubmix::{AihubmixApi, AihubmixClient};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{ChatChunk, ChatRequest, Message, StreamOptions};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once, timeless};

const LINE: &str = "POST /v1/chat/completions";

fn hello() -> ChatRequest {
    ChatRequest::new("gpt-5", [Message::user("Say hello.")])
}

#[tokio::test]
async fn a_chat_is_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/chat_completion.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = ChatRequest::new("deepseek-v4-pro", [Message::user("Say hello.")])
        .max_tokens(100_u32)
        .with("enable_thinking", true);
    let completion = client_of(&server).chat_completion(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/chat_completion.request.json"));
    check_kept(&completion, recorded);
    assert_eq!(completion.text(), Some("Hello."));
    assert_eq!(completion.choices[0].message.reasoning_content.as_deref(), Some("They want a hello."));
    assert_eq!(completion.extra["novel"], json!({"kept": true}));
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/chat_completion.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = hello().stream_options(StreamOptions::default().include_usage(true));
    let chunks = client_of(&server).chat_completion_stream(&request).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/chat_completion.stream.request.json"));
    let lines = recorded.lines().filter_map(|line| line.strip_prefix("data: {"));
    for (chunk, line) in chunks.iter().zip(lines) {
        check_kept(chunk, &format!("{{{line}"));
    }
    let deltas: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.choices).map(|choice| &choice.delta).collect();
    let thought: String = deltas.iter().filter_map(|delta| delta.reasoning_content.as_deref()).collect();
    let said: String = deltas.iter().filter_map(|delta| delta.content.as_deref()).collect();
    assert_eq!((chunks.len(), thought.as_str(), said.as_str()), (5, "Hm.", "Hi"));
}

#[tokio::test]
async fn an_apps_code_goes_along_with_the_key() {
    let server = Server::start([Reply::ok(include_str!("wire/chat_completion.response.json"))]).await;
    let builder = AihubmixClient::builder(&server.url(), "sk-test".to_owned().into()).settings(timeless());
    let client = AihubmixClient::new(builder.default_header("APP-Code", "ABCD1234").build().unwrap());
    client.chat_completion(&hello()).await.unwrap();
    assert_eq!(server.only_received().header("app-code"), Some("ABCD1234"));
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike_and_shows_its_thoughts() {
    let (simulator, client) = simulated();
    let whole = client.chat_completion(&hello()).await.unwrap();
    let chunks = client.chat_completion_stream(&hello()).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    let deltas: Vec<_> = chunks.iter().filter_map(|chunk| Some(&chunk.choices.first()?.delta)).collect();
    let said: String = deltas.iter().filter_map(|delta| delta.content.as_deref()).collect();
    let thought: String = deltas.iter().filter_map(|delta| delta.reasoning_content.as_deref()).collect();
    assert_eq!(whole.text(), Some(said.as_str()));
    assert_eq!(whole.choices[0].message.reasoning_content.as_deref(), Some(thought.as_str()));
    assert!(!said.is_empty() && !thought.is_empty());
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_model_that_is_unknown_is_an_error_before_the_stream() {
    let (simulator, client) = simulated();
    let request = ChatRequest::new("gpt-none", [Message::user("Hello.")]);
    let whole = client.chat_completion(&request).await.unwrap_err();
    let streamed = client.chat_completion_stream(&request).await.err().unwrap();
    for error in [whole, streamed] {
        assert_eq!((error.status().unwrap().as_u16(), error.effect()), (503, Effect::NotStarted));
        assert!(!error.is_retryable());
    }
    assert_eq!(simulator.received().len(), 2);
}

#[tokio::test]
async fn a_chat_that_may_have_been_paid_is_not_sent_again() {
    for fault in ["lose", "status=502; accept", "malformed"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /aihubmix/v1/*", fault).unwrap();
        check_paid_once(&simulator, client.chat_completion(&hello()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/*", "lose").unwrap();
    check_paid_once(&simulator, client.chat_completion_stream(&hello()).await);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/*", "cut=400").unwrap();
    let chunks = client.chat_completion_stream(&hello()).await.unwrap();
    let error = chunks.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
    assert_eq!(simulator.received().len(), 1);
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connection() {
    let chunk = r#"data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let (reply, closed) = Reply::raw(format!("{head}{chunk}\n\n")).then_await_close();
    let server = Server::start([reply]).await;
    let mut chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap().choices[0].delta.content.as_deref(), Some("Hi"));
    drop(chunks);
    crate::support::soon(closed).await.unwrap();
}
