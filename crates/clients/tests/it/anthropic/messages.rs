use fourfold_clients::anthropic::{
    AnthropicApi, AnthropicClient, BlockDelta, CacheControl, Content, ContentBlock, DocumentBlock,
    FileSource, Message, MessageEvent, MessageRequest, MessageResponse, Metadata, OutputConfig,
    RedactedThinkingBlock, Source, StopReason, TextBlock, Thinking, ThinkingBlock, Tool, ToolChoice,
    ToolResultBlock, ToolUseBlock,
};
use fourfold_clients::http::{Effect, ErrorKind};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, hello, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once, soon};

const LINE: &str = "POST /v1/messages";

/// A request with something of everything.
fn full() -> MessageRequest {
    let system = TextBlock::new("Be brief.").cache_control(CacheControl::ephemeral().ttl("1h"));
    let novel = json!({"type": "novel_block", "novel": {"kept": true}});
    let messages = [
        Message::user(vec![
            ContentBlock::of_text("What is the weather here?"),
            ContentBlock::of_image(Source::of_url("https://pictures.test/rome.png")),
            ContentBlock::of_image(Source::of_bytes("image/png", [0x89, b'P', b'N'])),
            DocumentBlock::new(FileSource::new("file_1")).title("The city").into(),
        ]),
        Message::assistant(vec![
            ThinkingBlock::new("Look it up.").signature("c2ln").into(),
            RedactedThinkingBlock::new("aGlk").into(),
            ToolUseBlock::new("toolu_0", "get_weather", json!({"city": "Rome"})).into(),
        ]),
        Message::user(vec![
            ToolResultBlock::new("toolu_0").content("rain").is_error(false).into(),
            ContentBlock::Other(novel.as_object().unwrap().clone()),
        ]),
    ];
    let weather = Tool::new("get_weather")
        .description("The weather of a city.")
        .input_schema(json!({"type": "object", "properties": {"city": {"type": "string"}}}));
    MessageRequest::new("claude-sonnet-5", 1024_u32, messages)
        .system(vec![ContentBlock::Text(system)])
        .stop_sequences(["END".to_owned()])
        .metadata(Metadata::default().user_id("user-7"))
        .tools([weather])
        .tool_choice(ToolChoice::of_tool("get_weather").disable_parallel_tool_use(true))
        .thinking(Thinking::adaptive())
        .output_config(OutputConfig::default().effort("low"))
        .service_tier("standard_only")
        .with("novel_setting", 7)
}

#[tokio::test]
async fn a_message_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_message.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let answer = client_of(&server).create_message(&full()).await.unwrap();
    let received = server.only_received();
    WIRE.check_sent(&received, LINE, include_str!("wire/create_message.request.json"));
    assert_eq!(received.header("anthropic-version"), Some("2026-10-21"));
    check_kept(&answer, recorded);
    assert_eq!(answer.text(), "It rains in Rome. Still.");
    assert_eq!(answer.stop_reason, Some(StopReason::ToolUse));
    let ContentBlock::ToolUse(call) = answer.content.last().unwrap() else { panic!("it calls a tool") };
    assert_eq!((&*call.name, &call.input["city"]), ("get_weather", &json!("Oslo")));
    assert_eq!(answer.content[4].kind(), "server_tool_use");
    assert_eq!(answer.usage.as_ref().unwrap().all_input_tokens(), 430);
}

#[test]
fn what_a_request_says_can_be_read_again() {
    let recorded = include_str!("wire/create_message.request.json");
    let request: MessageRequest = serde_json::from_str(recorded).unwrap();
    assert!(request == full());
}

#[test]
fn an_answer_goes_back_in_with_all_its_blocks() {
    let recorded = include_str!("wire/create_message.response.json");
    let answer: MessageResponse = serde_json::from_str(recorded).unwrap();
    let content = serde_json::to_value(&answer.content).unwrap();
    let message = serde_json::to_value(Message::from(answer)).unwrap();
    assert_eq!(message, json!({"role": "assistant", "content": content}));
}

