//! When a call is tried again, and how long it waits: exact, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{
    Body, ClientError, Effect, ErrorKind, ExponentialRetry, FailedTry, HashRandom, Multipart, NoRetry,
    RETRYABLE_STATUSES, RandomSource, RetryDecision, RetryPolicy, RetrySettings, StatusRetry, TimeoutStage,
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
    let is_retryable = |status: &u16| RETRYABLE_STATUSES.contains(status);
    let script = (300..600).flat_map(|status| {
        let again = is_retryable(&status).then(|| Reply::ok(""));
        [Some(Reply::status(status, &[], "")), again].into_iter().flatten()
    });
    let server = Server::start(script).await;
    let mut settings = timeless();
    settings.breaker.failures_max = 0;
    let client = builder(&server).settings(settings).build().unwrap();
    for status in 300..600 {
        let outcome = client.get("/").send().await;
        assert_eq!(outcome.is_ok(), is_retryable(&status), "{status}");
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
async fn the_cap_is_on_the_whole_call() {
    let mut settings = timeless();
    settings.retry.cap = Duration::from_secs(10);
    let server = Server::start((0..4).map(|_| Reply::status(503, &[("Retry-After", "3")], ""))).await;
    let client = builder(&server).settings(settings).build().unwrap();
    let error = client.get("/").send().await.unwrap_err();
    // The fourth try began at 10 s, which is just within the cap.
    assert_eq!(waits_ms(&server), [3000, 3000, 4000]);
    assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 4 });
}

#[tokio::test(start_paused = true)]
async fn a_paid_call_is_sent_again_only_if_nothing_started() {
    let server = Server::start([Reply::status(429, &[], ""), Reply::ok("done")]).await;
    let answer = client(&server).post("/").paid().send().await.unwrap();
    assert_eq!(answer.text().unwrap(), "done");

    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
    for reply in [Reply::close(), Reply::status(500, &[], ""), Reply::raw(cut).then_close()] {
        let server = Server::start([reply]).await;
        let error = client(&server).post("/").paid().send().await.unwrap_err();
        assert_eq!(error.effect(), Effect::MayHaveStarted, "{error:?}");
        assert!(!matches!(error.kind(), ErrorKind::RetriesExhausted { .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn other_calls_are_sent_again_after_a_break_and_a_cut_answer() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
    let server = Server::start([Reply::close(), Reply::raw(cut).then_close(), Reply::ok("whole")]).await;
    assert_eq!(client(&server).get("/").send().await.unwrap().text().unwrap(), "whole");
    assert_eq!(waits_ms(&server), [1000, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_body_in_memory_is_sent_again_and_a_stream_is_not() {
    let server = Server::start([Reply::status(503, &[], ""), Reply::ok("")]).await;
    let form = Multipart::with_boundary("X").text("a", "1").file("b", "b.png", "image/png", "2");
    let form = form.streamed_file("c", "c.png", "image/png", Body::from("3"));
    client(&server).post("/").multipart(form).send().await.unwrap();
    let received = server.received();
    assert_eq!(received[0].body, received[1].body);

    let server = Server::start([Reply::status(503, &[], "")]).await;
    let pieces = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("once".into())]);
    let error = client(&server).post("/").body(Body::from_stream(pieces)).send().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Status, true));
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_call_has_the_last_failure_as_its_source() {
    let last = Reply::status(429, &[("x-request-id", "r4"), ("Retry-After", "8")], "{\"code\":\"busy\"}");
    let server = Server::start([Reply::status(500, &[], ""), Reply::status(502, &[], ""), last]).await;
    let mut settings = timeless();
    settings.retry.retries_max = 2;
    let client = builder(&server).settings(settings).build().unwrap();
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 3 });
    assert_eq!(error.last().kind(), ErrorKind::Status);
    for error in [&error, error.last()] {
        assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!((error.code(), error.request_id()), (Some("busy"), Some("r4")));
        assert_eq!((error.retry_after(), error.is_retryable()), (Some(Duration::from_secs(8)), true));
        assert_eq!(error.effect(), Effect::MayHaveStarted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_can_have_a_policy_of_its_own() {
    let server = Server::start([Reply::status(503, &[], "")]).await;
    let error = client(&server).get("/").no_retry().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Status);

    let server = Server::start([Reply::status(409, &[], ""), Reply::ok("")]).await;
    let policy = StatusRetry::new([StatusCode::CONFLICT], ExponentialRetry::new(RetrySettings::default()));
    client(&server).get("/").retry(Arc::new(policy)).send().await.unwrap();
    assert_eq!(waits_ms(&server), [1000]);
}

#[test]
fn policies_are_tables() {
    let settings = RetrySettings { retries_max: 6, jitter: 0.25, ..RetrySettings::default() };
    let exponential = ExponentialRetry::new(settings);
    let only_429 = StatusRetry::new([StatusCode::TOO_MANY_REQUESTS], exponential);
    let of_status = |status, is_retryable| {
        ClientError::new(ErrorKind::Status, Effect::NotStarted)
            .with_status(StatusCode::from_u16(status).unwrap())
            .with_retryable(is_retryable)
    };
    let of_kind = |kind| ClientError::new(kind, Effect::NotStarted);
    let timeout = of_kind(ErrorKind::Timeout(TimeoutStage::Idle));
    let asked = of_kind(ErrorKind::Connect).with_retry_after(Duration::from_secs(90));
    let (wait, stop) = (|ms| RetryDecision::After(Duration::from_millis(ms)), RetryDecision::Stop);
    let policies: [&dyn RetryPolicy; 3] = [&exponential, &only_429, &NoRetry];
    let table = [
        (of_kind(ErrorKind::Connect), 0, 0.0, [wait(1000), wait(1000), stop]),
        (of_kind(ErrorKind::Interrupted), 1, 1.0, [wait(2500), wait(2500), stop]),
        (timeout, 2, 0.1, [wait(4100), wait(4100), stop]),
        (of_status(503, true), 4, 0.0, [wait(16_000), stop, stop]),
        (of_status(429, true), 5, 0.0, [wait(30_000), wait(30_000), stop]),
        (of_status(429, false), 0, 0.0, [stop, wait(1000), stop]),
        (of_status(429, true), 6, 0.0, [stop, stop, stop]),
        (asked, 0, 0.5, [wait(90_000), wait(90_000), stop]),
        (of_status(404, false), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::Decode), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::TooLarge), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::CircuitOpen).with_retryable(true), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::RateLimited).with_retryable(true), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::AddressRefused), 0, 0.0, [stop, stop, stop]),
        (of_kind(ErrorKind::RequestBody), 0, 0.0, [stop, stop, stop]),
    ];
    for (error, retries, random, expected) in table {
        let failed = FailedTry { retries, error: &error, random };
        assert_eq!(policies.map(|policy| policy.decide(&failed)), expected, "{error:?}");
    }
}

#[test]
fn jitter_is_a_fraction_and_differs() {
    let drawn: Vec<_> = (0..100).map(|_| HashRandom.fraction()).collect();
    assert!(drawn.iter().all(|fraction| (0.0..1.0).contains(fraction)));
    assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
}
