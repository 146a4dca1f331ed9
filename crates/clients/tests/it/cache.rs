//! The cache of answers to reads.

use std::time::Duration;

use fourfold_clients::http::{AuthScheme, BaseHttpClient, HttpSettings};

use crate::support::{Reply, Server, builder, client, timeless};

async fn get(client: &BaseHttpClient, path: &str) -> String {
    client.get(path).cached().send().await.unwrap().text().unwrap().to_owned()
}

fn small(entries_max: usize, bytes_max: usize) -> HttpSettings {
    let mut settings = timeless();
    settings.cache.entries_max = entries_max;
    settings.cache.bytes_max = bytes_max;
    settings
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_until_it_is_stale() {
    let server = Server::start([Reply::ok("1"), Reply::ok("2")]).await;
    let client = client(&server);
    assert_eq!(get(&client, "/a").await, "1");
    tokio::time::advance(Duration::from_millis(59_999)).await;
    assert_eq!(get(&client, "/a").await, "1");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(get(&client, "/a").await, "2");
}

#[tokio::test(start_paused = true)]
async fn cache_control_says_how_long() {
    let table: [(&[(&str, &str)], u64); 11] = [
        (&[("Cache-Control", "max-age=5")], 5),
        (&[("Cache-Control", "public, Max-Age=5")], 5),
        (&[("Cache-Control", "max-age=300"), ("Age", "200")], 100),
        (&[("Cache-Control", "max-age=0")], 0),
        (&[("Cache-Control", "no-store")], 0),
        (&[("Cache-Control", "max-age=9, no-cache")], 0),
        (&[("Cache-Control", "private")], 60),
        (&[("Vary", "Accept, Authorization")], 60),
        (&[("Vary", "*")], 0),
        (&[("Vary", "X-User")], 0),
        (&[], 60),
    ];
    for (headers, fresh_s) in table {
        let server = Server::start([Reply::status(200, headers, "1"), Reply::ok("2")]).await;
        let client = client(&server);
        assert_eq!(get(&client, "/").await, "1");
        if fresh_s > 0 {
            tokio::time::advance(Duration::from_secs(fresh_s) - Duration::from_millis(1)).await;
            assert_eq!(get(&client, "/").await, "1", "{headers:?}");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(get(&client, "/").await, "2", "{headers:?}");
    }
}

#[tokio::test]
async fn only_reads_that_ask_are_answered_from_it() {
    let server = Server::start((0..6).map(|n| Reply::ok(n.to_string()))).await;
    let client = client(&server);
    assert_eq!(get(&client, "/").await, "0");
    assert_eq!(client.get("/").send().await.unwrap().text().unwrap(), "1");
    for expected in ["2", "3"] {
        assert_eq!(client.post("/").cached().send().await.unwrap().text().unwrap(), expected);
    }
    let other = AuthScheme::Bearer("other".to_owned().into());
    assert_eq!(client.get("/").auth(&other).cached().send().await.unwrap().text().unwrap(), "4");
    assert_eq!(client.get("/").accept("text/plain").cached().send().await.unwrap().text().unwrap(), "5");
    assert_eq!(get(&client, "/").await, "0");
}

#[tokio::test(start_paused = true)]
async fn failures_are_not_kept_and_a_call_can_set_the_time() {
    let server = Server::start([Reply::status(404, &[], ""), Reply::ok("1"), Reply::ok("2")]).await;
    let client = client(&server);
    client.get("/").cached().send().await.unwrap_err();
    let call = || client.get("/").cached_for(Duration::from_secs(5)).send();
    assert_eq!(call().await.unwrap().text().unwrap(), "1");
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(call().await.unwrap().text().unwrap(), "1");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(call().await.unwrap().text().unwrap(), "2");
}

#[tokio::test(start_paused = true)]
async fn it_stays_within_its_bounds() {
    let tick = || tokio::time::advance(Duration::from_millis(1));
    for settings in [small(2, 1000), small(100, 2)] {
        let server = Server::start(["a1", "b1", "c1", "b2"].map(|body| Reply::ok(&body[..1]))).await;
        let client = builder(&server).settings(settings).build().unwrap();
        assert_eq!(get(&client, "/a").await, "a");
        tick().await;
        assert_eq!(get(&client, "/b").await, "b");
        tick().await;
        assert_eq!(get(&client, "/a").await, "a");
        tick().await;
        assert_eq!(get(&client, "/c").await, "c");
        tick().await;
        assert_eq!(get(&client, "/a").await, "a");
        tick().await;
        assert_eq!(get(&client, "/b").await, "b");
        assert_eq!(server.received().len(), 4);
    }
    let server = Server::start([Reply::ok("large"), Reply::ok("large")]).await;
    let client = builder(&server).settings(small(9, 4)).build().unwrap();
    get(&client, "/").await;
    get(&client, "/").await;
}

#[tokio::test]
async fn an_answer_belongs_to_the_headers_that_it_was_asked_with() {
    let server = Server::start([Reply::ok("a"), Reply::ok("b")]).await;
    let client = client(&server);
    for (credential, expected) in [("Bearer a", "a"), ("Bearer b", "b"), ("Bearer a", "a")] {
        let call = client.get("/").header(http::header::AUTHORIZATION, credential).cached();
        assert_eq!(call.send().await.unwrap().text().unwrap(), expected);
    }
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn nothing_is_kept_for_ever_whatever_anybody_says() {
    let age = format!("max-age={}", u64::MAX);
    let server = Server::start([Reply::status(200, &[("Cache-Control", &age)], "a"), Reply::ok("b")]).await;
    let client = client(&server);
    client.get("/a").cached().send().await.unwrap();
    client.get("/b").cached_for(Duration::MAX).send().await.unwrap();
    assert_eq!((get(&client, "/a").await.as_str(), get(&client, "/b").await.as_str()), ("a", "b"));
    assert_eq!(server.received().len(), 2);
}