#[tokio::test]
async fn a_base_url_may_have_the_version_and_the_header_another() {
    let recorded = include_str!("wire/create_message.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let base_url = format!("{}/v1/", server.url());
    let builder = AnthropicClient::builder(&base_url, "sk-test".to_owned().into());
    let http = builder.default_header("anthropic-version", "2023-06-01").build().unwrap();
    let client = AnthropicClient::new(http);
    client.create_message(&hello().temperature(0.5)).await.unwrap();
    let received = server.only_received();
    WIRE.check_asked(&received, LINE);
    assert_eq!(received.header("anthropic-version"), Some("2023-06-01"));
}

#[test]
fn a_block_must_have_what_its_kind_has() {
    for wrong in [r#"{"type":"text"}"#, r#"{"type":"tool_use","id":"1","name":"n"}"#, r#""text""#] {
        assert!(serde_json::from_str::<ContentBlock>(wrong).is_err(), "{wrong}");
    }
    for unknown in [r#"{"type":"smell","smell":"roses"}"#, r#"{"text":"of no type"}"#] {
        let block: ContentBlock = serde_json::from_str(unknown).unwrap();
        check_kept(&block, unknown);
    }
}

#[test]
fn no_words_of_a_user_are_shown() {
    assert_eq!(format!("{:?}", hello()), "MessageRequest { .. }");
    let block = ContentBlock::of_text("a secret");
    assert_eq!(format!("{block:?}"), "ContentBlock { type: \"text\", .. }");
    assert_eq!(format!("{:?}", Content::from("a secret")), "Content { .. }");
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_message.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let events = client_of(&server).create_message_stream(&hello()).await.unwrap();
    let events: Vec<MessageEvent> = events.try_collect().await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/create_message.stream.request.json"));
    let lines: Vec<_> = recorded.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(events.len(), lines.len());
    for (event, line) in events.iter().zip(lines) {
        check_kept(event, line);
    }
    assert_eq!(events[9].kind(), "novel_event");
}

fn text(events: &[MessageEvent]) -> String {
    let deltas = events.iter().filter_map(|event| match event {
        MessageEvent::BlockDelta(event) => Some(&event.delta),
        _ => None,
    });
    let texts = deltas.filter_map(|delta| match delta {
        BlockDelta::Text(delta) => Some(&*delta.text),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.create_message(&hello()).await.unwrap();
    assert_eq!(whole.stop_reason, Some(StopReason::EndTurn));
    let events = client.create_message_stream(&hello()).await.unwrap();
    let events: Vec<MessageEvent> = events.try_collect().await.unwrap();
    assert_eq!(text(&events), whole.text());
    assert!(!whole.text().is_empty());
    assert_eq!(events.last().unwrap().kind(), "message_stop");
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn thoughts_and_calls_go_back_to_the_simulator() {
    let (_simulator, client) = simulated();
    let weather = Tool::new("weather").input_schema(json!({"properties": {"city": {"type": "string"}}}));
    let mut request = hello().tools([weather]).thinking(Thinking::adaptive());
    let answer = client.create_message(&request).await.unwrap();
    assert_eq!(answer.stop_reason, Some(StopReason::ToolUse));
    let ContentBlock::ToolUse(call) = answer.content.last().unwrap() else { panic!("it calls a tool") };
    let result = ContentBlock::of_tool_result(&*call.id, "rain");
    request.messages.extend([answer.into(), Message::user(vec![result])]);
    let answer = client.create_message(&request).await.unwrap();
    assert_eq!(answer.stop_reason, Some(StopReason::EndTurn));
}

#[tokio::test]
async fn what_is_refused_is_an_error_before_the_stream() {
    let (simulator, client) = simulated();
    let unknown = MessageRequest::new("claude-none", 100_u32, [Message::user("Hello.")]);
    for (request, status, code) in
        [(unknown, 404, "not_found_error"), (hello().temperature(0.5), 400, "invalid_request_error")]
    {
        let whole = client.create_message(&request).await.unwrap_err();
        let streamed = client.create_message_stream(&request).await.err().unwrap();
        for error in [whole, streamed] {
            assert_eq!((error.status().unwrap().as_u16(), error.code()), (status, Some(code)));
            assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
            assert!(error.request_id().unwrap().starts_with("req_"));
        }
    }
    assert_eq!(simulator.received().len(), 4);
}

#[tokio::test]
async fn a_message_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "status=504; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /anthropic/*", fault).unwrap();
        check_paid_once(&simulator, client.create_message(&hello()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault("POST /anthropic/*", "lose").unwrap();
    check_paid_once(&simulator, client.create_message_stream(&hello()).await);
    for fault in ["cut=500", "malformed"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /anthropic/*", fault).unwrap();
        let events = client.create_message_stream(&hello()).await.unwrap();
        check_paid_once(&simulator, events.try_collect::<Vec<_>>().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_turned_away_is_asked_for_again() {
    let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy."}}"#;
    let answer = include_str!("wire/create_message.response.json");
    let server = Server::start([Reply::status(529, &[], overloaded), Reply::ok(answer)]).await;
    client_of(&server).create_message(&hello()).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

const STARTED: &str = concat!(
    "event: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
    "\n\n",
);

fn error_event(kind: &str) -> String {
    let error = json!({"type": "error", "error": {"type": kind, "message": "Oh."}, "request_id": "req_1"});
    format!("event: error\ndata: {error}\n\n")
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let message_delta = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
    for (end, kind, code, is_retryable) in [
        (String::new(), ErrorKind::Interrupted, None, true),
        // It says why it ends, and still lacks its end.
        (format!("data: {message_delta}\n\n"), ErrorKind::Interrupted, None, true),
        ("data: [DONE]\n\n".to_owned(), ErrorKind::Decode, None, false),
        (error_event("overloaded_error"), ErrorKind::Status, Some("overloaded_error"), true),
        (error_event("rate_limit_error"), ErrorKind::Status, Some("rate_limit_error"), true),
        (error_event("api_error"), ErrorKind::Status, Some("api_error"), true),
        (error_event("timeout_error"), ErrorKind::Status, Some("timeout_error"), true),
        (error_event("invalid_request_error"), ErrorKind::Status, Some("invalid_request_error"), false),
        ("data: {\"type\":\"message_delta\"}\n\n".to_owned(), ErrorKind::Decode, None, false),
    ] {
        let server = Server::start([Reply::ok(format!("{STARTED}{end}"))]).await;
        let mut events = client_of(&server).create_message_stream(&hello()).await.unwrap();
        assert_eq!(text(&[events.next().await.unwrap().unwrap()]), "Hi");
        let last = loop {
            if let Err(error) = events.next().await.unwrap() {
                break error;
            }
        };
        assert_eq!((last.kind(), last.code(), last.effect()), (kind, code, Effect::Started), "{end}");
        assert_eq!(last.is_retryable(), is_retryable, "{end}");
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_is_over_with_message_stop() {
    let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    // The connection ends without saying that the answer is whole, but the message is.
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n";
    for after in ["", "data: [DONE]\n\n"] {
        let server = Server::start([Reply::raw(format!("{head}{STARTED}{stop}{after}")).then_close()]).await;
        let events = client_of(&server).create_message_stream(&hello()).await.unwrap();
        assert_eq!(events.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connection() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n";
    let (reply, closed) = Reply::raw(format!("{head}{STARTED}")).then_await_close();
    let server = Server::start([reply]).await;
    let mut events = client_of(&server).create_message_stream(&hello()).await.unwrap();
    events.next().await.unwrap().unwrap();
    drop(events);
    soon(closed).await.unwrap();
}
