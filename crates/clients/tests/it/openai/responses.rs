use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{OpenAiApi, ResponseRequest, ResponseStatus};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn hello() -> ResponseRequest {
    ResponseRequest::new("gpt-4.1", "Say hello.")
}

#[tokio::test]
async fn a_response_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_response.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = hello().instructions("Be brief.").reasoning(json!({"effort": "low"})).store(false);
    let response = client_of(&server).create_response(&request).await.unwrap();
    let sent = include_str!("wire/create_response.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/responses", sent);
    check_kept(&response, recorded);
    assert_eq!((response.text().as_str(), response.status), ("Hello.", Some(ResponseStatus::Completed)));
}

#[tokio::test]
async fn what_is_done_with_a_response_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_response.response.json");
    let deleted = r#"{"id":"a/b","object":"response","deleted":true}"#;
    let server = Server::start([recorded, recorded, deleted].map(Reply::ok)).await;
    let client = client_of(&server);
    check_kept(&client.get_response("a/b").await.unwrap(), recorded);
    check_kept(&client.cancel_response("a/b").await.unwrap(), recorded);
    client.delete_response("a/b").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1/responses/a%2Fb");
    WIRE.check_asked(&received[1], "POST /v1/responses/a%2Fb/cancel");
    WIRE.check_asked(&received[2], "DELETE /v1/responses/a%2Fb");
}

#[tokio::test]
async fn the_simulator_answers_whole_and_streamed_alike() {
    let (simulator, client) = simulated();
    let whole = client.create_response(&hello()).await.unwrap();
    let events = client.create_response_stream(&hello()).await.unwrap();
    let events: Vec<_> = events.try_collect().await.unwrap();
    let text: String = events.iter().filter_map(|event| event.delta.as_deref()).collect();
    assert_eq!(text, whole.text());
    assert_eq!(events.last().unwrap().response.as_ref().unwrap().text(), whole.text());
    assert_eq!(client.get_response(&whole.id).await.unwrap(), whole);
    client.delete_response(&whole.id).await.unwrap();
    let error = client.get_response(&whole.id).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (404, Effect::NotStarted));
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_response_in_the_background_can_be_cancelled() {
    let (_simulator, client) = simulated();
    let error = client.cancel_response("resp_none").await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
    let response = client.create_response(&hello().background(true)).await.unwrap();
    assert_eq!(response.status, Some(ResponseStatus::Queued));
    assert_eq!(client.cancel_response(&response.id).await.unwrap().id, response.id);
}

#[tokio::test]
async fn a_response_that_may_have_been_paid_is_not_asked_for_again() {
    let (simulator, client) = simulated();
    simulator.fault("POST /openai/v1/responses", "lose").unwrap();
    check_paid_once(&simulator, client.create_response(&hello()).await);
    simulator.reset();
    simulator.fault("POST /openai/v1/responses", "lose").unwrap();
    check_paid_once(&simulator, client.create_response_stream(&hello()).await);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let delta = r#"{"type":"response.output_text.delta","delta":"Hi"}"#;
    let failed = r#"{"type":"error","code":"server_error","message":"Oh.","param":null}"#;
    for (end, kind, code) in [
        (String::new(), ErrorKind::Interrupted, None),
        (format!("event: error\ndata: {failed}\n\n"), ErrorKind::Status, Some("server_error")),
    ] {
        let server = Server::start([Reply::ok(format!("data: {delta}\n\n{end}"))]).await;
        let mut events = client_of(&server).create_response_stream(&hello()).await.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().delta.as_deref(), Some("Hi"));
        let error = events.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code));
    }
}
