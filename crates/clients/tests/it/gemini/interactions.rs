use std::time::Duration;

use fourfold_clients::gemini::{
    GeminiApi, Interaction, InteractionContent, InteractionEvent, InteractionEventKind, InteractionRequest,
    InteractionStatus, ResponseFormat, Step, StepKind,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{FILTERED, Timings};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, said, simulated, wait};
use crate::support::{Reply, Server, check_kept, check_paid_once, soon};

const LINE: &str = "POST /v1beta/interactions";

fn hello() -> InteractionRequest {
    InteractionRequest::new("gemini-3.8-flash", "Say hello.")
}

fn marble() -> InteractionRequest {
    let format = ResponseFormat::of_video().aspect_ratio("16:9").resolution("720p");
    InteractionRequest::new("gemini-omni-1.1-flash", "A marble on a track")
        .response_format(format.duration("8s").delivery("uri"))
        .background(true)
}

fn at(status: &str) -> Reply {
    Reply::ok(format!(r#"{{"id":"int_1","status":"{status}"}}"#))
}

#[tokio::test]
async fn a_video_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_interaction.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = marble().with("novel_setting", 7);
    let interaction = client_of(&server).create_interaction(&request).await.unwrap();
    WIRE.check_sent(&server.only_received(), LINE, include_str!("wire/create_interaction.request.json"));
    check_kept(&interaction, recorded);
    // What was made last counts.
    assert_eq!((interaction.text().as_str(), interaction.output().len()), ("Here it is.", 3));
    let made: Vec<_> = interaction.media().collect();
    assert!(made[0].uri.as_deref().unwrap().ends_with("/v1beta/files/abc:download?alt=media"));
    assert_eq!((made[0].bytes().unwrap(), made[1].bytes().unwrap()), (None, Some("roll".into())));
    assert_eq!(interaction.usage.as_ref().unwrap().total_tokens, Some(5015));
}

#[tokio::test]
async fn steps_are_sent_as_recorded() {
    let server = Server::start([at("completed")]).await;
    let asked = [
        InteractionContent::of_text("What is the weather here?"),
        InteractionContent::of_bytes("image", "image/png", "picture"),
        InteractionContent::of_uri("video", "https://vendor.test/v1beta/files/abc"),
    ];
    let call = Step::new(StepKind::FunctionCall).id("call_1").name("get_weather");
    let steps = vec![
        Step::of_user(asked),
        call.arguments(json!({"city": "Oslo"})),
        Step::of_function_result("call_1", "get_weather", json!({"weather": "rain"})),
    ];
    let request = InteractionRequest::new("gemini-3.8-flash", steps)
        .previous_interaction_id("int_0")
        .system_instruction("Be brief.")
        .generation_config(json!({"thinking_level": "low"}))
        .tools([json!({"type": "function", "name": "get_weather", "parameters": {"type": "object"}})])
        .store(false);
    client_of(&server).create_interaction(&request).await.unwrap();
    let recorded = include_str!("wire/create_interaction.steps.request.json");
    WIRE.check_sent(&server.only_received(), LINE, recorded);
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_interaction.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let events = client_of(&server).create_interaction_stream(&hello()).await.unwrap();
    let events: Vec<InteractionEvent> = events.try_collect().await.unwrap();
    let request = r#"{"model":"gemini-3.8-flash","input":"Say hello.","stream":true}"#;
    WIRE.check_sent(&server.only_received(), LINE, request);
    let lines: Vec<_> = recorded.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(events.len(), lines.len());
    for (event, line) in events.iter().zip(lines) {
        check_kept(event, line);
    }
    assert_eq!(text(&events), "Hello");
    assert_eq!(events[9].event_type, InteractionEventKind::Other("novel.event".to_owned()));
}

/// The texts that were added, one after another.
fn text(events: &[InteractionEvent]) -> String {
    let deltas = events.iter().filter_map(|event| event.delta.as_ref());
    deltas.filter_map(|delta| delta.text.as_deref()).collect()
}

#[tokio::test]
async fn what_is_done_with_an_interaction_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_interaction.response.json");
    let server = Server::start([recorded, recorded, "{}"].map(Reply::ok)).await;
    let client = client_of(&server);
    check_kept(&client.get_interaction("a/b").await.unwrap(), recorded);
    check_kept(&client.cancel_interaction("a/b").await.unwrap(), recorded);
    client.delete_interaction("a/b").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1beta/interactions/a%2Fb");
    WIRE.check_asked(&received[1], "POST /v1beta/interactions/a%2Fb/cancel");
    WIRE.check_asked(&received[2], "DELETE /v1beta/interactions/a%2Fb");
}

