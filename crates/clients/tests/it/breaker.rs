//! The circuit breaker's states, on a paused clock, and its probes under many calls at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::http::{
    BaseHttpClient, Body, BreakerSettings, BreakerState, CallReport, ErrorKind, NoRetry, Recorder, Timeouts,
};
use futures_util::future::join_all;
use http::Request;
use tokio::sync::{Barrier, Semaphore};

use crate::support::{Reply, Server, builder, run, soon};

fn fails(count: usize) -> impl Iterator<Item = Reply> {
    (0..count).map(|_| Reply::status(500, &[], ""))
}

fn works(count: usize) -> impl Iterator<Item = Reply> {
    (0..count).map(|_| Reply::ok(""))
}

fn tries_once(server: &Server) -> BaseHttpClient {
    builder(server).retry_policy(NoRetry).build().unwrap()
}

/// Calls that many times, each to be answered and not held back.
async fn call(client: &BaseHttpClient, count: usize) {
    for _ in 0..count {
        if let Err(error) = client.get("/").send().await {
            assert_ne!(error.kind(), ErrorKind::CircuitOpen);
        }
    }
}

async fn is_open(client: &BaseHttpClient) -> bool {
    let outcome = client.get("/").send().await;
    outcome.is_err_and(|error| error.kind() == ErrorKind::CircuitOpen)
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_it_and_three_good_probes_close_it() {
    let server = Server::start(fails(5).chain(works(4))).await;
    let client = tries_once(&server);
    call(&client, 4).await;
    assert_eq!(client.breaker_state(), BreakerState::Closed);
    call(&client, 1).await;
    assert_eq!(client.breaker_state(), BreakerState::Open);
    tokio::time::advance(Duration::from_secs(59)).await;
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::CircuitOpen, Some(Duration::from_secs(1))));
    tokio::time::advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        assert_eq!(client.breaker_state(), BreakerState::HalfOpen);
        call(&client, 1).await;
    }
    assert_eq!(client.breaker_state(), BreakerState::Closed);
    call(&client, 1).await;
}

#[tokio::test(start_paused = true)]
async fn one_bad_probe_opens_it_again() {
    let server = Server::start(fails(5).chain(works(2)).chain(fails(1))).await;
    let client = tries_once(&server);
    call(&client, 5).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    call(&client, 3).await;
    assert_eq!(client.breaker_state(), BreakerState::Open);
    tokio::time::advance(Duration::from_secs(59)).await;
    assert!(is_open(&client).await);
}

