use fourfold_clients::gemini::{
    BlockReason, Content, FinishReason, GeminiApi, GenerateContentRequest, GenerateContentResponse,
    GenerationConfig,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_simulator::FILTERED;
use futures_util::{StreamExt, TryStreamExt};

use super::support::{WIRE, client_of, hello, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once, soon};

const LINE: &str = "POST /v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse";

const CHUNK: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]}}]}"#;

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_content.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let chunks = client_of(&server).generate_content_stream(&hello()).await.unwrap();
    let chunks: Vec<GenerateContentResponse> = chunks.try_collect().await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/generate_content.stream.request.json"));
    let lines = recorded.lines().filter_map(|line| line.strip_prefix("data: "));
    for (chunk, line) in chunks.iter().zip(lines) {
        check_kept(chunk, line);
    }
    // The second answer begins behind the end of the first.
    let texts: Vec<_> = chunks.iter().map(GenerateContentResponse::text).collect();
    assert_eq!(texts, ["", "Hel", "lo", "Hi"]);
    assert_eq!(chunks[3].finish_reason(), Some(&FinishReason::MaxTokens));
    assert_eq!(chunks[3].usage_metadata.as_ref().unwrap().output_tokens(), 4);
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.generate_content(&hello()).await.unwrap();
    let chunks = client.generate_content_stream(&hello()).await.unwrap();
    let chunks: Vec<GenerateContentResponse> = chunks.try_collect().await.unwrap();
    let text: String = chunks.iter().map(GenerateContentResponse::text).collect();
    assert!(chunks.len() > 1);
    assert_eq!(text, whole.text());
    let last = chunks.last().unwrap();
    assert_eq!(last.finish_reason(), Some(&FinishReason::Stop));
    assert_eq!(last.usage_metadata, whole.usage_metadata);
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_stream_of_several_answers_is_read_to_its_end() {
    let (_simulator, client) = simulated();
    let request = hello().generation_config(GenerationConfig::default().candidate_count(2_u32));
    let chunks = client.generate_content_stream(&request).await.unwrap();
    let chunks: Vec<GenerateContentResponse> = chunks.try_collect().await.unwrap();
    let ended = chunks.iter().flat_map(|chunk| &chunk.candidates);
    let ended = ended.filter(|candidate| candidate.finish_reason.is_some());
    assert_eq!(ended.map(|candidate| candidate.index).collect::<Vec<_>>(), [Some(0), Some(1)]);
}

#[tokio::test]
async fn a_prompt_that_is_blocked_ends_the_stream() {
    let (_simulator, client) = simulated();
    let request = GenerateContentRequest::new("gemini-3.8-flash", [Content::user(FILTERED)]);
    let chunks = client.generate_content_stream(&request).await.unwrap();
    let chunks: Vec<GenerateContentResponse> = chunks.try_collect().await.unwrap();
    assert_eq!(chunks.last().unwrap().block_reason(), Some(&BlockReason::Safety));
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let overloaded = r#"{"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}"#;
    let wrong = r#"{"error":{"code":400,"message":"No.","status":"INVALID_ARGUMENT"}}"#;
    for (end, kind, code, is_retryable) in [
        (String::new(), ErrorKind::Interrupted, None, true),
        (format!("data: {overloaded}\n\n"), ErrorKind::Status, Some("UNAVAILABLE"), true),
        (format!("data: {wrong}\n\n"), ErrorKind::Status, Some("INVALID_ARGUMENT"), false),
        ("data: {\"candidates\":7}\n\n".to_owned(), ErrorKind::Decode, None, false),
    ] {
        let server = Server::start([Reply::ok(format!("data: {CHUNK}\n\n{end}"))]).await;
        let mut chunks = client_of(&server).generate_content_stream(&hello()).await.unwrap();
        assert_eq!(chunks.next().await.unwrap().unwrap().text(), "Hi");
        let error = chunks.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.code(), error.effect()), (kind, code, Effect::Started));
        assert_eq!(error.is_retryable(), is_retryable);
        assert!(chunks.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=504; accept"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_content_stream(&hello()).await);
    }
    for fault in ["malformed", "cut=300"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        let chunks = client.generate_content_stream(&hello()).await.unwrap();
        check_paid_once(&simulator, chunks.try_collect::<Vec<_>>().await);
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connection() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ndata: {CHUNK}\n\n");
    let (reply, closed) = Reply::raw(head).then_await_close();
    let server = Server::start([reply]).await;
    let mut chunks = client_of(&server).generate_content_stream(&hello()).await.unwrap();
    chunks.next().await.unwrap().unwrap();
    drop(chunks);
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_an_error() {
    let json = [("content-type", "application/json")];
    let server = Server::start([Reply::status(200, &json, format!("[{CHUNK}]"))]).await;
    let error = client_of(&server).generate_content_stream(&hello()).await.err().unwrap();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}
