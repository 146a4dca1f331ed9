//! When a call is tried again, and how long it waits: exact, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{
    ClientError, Effect, ErrorKind, ExponentialRetry, FailedTry, NoRetry, RETRYABLE_STATUSES, RetryDecision,
    RetryPolicy, RetrySettings, StatusRetry,
};
use http::StatusCode;

use crate::support::{Reply, Server, builder, client, timeless};

fn waits_ms(server: &Server) -> Vec<u128> {
    server.times().windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn waits_double_and_have_jitter_from_the_source() {
    for (random, expected_ms) in [(0.0, [1000, 2000, 4000]), (0.5, [1125, 2250, 4500])] {
        let server = Server::start((0..4).map(|_| Reply::status(503, &[], ""))).await;
        let client = builder(&server).random(move || random).build().unwrap();
        let error = client.get("/").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 4 });
        assert_eq!(waits_ms(&server), expected_ms);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_six_statuses_are_tried_again() {
    for status in 300..600 {
        let is_retryable = RETRYABLE_STATUSES.contains(&status);
        let again = if is_retryable { Some(Reply::ok("")) } else { None };
        let server = Server::start([Some(Reply::status(status, &[], "")), again].into_iter().flatten()).await;
        let outcome = client(&server).get("/").send().await;
        assert_eq!(outcome.is_ok(), is_retryable, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_beats_the_ceiling_but_not_the_cap() {
    let mut settings = timeless();
    settings.retry.ceiling = Duration::from_secs(2);
    for (asked, expected_ms) in
        [("90", Some(90_000)), ("1", Some(1000)), ("179.999", Some(179_999)), ("181", None)]
    {
        let again = if expected_ms.is_some() { Some(Reply::ok("")) } else { None };
        let script = [Some(Reply::status(429, &[("Retry-After", asked)], "")), again];
        let server = Server::start(script.into_iter().flatten()).await;
        let client = builder(&server).settings(settings.clone()).build().unwrap();
        let outcome = client.get("/").send().await;
        match expected_ms {
            Some(expected_ms) => assert_eq!((outcome.is_ok(), waits_ms(&server)), (true, vec![expected_ms])),
            None => {
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 1 });
                assert_eq!(error.retry_after(), Some(Duration::from_secs(181)));
                assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_read_in_all_its_forms() {
    let date = ("Date", "Sat, 21 Nov 2026 12:00:00 GMT");
    let table: [(&[(&str, &str)], u128); 5] = [
        (&[("Retry-After", "7")], 7000),
        (&[("Retry-After", "2.5")], 2500),
        (&[("retry-after-ms", "1500"), ("Retry-After", "9")], 1500),
        (&[("Retry-After", "Sat, 21 Nov 2026 12:00:12 GMT"), date], 12_000),
        (&[("Retry-After", "soon")], 1000),
    ];
    for (headers, expected_ms) in table {
        let server = Server::start([Reply::status(503, headers, ""), Reply::ok("")]).await;
        client(&server).get("/").send().await.unwrap();
        assert_eq!(waits_ms(&server), [expected_ms], "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_paid_call_is_sent_again_only_if_nothing_started() {
    let server = Server::start([Reply::status(429, &[], ""), Reply::ok("done")]).await;
    let answer = client(&server).post("/").paid().send().await.unwrap();
    assert_eq!(answer.text().unwrap(), "done");

    for reply in [
        Reply::close(),
        Reply::status(500, &[], ""),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").then_close(),
    ] {
        let server = Server::start([reply]).await;
        let error = client(&server).post("/").paid().send().await.unwrap_err();
        assert_eq!(error.effect(), Effect::MayHaveStarted, "{error:?}");
    }
}