#[test]
fn statuses_that_nobody_knows_are_kept() {
    let text = r#"{"id":"int_1","status":"dreaming","steps":[{"type":"dream"}]}"#;
    let interaction: Interaction = serde_json::from_str(text).unwrap();
    assert_eq!(interaction.status, InteractionStatus::Other("dreaming".to_owned()));
    assert!(interaction.output().is_empty());
    check_kept(&interaction, text);
}

#[tokio::test]
async fn the_simulator_makes_a_video_that_can_be_had() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let begun = client.create_interaction(&marble()).await.unwrap();
    assert_eq!(begun.status, InteractionStatus::Queued);
    let id = begun.id.unwrap();
    let interaction = client.wait_for_interaction(&id, &Wait::default()).await.unwrap();
    assert_eq!(interaction.status, InteractionStatus::Completed);
    let media =
        client.download_file(interaction.media().next().unwrap().uri.as_deref().unwrap()).await.unwrap();
    assert_eq!(media.media_type.as_deref(), Some("video/mp4"));
    let film: Vec<_> = media.body.into_data_stream().try_collect().await.unwrap();
    assert_eq!(film.concat()[4..8], *b"ftyp");
    client.delete_interaction(&id).await.unwrap();
    let error = client.get_interaction(&id).await.unwrap_err();
    assert_eq!(said(&error), (404, Some("not_found")));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.create_interaction(&hello()).await.unwrap();
    assert!(!whole.text().is_empty());
    let events = client.create_interaction_stream(&hello()).await.unwrap();
    let events: Vec<InteractionEvent> = events.try_collect().await.unwrap();
    assert_eq!(text(&events), whole.text());
    let last = events.last().unwrap();
    assert_eq!(last.event_type, InteractionEventKind::Completed);
    assert_eq!(last.interaction.as_ref().unwrap().usage, whole.usage);
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn the_simulator_goes_on_from_an_interaction_with_what_a_function_gave() {
    let (_simulator, client) = simulated();
    let tools = [json!({"type": "function", "name": "get_weather"})];
    let config = json!({"tool_choice": "any"});
    let first = client.create_interaction(&hello().tools(tools).generation_config(config)).await.unwrap();
    assert_eq!(first.status, InteractionStatus::RequiresAction);
    let steps = first.steps.as_ref().unwrap();
    let call = steps.iter().find(|step| step.kind == StepKind::FunctionCall).unwrap();
    let given = Step::of_function_result(call.id.clone().unwrap(), "get_weather", json!({"weather": "rain"}));
    let next = InteractionRequest::new("gemini-3.8-flash", vec![given]);
    let next = client.create_interaction(&next.previous_interaction_id(first.id.clone().unwrap())).await;
    assert_eq!(next.unwrap().previous_interaction_id, first.id);
}

#[tokio::test(start_paused = true)]
async fn an_interaction_that_is_cancelled_ends_the_wait() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_queued: Duration::from_secs(600), ..Timings::default() });
    let id = client.create_interaction(&marble()).await.unwrap().id.unwrap();
    let error = client.wait_for_interaction(&id, &wait()).await.unwrap_err();
    assert!(matches!(error, WaitError::StillRunning { id: left } if left == id));
    let cancelled = client.cancel_interaction(&id).await.unwrap();
    assert_eq!(cancelled.status, InteractionStatus::Cancelled);
    match client.wait_for_interaction(&id, &wait()).await.unwrap_err() {
        WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some("cancelled")),
        other => panic!("{other:?}"),
    }
    let error = client.cancel_interaction(&id).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("failed_precondition")));
}

