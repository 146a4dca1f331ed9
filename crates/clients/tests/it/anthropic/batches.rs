use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::anthropic::{
    AnthropicApi, AnthropicClient, Batch, BatchItem, BatchOutcome, BatchRequest, BatchResult, BatchStatus,
    Page,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::Timings;
use futures_util::{StreamExt, TryStreamExt};

use super::support::{WIRE, client_of, hello, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once, timeless};

fn two() -> BatchRequest {
    BatchRequest::new([BatchItem::new("one", hello()), BatchItem::new("two", hello().system("Be brief."))])
}

/// Looks often, and is told how much is done.
fn wait() -> (Wait, Arc<Mutex<Vec<f64>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    let wait = Wait::default().on_progress(move |percent| teller.lock().unwrap().push(percent));
    (wait.interval(Duration::from_secs(1)).deadline(Duration::from_secs(60)), told)
}

fn at(status: &str, processing: u8, succeeded: u8) -> Reply {
    let counts = format!(r#"{{"processing":{processing},"succeeded":{succeeded},"errored":0}}"#);
    Reply::ok(format!(r#"{{"id":"msgbatch_1","processing_status":"{status}","request_counts":{counts}}}"#))
}

#[tokio::test]
async fn a_batch_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/create_batch.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let batch = client_of(&server).create_batch(&two()).await.unwrap();
    let sent = include_str!("wire/create_batch.request.json");
    WIRE.check_sent(&server.only_received(), "POST /v1/messages/batches", sent);
    check_kept(&batch, recorded);
    assert_eq!(batch.processing_status, Some(BatchStatus::InProgress));
}

#[tokio::test]
async fn what_is_done_with_a_batch_is_asked_for_and_read_as_recorded() {
    let batch = include_str!("wire/get_batch.response.json");
    let list = include_str!("wire/list_batches.response.json");
    let deleted = include_str!("wire/delete_batch.response.json");
    let server = Server::start([batch, batch, list, deleted].map(Reply::ok)).await;
    let client = client_of(&server);
    check_kept(&client.get_batch("a/b").await.unwrap(), batch);
    check_kept(&client.cancel_batch("a/b").await.unwrap(), batch);
    let page = Page { limit: Some(1), after_id: Some("a/b".to_owned()), before_id: None };
    check_kept(&client.list_batches(&page).await.unwrap(), list);
    check_kept(&client.delete_batch("a/b").await.unwrap(), deleted);
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1/messages/batches/a%2Fb");
    WIRE.check_asked(&received[1], "POST /v1/messages/batches/a%2Fb/cancel");
    WIRE.check_asked(&received[2], "GET /v1/messages/batches?limit=1&after_id=a%2Fb");
    WIRE.check_asked(&received[3], "DELETE /v1/messages/batches/a%2Fb");
}

#[tokio::test]
async fn results_are_read_as_recorded_however_they_are_cut() {
    let recorded = include_str!("wire/batch_results.response.txt");
    // With and without an end of the last line.
    for recorded in [recorded, recorded.trim_end()] {
        let (reply, pipe) = Reply::piped();
        let server = Server::start([reply]).await;
        recorded.as_bytes().chunks(7).for_each(|piece| pipe.send(piece));
        drop(pipe);
        let results = client_of(&server).batch_results("a/b").await.unwrap();
        let results: Vec<BatchResult> = results.try_collect().await.unwrap();
        WIRE.check_asked(&server.only_received(), "GET /v1/messages/batches/a%2Fb/results");
        let lines: Vec<_> = recorded.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(results.len(), lines.len());
        for (result, line) in results.iter().zip(lines) {
            check_kept(result, line);
        }
        let BatchOutcome::Succeeded(made) = &results[0].result else { panic!("the first was made") };
        assert_eq!(made.message.text(), "Hi");
        let BatchOutcome::Errored(refused) = &results[1].result else { panic!("the second was refused") };
        assert_eq!(refused.error.error.kind, "invalid_request_error");
    }
}

#[tokio::test]
async fn results_that_break_off_end_with_an_error() {
    let line = include_str!("wire/batch_results.response.txt").lines().nth(2).unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n";
    for (end, kind) in [("", ErrorKind::Interrupted), ("{\"custom\n", ErrorKind::Decode)] {
        let server = Server::start([Reply::raw(format!("{head}{line}\n{end}")).then_close()]).await;
        let mut results = client_of(&server).batch_results("b").await.unwrap();
        assert_eq!(results.next().await.unwrap().unwrap().custom_id, "two");
        assert_eq!(results.next().await.unwrap().unwrap_err().kind(), kind);
        assert!(results.next().await.is_none());
    }
}

#[tokio::test]
async fn a_line_without_an_end_is_not_held_without_a_bound() {
    let server = Server::start([Reply::ok("x".repeat(5000))]).await;
    let mut settings = timeless();
    settings.event_bytes_max = 1024;
    let builder = AnthropicClient::builder(&server.url(), String::new().into());
    let http = builder.settings(settings).build().unwrap();
    let results = AnthropicClient::new(http).batch_results("b").await.unwrap();
    let error = results.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn the_simulator_makes_a_batch_whose_results_can_be_had() {
    let (simulator, client) = simulated();
    let mut request = two();
    request.requests.push(BatchItem::new("three", hello().temperature(0.5)));
    let id = client.create_batch(&request).await.unwrap().id;
    let batch = client.wait_for_batch(&id, &Wait::default()).await.unwrap();
    let counts = batch.request_counts.as_ref().unwrap();
    assert_eq!((counts.succeeded, counts.errored), (Some(2), Some(1)));
    assert_eq!(client.list_batches(&Page::default()).await.unwrap().data, [batch]);
    let results = client.batch_results(&id).await.unwrap();
    let results: Vec<BatchResult> = results.try_collect().await.unwrap();
    let kinds: Vec<_> = results.iter().map(|result| result.result.kind()).collect();
    assert_eq!(kinds, ["succeeded", "succeeded", "errored"]);
    assert_eq!(client.delete_batch(&id).await.unwrap().id, id);
    assert_eq!(client.get_batch(&id).await.unwrap_err().status().unwrap().as_u16(), 404);
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_batch_that_runs_can_be_cancelled_and_not_had_or_deleted() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_running: Duration::from_secs(600), ..Timings::default() });
    let id = client.create_batch(&two()).await.unwrap().id;
    assert_eq!(client.batch_results(&id).await.err().unwrap().status().unwrap().as_u16(), 404);
    let error = client.delete_batch(&id).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (400, false));
    let batch = client.cancel_batch(&id).await.unwrap();
    assert_eq!(batch.processing_status, Some(BatchStatus::Canceling));
    assert!(client.cancel_batch("msgbatch_none").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn waiting_tells_how_much_is_done_and_survives_looks_that_fail() {
    let looks = [at("in_progress", 4, 0), at("in_progress", 3, 1), at("novel", 0, 0), at("ended", 0, 4)];
    let server = Server::start(looks).await;
    let (wait, told) = wait();
    let batch: Batch = client_of(&server).wait_for_batch("msgbatch_1", &wait).await.unwrap();
    assert_eq!(batch.processing_status, Some(BatchStatus::Ended));
    assert_eq!(told.lock().unwrap().as_slice(), [0.0, 25.0]);
    // One look and its retries fail; the next one doesn't.
    server.push((0..4).map(|_| Reply::status(529, &[], "")).chain([at("ended", 0, 4)]));
    client_of(&server).wait_for_batch("msgbatch_1", &wait).await.unwrap();
}

#[tokio::test]
async fn a_batch_of_which_nothing_came_has_failed() {
    let (simulator, client) = simulated();
    simulator.fault("POST /anthropic/*", "task=fail; times=1").unwrap();
    let expired = client.create_batch(&two()).await.unwrap().id;
    simulator.set_timings(Timings { task_running: Duration::from_secs(600), ..Timings::default() });
    let cancelled = client.create_batch(&two()).await.unwrap().id;
    client.cancel_batch(&cancelled).await.unwrap();
    simulator.advance(Duration::from_secs(600));
    for (id, expected) in [(expired, "expired"), (cancelled, "canceled")] {
        match client.wait_for_batch(&id, &Wait::default()).await.unwrap_err() {
            WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some(expected)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_too_early_has_the_id_to_wait_on_by() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_queued: Duration::from_secs(600), ..Timings::default() });
    let id = client.create_batch(&two()).await.unwrap().id;
    let error = client.wait_for_batch(&id, &wait().0).await.unwrap_err();
    assert!(matches!(error, WaitError::StillRunning { id: left } if left == id));
    match client.wait_for_batch("msgbatch_none", &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(source.status().unwrap().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_batch_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /anthropic/*", fault).unwrap();
        check_paid_once(&simulator, client.create_batch(&two()).await);
    }
    let (simulator, client) = simulated();
    let error = client.create_batch(&BatchRequest::new([])).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}