#[tokio::test(start_paused = true)]
async fn a_success_or_a_callers_mistake_ends_the_row() {
    for good in [200, 302, 400, 404] {
        let script = fails(4).chain([Reply::status(good, &[], "")]).chain(fails(4));
        let server = Server::start(script).await;
        let client = tries_once(&server);
        call(&client, 9).await;
        assert_eq!(client.breaker_state(), BreakerState::Closed, "{good}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_busy_counts_neither_way() {
    for neutral in [408, 429] {
        let script = fails(4).chain([Reply::status(neutral, &[], "")]).chain(fails(1));
        let server = Server::start(script).await;
        let client = tries_once(&server);
        call(&client, 5).await;
        assert_eq!(client.breaker_state(), BreakerState::Closed, "{neutral}");
        call(&client, 1).await;
        assert_eq!(client.breaker_state(), BreakerState::Open, "{neutral}");
    }
}

#[tokio::test]
async fn of_a_hundred_calls_at_once_exactly_the_probes_go_through() {
    let (replies, tokens): (Vec<_>, Vec<_>) = (0..3).map(|_| Reply::ok("").held()).unzip();
    let server = Server::start(fails(5).chain(replies)).await;
    let client = tries_once(&server);
    call(&client, 5).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    let refused = Arc::new(AtomicUsize::new(0));
    let calls = join_all((0..100).map(|_| {
        let (client, refused) = (client.clone(), Arc::clone(&refused));
        async move {
            match client.get("/").send().await {
                Ok(_) => true,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
                    refused.fetch_add(1, Ordering::Relaxed);
                    false
                }
            }
        }
    }));
    let calls = run(calls);
    soon(async {
        while refused.load(Ordering::Relaxed) < 97 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(tokens);
    let through = soon(calls).await.unwrap().into_iter().filter(|went| *went).count();
    assert_eq!((through, refused.load(Ordering::Relaxed)), (3, 97));
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_calls_on_four_threads_exactly_the_probes_go_through() {
    let (replies, tokens): (Vec<_>, Vec<_>) = (0..5).map(|_| Reply::ok("").held()).unzip();
    let server = Server::start(fails(1).chain(replies)).await;
    let mut settings = crate::support::timeless();
    settings.breaker = BreakerSettings { failures_max: 1, open_for: Duration::ZERO, probes: 5 };
    let client = builder(&server).settings(settings).retry_policy(NoRetry).build().unwrap();
    call(&client, 1).await;
    assert_eq!(client.breaker_state(), BreakerState::HalfOpen);
    let refused = Arc::new(Semaphore::new(0));
    let together = Arc::new(Barrier::new(100));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (client, refused, together) = (client.clone(), Arc::clone(&refused), Arc::clone(&together));
            run(async move {
                together.wait().await;
                let Err(error) = client.get("/").send().await else { return true };
                assert_eq!(error.kind(), ErrorKind::CircuitOpen);
                refused.add_permits(1);
                false
            })
        })
        .collect();
    let _refused = soon(refused.acquire_many(95)).await.unwrap();
    assert_eq!(client.breaker_state(), BreakerState::HalfOpen);
    drop(tokens);
    let went = soon(join_all(calls)).await.into_iter().map(Result::unwrap);
    assert_eq!(went.filter(|went| *went).count(), 5);
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_probe_that_is_left_gives_its_place_to_another() {
    let (hang, _closed) = Reply::hang();
    let (hang, read) = hang.telling();
    let server = Server::start(fails(5).chain([hang]).chain(works(3))).await;
    let client = tries_once(&server);
    call(&client, 5).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    tokio::select! {
        _ = client.get("/").send() => panic!("nothing was answered"),
        _ = soon(read) => {}
    }
    call(&client, 3).await;
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_call_that_cannot_be_made_says_nothing_about_the_vendor() {
    let server = Server::start([]).await;
    let client = builder(&server).build().unwrap();
    for _ in 0..6 {
        let error = client.get(&"x".repeat(70_000)).send().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidRequest, false));
    }
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn clones_share_it_and_both_ways_through_count() {
    let server = Server::start(fails(5).chain(works(1))).await;
    let client = tries_once(&server);
    let other = client.clone();
    let exchange = || Request::get(server.url()).body(Body::empty()).unwrap();
    call(&client, 2).await;
    call(&other, 1).await;
    for _ in 0..2 {
        assert_eq!(other.exchange(exchange()).await.unwrap().status(), 500);
    }
    assert!(is_open(&client).await && is_open(&other).await);
    assert_eq!(client.exchange(exchange()).await.unwrap_err().kind(), ErrorKind::CircuitOpen);
    client.get("/").without_breaker().send().await.unwrap();
    assert_eq!(client.breaker_state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_refused_connections_count() {
    let client = BaseHttpClient::builder("http://127.0.0.1:1").retry_policy(NoRetry).build().unwrap();
    let limits = Timeouts { total: Duration::from_millis(1), ..Timeouts::NONE };
    for _ in 0..5 {
        client.get("/").timeouts(limits).send().await.unwrap_err();
    }
    assert_eq!(client.breaker_state(), BreakerState::Open);
}

#[tokio::test]
async fn a_stream_that_breaks_counts() {
    let cut = || Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").then_close();
    let server = Server::start((0..6).map(|_| cut())).await;
    let mut settings = crate::support::timeless();
    settings.breaker.failures_max = 1;
    for is_exchange in [false, true] {
        let client = builder(&server).settings(settings.clone()).build().unwrap();
        let body = if is_exchange {
            let request = Request::get(server.url()).body(Body::empty()).unwrap();
            client.exchange(request).await.unwrap().into_body()
        } else {
            client.get("/").stream().await.unwrap().into_body()
        };
        assert_eq!(client.breaker_state(), BreakerState::Closed);
        let pieces: Vec<_> = futures_util::StreamExt::collect(body.into_data_stream()).await;
        assert!(pieces.last().unwrap().is_err());
        assert_eq!(client.breaker_state(), BreakerState::Open);
    }
    drop(server.take_script());
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_breaker_holds_back_tells_of_the_failure_before_it() {
    let server = Server::start(fails(5)).await;
    let mut settings = crate::support::timeless();
    settings.retry.retries_max = 9;
    let client = builder(&server).settings(settings).build().unwrap();
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 5 });
    assert_eq!((error.status().unwrap().as_u16(), error.retry_after()), (500, Some(Duration::from_secs(44))));
}

#[derive(Default)]
struct States(Mutex<Vec<BreakerState>>);

impl Recorder for States {
    fn breaker_changed(&self, state: BreakerState) {
        self.0.lock().unwrap().push(state);
    }

    fn call_ended(&self, _: &CallReport<'_>) {}
}

#[tokio::test(start_paused = true)]
async fn every_change_is_told() {
    let server = Server::start(fails(5).chain(works(3))).await;
    let states = Arc::new(States::default());
    let client = builder(&server).retry_policy(NoRetry).recorder(Arc::clone(&states) as _).build().unwrap();
    call(&client, 5).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    call(&client, 3).await;
    let states = states.0.lock().unwrap();
    assert_eq!(*states, [BreakerState::Open, BreakerState::HalfOpen, BreakerState::Closed]);
}

#[tokio::test]
async fn calls_to_another_origin_are_none_of_its_business() {
    let server = Server::start([]).await;
    let other = Server::start(fails(6)).await;
    let mut settings = crate::support::timeless();
    settings.foreign_addresses = fourfold_clients::http::AddressPolicy::Any;
    let client = builder(&server).settings(settings).retry_policy(NoRetry).build().unwrap();
    for _ in 0..6 {
        assert_eq!(client.get(&other.url()).send().await.unwrap_err().kind(), ErrorKind::Status);
    }
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}
