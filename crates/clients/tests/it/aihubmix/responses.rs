use fourfold_clients::aihubmix::AihubmixApi;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::ResponseRequest;
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn hello() -> ResponseRequest {
    ResponseRequest::new("gpt-4o", "Say hello.")
}

#[tokio::test]
async fn a_response_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_response.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let response = client_of(&server).create_response(&hello().store(false)).await.unwrap();
    let sent = include_str!("wire/create_response.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/responses", sent);
    check_kept(&response, recorded);
    assert_eq!(response.text(), "Hello.");
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_response.stream.txt");
    let server = Server::start([Reply::ok(recorded)]).await;
    let events = client_of(&server).create_response_stream(&hello()).await.unwrap();
    let events: Vec<_> = events.try_collect().await.unwrap();
    let sent = r#"{"model":"gpt-4o","input":"Say hello.","stream":true}"#;
    WIRE.check_sent(&server.only_received(), "POST /v1/responses", sent);
    let lines: Vec<_> = recorded.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(events.len(), lines.len());
    for (event, line) in events.iter().zip(lines) {
        check_kept(event, line);
    }
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.create_response(&hello()).await.unwrap();
    let events = client.create_response_stream(&hello()).await.unwrap();
    let events: Vec<_> = events.try_collect().await.unwrap();
    let text: String = events.iter().filter_map(|event| event.delta.as_deref()).collect();
    assert_eq!(text, whole.text());
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_model_that_is_unknown_is_an_error() {
    let (_simulator, client) = simulated();
    let request = ResponseRequest::new("gpt-none", "Hello.");
    let whole = client.create_response(&request).await.unwrap_err();
    let streamed = client.create_response_stream(&request).await.err().unwrap();
    for error in [whole, streamed] {
        assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (503, false));
    }
}

#[tokio::test]
async fn a_response_that_may_have_been_paid_is_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/responses", "lose").unwrap();
    check_paid_once(&simulator, client.create_response(&hello()).await);
    simulator.reset();
    simulator.fault("POST /aihubmix/v1/responses", "lose").unwrap();
    check_paid_once(&simulator, client.create_response_stream(&hello()).await);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault("POST /aihubmix/v1/responses", "cut=400").unwrap();
    let events = client.create_response_stream(&hello()).await.unwrap();
    let error = events.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
}
