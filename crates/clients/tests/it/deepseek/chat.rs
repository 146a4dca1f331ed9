use fourfold_clients::deepseek::{
    DeepSeekApi, DeepSeekMessage, DeepSeekRequest, DeepSeekUsage, INSUFFICIENT_SYSTEM_RESOURCE, ThinkingKind,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{
    ChatChunk, ChatCompletion, ChatRequest, FinishReason, FunctionCall, FunctionDefinition, Message, Role,
    StreamOptions, Tool, ToolCall,
};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, hello, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once, soon};

const LINE: &str = "POST /chat/completions";

fn weather() -> FunctionDefinition {
    FunctionDefinition::new("get_weather")
}

#[tokio::test]
async fn a_chat_is_sent_and_read_as_recorded() {
    let recorded = include_str!("wire/chat_completion.response.json");
    // Empty lines come while the request waits for its turn.
    let server = Server::start([Reply::ok(format!("\n\n\r\n{recorded}"))]).await;
    let called = FunctionCall::default().name("get_weather").arguments("{}");
    let called = ToolCall::default().id("call_0").kind("function").function(called);
    let messages = [
        Message::system("Be brief."),
        Message::user("What is the weather here?"),
        Message::new(Role::Assistant).reasoning_content("").tool_calls([called]),
        Message::tool("call_0", "rain"),
    ];
    let request = ChatRequest::new("deepseek-flash", messages)
        .max_tokens(1000_u32)
        .reasoning_effort("max")
        .tools([Tool::of_function(weather())])
        .thinking(ThinkingKind::Enabled)
        .user_id("user-7")
        .with("novel_setting", 7);
    let completion = client_of(&server).chat_completion(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/chat_completion.request.json"));
    check_kept(&completion, recorded);
    let message = &completion.choices[0].message;
    assert_eq!(
        (completion.text(), message.reasoning_content.as_deref()),
        (Some("42"), Some("First the rain."))
    );
    let usage = completion.usage.as_ref().unwrap();
    assert_eq!((usage.prompt_cache_hit_tokens(), usage.prompt_cache_miss_tokens()), (Some(10), Some(20)));
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/chat_completion.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/chat_completion.stream.request.json"));
    let lines = recorded.lines().filter_map(|line| line.strip_prefix("data: {"));
    for (chunk, line) in chunks.iter().zip(lines) {
        check_kept(chunk, &format!("{{{line}"));
    }
    assert_eq!((chunks.len(), thought(&chunks), text(&chunks)), (4, "First.".to_owned(), "42".to_owned()));
    assert_eq!(chunks[3].usage.as_ref().unwrap().prompt_cache_miss_tokens(), Some(20));
}

fn thought(chunks: &[ChatChunk]) -> String {
    let deltas = chunks.iter().flat_map(|chunk| &chunk.choices).map(|choice| &choice.delta);
    deltas.filter_map(|delta| delta.reasoning_content.as_deref()).collect()
}

fn text(chunks: &[ChatChunk]) -> String {
    let deltas = chunks.iter().flat_map(|chunk| &chunk.choices).map(|choice| &choice.delta);
    deltas.filter_map(|delta| delta.content.as_deref()).collect()
}

#[tokio::test]
async fn what_is_beta_goes_where_it_is_known() {
    let recorded = include_str!("wire/chat_completion.response.json");
    let begun = [Message::user("Count."), Message::assistant("One, ").prefix()];
    let prefixed = ChatRequest::new("deepseek-flash", begun);
    let strict = |is_strict| hello().tools([Tool::of_function(weather().strict(is_strict))]);
    for (request, line) in [
        (prefixed, "POST /beta/chat/completions"),
        (strict(true), "POST /beta/chat/completions"),
        (strict(false), LINE),
    ] {
        let server = Server::start([Reply::ok(recorded)]).await;
        client_of(&server).chat_completion(&request).await.unwrap();
        let received = server.only_received();
        WIRE.check_asked(&received, line);
        let sent: serde_json::Value = serde_json::from_str(received.text()).unwrap();
        assert_eq!(sent, serde_json::to_value(&request).unwrap());
    }
    let (_simulator, client) = simulated();
    let begun = [Message::user("Count."), Message::assistant("One, ").prefix()];
    let request = ChatRequest::new("deepseek-flash", begun).thinking(ThinkingKind::Disabled);
    client.chat_completion(&request).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_the_vendor_cut_off_says_so() {
    let text = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"insufficient_system_resource"}]}"#;
    let completion: ChatCompletion = serde_json::from_str(text).unwrap();
    let reason = completion.choices[0].finish_reason.as_ref().unwrap();
    assert_eq!(reason.as_str(), INSUFFICIENT_SYSTEM_RESOURCE);
    let server =
        Server::start([Reply::ok(format!("data: {text}\n\ndata: [DONE]\n\n").replace("message", "delta"))])
            .await;
    let chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    assert_eq!(chunks[0].choices[0].finish_reason, Some(FinishReason::from(INSUFFICIENT_SYSTEM_RESOURCE)));
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.chat_completion(&hello()).await.unwrap();
    let chunks = client.chat_completion_stream(&hello()).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    assert_eq!(whole.text(), Some(&*text(&chunks)));
    assert_eq!(whole.choices[0].message.reasoning_content, Some(thought(&chunks)));
    assert_eq!(chunks.last().unwrap().usage, whole.usage);
    assert_eq!(whole.usage.unwrap().prompt_cache_hit_tokens(), Some(0));
    let apart = hello().stream_options(StreamOptions::default().include_usage(true));
    let chunks = client.chat_completion_stream(&apart).await.unwrap();
    let chunks: Vec<ChatChunk> = chunks.try_collect().await.unwrap();
    assert!(chunks.last().unwrap().choices.is_empty() && chunks.last().unwrap().usage.is_some());
    let unthinking = hello().thinking(ThinkingKind::Disabled);
    let completion = client.chat_completion(&unthinking).await.unwrap();
    assert_eq!(completion.choices[0].message.reasoning_content, None);
    assert_eq!(simulator.paid_tasks().len(), 4);
}

