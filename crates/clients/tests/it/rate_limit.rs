//! The client's own rate limit.

use std::time::Duration;

use fourfold_clients::http::{AuthScheme, BaseHttpClient, ErrorKind, RateLimitSettings};
use futures_util::future::join_all;

use crate::support::{Reply, Server, builder, timeless};

fn limited(server: &Server, wait_max_s: u64) -> BaseHttpClient {
    let mut settings = timeless();
    let per = Duration::from_secs(10);
    settings.rate_limit =
        Some(RateLimitSettings { calls: 3, per, wait_max: Duration::from_secs(wait_max_s) });
    builder(server).settings(settings).auth(AuthScheme::Bearer("one".to_owned().into())).build().unwrap()
}

fn works(count: usize) -> impl Iterator<Item = Reply> {
    (0..count).map(|_| Reply::ok(""))
}

#[tokio::test(start_paused = true)]
async fn no_window_holds_more_calls_than_allowed() {
    let server = Server::start(works(8)).await;
    let client = limited(&server, 60);
    join_all((0..8).map(|_| client.get("/").send()))
        .await
        .into_iter()
        .for_each(|outcome| _ = outcome.unwrap());
    let first = server.times()[0];
    let began_ms: Vec<_> = server.times().iter().map(|at| (*at - first).as_millis()).collect();
    assert_eq!(began_ms, [0, 0, 0, 10_000, 10_000, 10_000, 20_000, 20_000]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_wait_too_long_fails_and_says_how_long() {
    let server = Server::start(works(3)).await;
    let client = limited(&server, 5);
    for _ in 0..3 {
        client.get("/").send().await.unwrap();
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(8))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_left_while_it_waits_gives_its_place_back() {
    let server = Server::start(works(4)).await;
    let client = limited(&server, 15);
    for _ in 0..3 {
        client.get("/").send().await.unwrap();
    }
    let waits: Vec<_> = (0..3)
        .map(|_| {
            let mut call = Box::pin(client.get("/").send());
            assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
            call
        })
        .collect();
    assert_eq!(client.get("/").send().await.unwrap_err().kind(), ErrorKind::RateLimited);
    drop(waits);
    client.get("/").send().await.unwrap();
    let times = server.times();
    assert_eq!((times[3] - times[0]).as_millis(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn each_credential_has_its_own_limit() {
    let server = Server::start(works(6)).await;
    let client = limited(&server, 0);
    let other = AuthScheme::Bearer("two".to_owned().into());
    for _ in 0..3 {
        client.get("/").send().await.unwrap();
        client.get("/").auth(&other).send().await.unwrap();
    }
    assert_eq!(client.get("/").send().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(client.get("/").auth(&other).send().await.unwrap_err().kind(), ErrorKind::RateLimited);
}
