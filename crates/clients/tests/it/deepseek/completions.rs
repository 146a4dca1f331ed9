use fourfold_clients::deepseek::{DeepSeekApi, FimCompletion, FimRequest};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{FinishReason, StreamOptions};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const LINE: &str = "POST /beta/completions";

fn fib() -> FimRequest {
    FimRequest::new("deepseek-flash", "fn fib")
}

#[tokio::test]
async fn a_text_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/fim_completion.response.json");
    let server = Server::start([Reply::ok(format!("\n\n{recorded}"))]).await;
    let request = FimRequest::new("deepseek-flash", "fn fib(n: u64) -> u64 {")
        .suffix("}")
        .max_tokens(128_u32)
        .temperature(0.5)
        .stop(json!(["\n\n"]));
    let completion = client_of(&server).fim_completion(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/fim_completion.request.json"));
    check_kept(&completion, recorded);
    assert_eq!(completion.text(), Some("if n < 2"));
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/fim_completion.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = fib().stream_options(StreamOptions::default().include_usage(true));
    let pieces = client_of(&server).fim_completion_stream(&request).await.unwrap();
    let pieces: Vec<FimCompletion> = pieces.try_collect().await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/fim_completion.stream.request.json"));
    let lines = recorded.lines().filter_map(|line| line.strip_prefix("data: {"));
    for (piece, line) in pieces.iter().zip(lines) {
        check_kept(piece, &format!("{{{line}"));
    }
    let text: String = pieces.iter().filter_map(FimCompletion::text).collect();
    assert_eq!((pieces.len(), text.as_str()), (3, "if n"));
    assert_eq!(pieces[1].choices[0].finish_reason, Some(FinishReason::Length));
}

#[tokio::test]
async fn the_simulator_writes_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.fim_completion(&fib()).await.unwrap();
    let pieces = client.fim_completion_stream(&fib()).await.unwrap();
    let pieces: Vec<FimCompletion> = pieces.try_collect().await.unwrap();
    assert_eq!(pieces.iter().filter_map(FimCompletion::text).collect::<String>(), whole.text().unwrap());
    assert_eq!(pieces.last().unwrap().usage, whole.usage);
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn too_much_text_is_an_error() {
    let (simulator, client) = simulated();
    let error = client.fim_completion(&fib().max_tokens(10_000_u32)).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (422, Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_text_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /deepseek/*", fault).unwrap();
        check_paid_once(&simulator, client.fim_completion(&fib()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault("POST /deepseek/*", "cut=300").unwrap();
    let pieces = client.fim_completion_stream(&fib()).await.unwrap();
    check_paid_once(&simulator, pieces.try_collect::<Vec<_>>().await);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let piece = r#"{"choices":[{"index":0,"text":"Hi","finish_reason":null}]}"#;
    let server = Server::start([Reply::ok(format!("data: {piece}\n\n"))]).await;
    let mut pieces = client_of(&server).fim_completion_stream(&fib()).await.unwrap();
    assert_eq!(pieces.next().await.unwrap().unwrap().text(), Some("Hi"));
    assert_eq!(pieces.next().await.unwrap().unwrap_err().kind(), ErrorKind::Interrupted);
    assert!(pieces.next().await.is_none());
}