#[tokio::test(start_paused = true)]
async fn waiting_survives_looks_that_fail_and_ends_where_the_caller_is_asked() {
    // The third look and its retries fail; the fourth one doesn't.
    let failing = (0..4).map(|_| Reply::status(500, &[], ""));
    let looks = [at("queued"), at("dreaming")].into_iter().chain(failing);
    let server = Server::start(looks.chain([at("in_progress"), at("requires_action")])).await;
    let client = client_of(&server);
    let interaction = client.wait_for_interaction("int_1", &wait()).await.unwrap();
    assert_eq!(interaction.status, InteractionStatus::RequiresAction);
    server.push([at("budget_exceeded")]);
    match client.wait_for_interaction("int_1", &wait()).await.unwrap_err() {
        WaitError::Failed { id, code, .. } => {
            assert_eq!((id.as_str(), code.as_deref()), ("int_1", Some("budget_exceeded")));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_interaction_that_failed_or_is_unknown_ends_the_wait() {
    let (_simulator, client) = simulated();
    let request = InteractionRequest::new("gemini-3.8-flash", FILTERED).background(true);
    let id = client.create_interaction(&request).await.unwrap().id.unwrap();
    match client.wait_for_interaction(&id, &Wait::default()).await.unwrap_err() {
        WaitError::Failed { code, message, .. } => {
            assert_eq!((code.as_deref(), message.is_some()), (Some("safety"), true));
        }
        other => panic!("{other:?}"),
    }
    match client.wait_for_interaction("int_none", &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(said(&source), (404, Some("not_found"))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_length_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let request = marble().response_format(ResponseFormat::of_video().duration("99s"));
    let whole = client.create_interaction(&request).await.unwrap_err();
    let streamed = client.create_interaction_stream(&request).await.err().unwrap();
    for error in [whole, streamed] {
        assert_eq!((said(&error), error.effect()), ((400, Some("invalid_request")), Effect::NotStarted));
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn an_interaction_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.create_interaction(&marble()).await);
    }
    for fault in ["lose", "status=500; accept"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.create_interaction_stream(&hello()).await);
    }
    for fault in ["malformed", "cut=300"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        let events = client.create_interaction_stream(&hello()).await.unwrap();
        check_paid_once(&simulator, events.try_collect::<Vec<_>>().await);
    }
}

#[tokio::test]
async fn a_stream_that_fails_or_breaks_off_ends_with_an_error() {
    let (_simulator, client) = simulated();
    let request = InteractionRequest::new("gemini-3.8-flash", FILTERED);
    let events = client.create_interaction_stream(&request).await.unwrap();
    let error = events.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Status, Some("safety")));
    let event = r#"{"event_type":"interaction.status_update","status":"in_progress"}"#;
    let server = Server::start([Reply::ok(format!("data: {event}\n\n"))]).await;
    let mut events = client_of(&server).create_interaction_stream(&hello()).await.unwrap();
    events.next().await.unwrap().unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
}

#[tokio::test]
async fn a_stream_may_end_with_a_status_that_is_an_end() {
    let event = r#"{"event_type":"interaction.status_update","status":"cancelled"}"#;
    let server = Server::start([Reply::ok(format!("data: {event}\n\n"))]).await;
    let events = client_of(&server).create_interaction_stream(&hello()).await.unwrap();
    assert_eq!(events.try_collect::<Vec<_>>().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connection() {
    let event = r#"{"event_type":"interaction.created"}"#;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ndata: {event}\n\n");
    let (reply, closed) = Reply::raw(head).then_await_close();
    let server = Server::start([reply]).await;
    let mut events = client_of(&server).create_interaction_stream(&hello()).await.unwrap();
    events.next().await.unwrap().unwrap();
    drop(events);
    soon(closed).await.unwrap();
}
