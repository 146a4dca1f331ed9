use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{
    ChatChunk, ChatCompletion, ChatRequest, Content, ContentPart, FinishReason, FunctionCall,
    FunctionDefinition, Message, OpenAiApi, Role, StreamOptions, Tool, ToolCall,
};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const LINE: &str = "POST /v1/chat/completions";

fn hello() -> ChatRequest {
    ChatRequest::new("gpt-4.1", [Message::user("Say hello.")])
}

#[tokio::test]
async fn a_chat_is_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/chat_completion.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let weather = FunctionDefinition::new("get_weather")
        .description("The weather of a city.")
        .parameters(json!({"type": "object", "properties": {"city": {"type": "string"}}}))
        .strict(true);
    let called = FunctionCall::default().name("get_weather").arguments("{\"city\":\"Oslo\"}");
    let request = ChatRequest::new(
        "gpt-5-mini",
        [
            Message::developer("Be brief."),
            Message::user(vec![
                ContentPart::of_text("What is the weather here?"),
                ContentPart::of_image("https://pictures.test/rome.png"),
            ]),
            Message::new(Role::Assistant)
                .tool_calls([ToolCall::default().id("call_0").kind("function").function(called)]),
            Message::tool("call_0", "rain"),
        ],
    )
    .max_completion_tokens(100_u32)
    .reasoning_effort("low")
    .tools([Tool::of_function(weather)])
    .tool_choice("auto")
    .with("novel_setting", 7);
    let completion = client_of(&server).chat_completion(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/chat_completion.request.json"));
    check_kept(&completion, recorded);
    let choice = &completion.choices[0];
    assert_eq!(choice.finish_reason, Some(FinishReason::ToolCalls));
    let call = &choice.message.tool_calls.as_ref().unwrap()[0];
    assert_eq!(call.function.as_ref().unwrap().arguments.as_deref(), Some("{\"city\":\"Rome\"}"));
    assert_eq!(completion.usage.as_ref().unwrap().total_tokens, Some(19));
    assert_eq!(completion.extra["novel"], json!({"kept": true}));
    assert_eq!(completion.text(), None);
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
    let text: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.choices).map(|choice| &choice.delta).collect();
    let text: String = text.iter().filter_map(|delta| delta.content.as_deref()).collect();
    assert_eq!((chunks.len(), text.as_str()), (4, "Hi"));
    assert_eq!(chunks[3].usage.as_ref().unwrap().total_tokens, Some(6));
}

#[test]
fn words_and_fields_that_nobody_knows_are_kept() {
    let text = r#"{"choices":[{"message":{"role":"oracle","content":[{"type":"smell","smell":"roses"}]},
        "finish_reason":"bored"}]}"#;
    let completion: ChatCompletion = serde_json::from_str(text).unwrap();
    assert_eq!(completion.choices[0].finish_reason, Some(FinishReason::Other("bored".to_owned())));
    check_kept(&completion, text);
}

#[test]
fn what_a_model_thought_is_read_where_a_vendor_shows_it() {
    let text = r#"{"choices":[{"message":{"role":"assistant","content":"Hi","reasoning_content":"Hm"}}]}"#;
    let completion: ChatCompletion = serde_json::from_str(text).unwrap();
    assert_eq!(completion.choices[0].message.reasoning_content.as_deref(), Some("Hm"));
    let text = r#"{"choices":[{"delta":{"content":null,"reasoning_content":"Hm"}}]}"#;
    let chunk: ChatChunk = serde_json::from_str(text).unwrap();
    assert_eq!(chunk.choices[0].delta.reasoning_content.as_deref(), Some("Hm"));
}

#[test]
fn no_words_of_a_user_are_shown() {
    assert_eq!(format!("{:?}", hello()), "ChatRequest { .. }");
    assert_eq!(format!("{:?}", Content::from("a secret")), "Content { .. }");
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.chat_completion(&hello()).await.unwrap();
    let chunks = client.chat_completion_stream(&hello()).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    let pieces = chunks.iter().filter_map(|chunk| chunk.choices.first()?.delta.content.as_deref());
    assert_eq!(whole.text(), Some(pieces.collect::<String>().as_str()));
    assert!(!whole.text().unwrap().is_empty());
    assert_eq!(chunks.last().unwrap().choices[0].finish_reason, Some(FinishReason::Stop));
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_model_that_is_unknown_is_an_error_before_the_stream() {
    let (simulator, client) = simulated();
    let request = ChatRequest::new("gpt-none", [Message::user("Hello.")]);
    let whole = client.chat_completion(&request).await.unwrap_err();
    let streamed = client.chat_completion_stream(&request).await.err().unwrap();
    for error in [whole, streamed] {
        assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("model_not_found")));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    }
    assert_eq!(simulator.received().len(), 2);
}

#[tokio::test]
async fn a_chat_that_may_have_been_paid_is_not_sent_again() {
    for fault in ["lose", "status=500; accept", "malformed"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /openai/v1/*", fault).unwrap();
        check_paid_once(&simulator, client.chat_completion(&hello()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/*", "lose").unwrap();
    check_paid_once(&simulator, client.chat_completion_stream(&hello()).await);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_was_turned_away_is_sent_again() {
    let overloaded = r#"{"error":{"message":"Busy.","type":"service_unavailable_error","code":"slow_down"}}"#;
    let answer = include_str!("wire/chat_completion.response.json");
    let server = Server::start([Reply::status(503, &[], overloaded), Reply::ok(answer)]).await;
    client_of(&server).chat_completion(&hello()).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let chunk = r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}"#;
    let refused = r#"{"error":{"message":"Oh.","type":"server_error","param":null,"code":null}}"#;
    for (end, kind, code) in [
        (String::new(), ErrorKind::Interrupted, None),
        (format!("data: {refused}\n\n"), ErrorKind::Status, Some("server_error")),
        ("data: {\"choices\":7}\n\n".to_owned(), ErrorKind::Decode, None),
    ] {
        let server = Server::start([Reply::ok(format!("data: {chunk}\n\n{end}"))]).await;
        let mut chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
        assert_eq!(chunks.next().await.unwrap().unwrap().choices[0].delta.content.as_deref(), Some("Hi"));
        let error = chunks.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.code(), error.effect()), (kind, code, Effect::Started));
        assert!(chunks.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_may_end_without_done_once_it_said_why() {
    let chunk = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let server = Server::start([Reply::ok(format!("data: {chunk}\n\n"))]).await;
    let chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
    assert_eq!(chunks.try_collect::<Vec<_>>().await.unwrap().len(), 1);
}