#[tokio::test]
async fn an_answer_that_calls_a_tool_goes_back_with_its_thought() {
    let (_simulator, client) = simulated();
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let mut request = hello().tools([Tool::of_function(weather().parameters(parameters))]);
    let answer = client.chat_completion(&request).await.unwrap().choices.remove(0);
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    let call = answer.message.tool_calls.as_ref().unwrap()[0].id.clone().unwrap();
    let mut thoughtless = answer.message.clone();
    thoughtless.reasoning_content = None;
    let rest = [Message::tool(&*call, "rain")];
    let mut refused = request.clone();
    refused.messages.extend([thoughtless].into_iter().chain(rest.clone()));
    let error = client.chat_completion(&refused).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (400, Some("invalid_request_error")));
    request.messages.extend([answer.message].into_iter().chain(rest));
    assert!(client.chat_completion(&request).await.unwrap().text().is_some());
}

#[tokio::test]
async fn what_is_refused_is_an_error_before_the_stream() {
    let (simulator, client) = simulated();
    let retired = ChatRequest::new("deepseek-chat", [Message::user("Hello.")]);
    for (request, status) in [(retired, 400), (hello().temperature(3.0), 422)] {
        let whole = client.chat_completion(&request).await.unwrap_err();
        let streamed = client.chat_completion_stream(&request).await.err().unwrap();
        for error in [whole, streamed] {
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
        }
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_chat_that_may_have_been_paid_is_not_sent_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=1", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /deepseek/*", fault).unwrap();
        check_paid_once(&simulator, client.chat_completion(&hello()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault("POST /deepseek/*", "lose").unwrap();
    check_paid_once(&simulator, client.chat_completion_stream(&hello()).await);
    // The first of these ends within what comes before the answer.
    for fault in ["cut=10", "cut=500"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /deepseek/*", fault).unwrap();
        let chunks = client.chat_completion_stream(&hello()).await.unwrap();
        check_paid_once(&simulator, chunks.try_collect::<Vec<_>>().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_was_turned_away_is_sent_again_after_a_longer_wait() {
    let busy =
        r#"{"error":{"message":"Service is too busy.","type":"service_unavailable_error","code":null}}"#;
    let answer = include_str!("wire/chat_completion.response.json");
    let server = Server::start([Reply::status(503, &[], busy), Reply::ok(answer)]).await;
    client_of(&server).chat_completion(&hello()).await.unwrap();
    let times = server.times();
    assert_eq!((times[1] - times[0]).as_secs(), 10);
}

#[tokio::test]
async fn a_request_whose_turn_never_came_is_an_answer_that_was_cut() {
    let server = Server::start([
        Reply::status(200, &[("x-request-id", "r1")], "\n\n\n"),
        Reply::ok(": keep-alive\n\n"),
    ])
    .await;
    let client = client_of(&server);
    let error = client.chat_completion(&hello()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::MayHaveStarted));
    assert_eq!((error.is_retryable(), error.request_id()), (true, Some("r1")));
    let mut chunks = client.chat_completion_stream(&hello()).await.unwrap();
    let error = chunks.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Interrupted, true));
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let chunk = r#"{"choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"finish_reason":null}]}"#;
    let busy = r#"{"error":{"message":"Oh.","type":"service_unavailable_error","param":null,"code":null}}"#;
    for (end, kind, code, is_retryable) in [
        (String::new(), ErrorKind::Interrupted, None, true),
        (": keep-alive\n\n".to_owned(), ErrorKind::Interrupted, None, true),
        (format!("data: {busy}\n\n"), ErrorKind::Status, Some("service_unavailable_error"), true),
        ("data: {\"choices\":7}\n\n".to_owned(), ErrorKind::Decode, None, false),
    ] {
        let server = Server::start([Reply::ok(format!("data: {chunk}\n\n{end}"))]).await;
        let mut chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
        assert_eq!(thought(&[chunks.next().await.unwrap().unwrap()]), "Hm");
        let error = chunks.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.code(), error.effect()), (kind, code, Effect::Started));
        assert_eq!(error.is_retryable(), is_retryable);
        assert!(chunks.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connection() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n";
    let (reply, closed) = Reply::raw(format!("{head}: keep-alive\n\n")).then_await_close();
    let server = Server::start([reply]).await;
    let chunks = client_of(&server).chat_completion_stream(&hello()).await.unwrap();
    drop(chunks);
    soon(closed).await.unwrap();
}
