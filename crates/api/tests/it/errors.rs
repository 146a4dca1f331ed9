//! Errors that no handler makes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use fourfold_api::ServerSettings;
use futures_util::{StreamExt as _, stream};
use http::Method;
use tokio::time::Instant;

use crate::support::rules::operations;
use crate::support::{House, Plan};

#[tokio::test]
async fn a_path_that_is_no_route_is_not_found() {
    let house = House::new().await;
    for path in
        ["/", "/api", "/api/v1", "/api/v1/jobs/", "//api/v1/jobs", "/v1/nothing", "/%ff", "/docs/nothing"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = house.ask(method.clone(), path).by_admin().answer().await;
            let is_docs = path.starts_with("/docs") && method != Method::GET;
            let expected = if is_docs { 405 } else { 404 };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_refused_with_those_that_it_takes() {
    let house = House::new().await;
    // A target takes what it likes.
    for operation in operations().into_iter().filter(|operation| operation.document["tags"][0] != "forward") {
        let ask = house.ask(Method::PUT, operation.path).by_admin();
        let answer = ask.check(405, "method_not_allowed", None).await;
        let allowed = answer.header("allow").unwrap_or_default();
        assert!(allowed.contains(operation.method.as_str()), "{}: {allowed:?}", operation.path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let settings = ServerSettings { body_timeout: Duration::from_secs(7), ..ServerSettings::default() };
    let house = House::with(Plan { settings, ..Plan::default() }).await;
    for path in ["/api/v1/jobs", "/api/v1/quotes", "/api/v1/admin/keys"] {
        let began = Instant::now();
        let part = Ok::<_, Infallible>(Bytes::from_static(b"{"));
        let body = Body::from_stream(stream::iter([part]).chain(stream::pending()));
        let ask = house.ask(Method::POST, path).key(&house.admin).header("fourfold-user", "u1").body(body);
        ask.check(408, "body_timeout", None).await;
        assert_eq!(began.elapsed().as_secs(), 7);
    }
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_malformed() {
    let house = House::new().await;
    let keys = house.get("/api/v1/admin/keys").by_admin().ok(200).await;
    for (path, body, field) in [
        ("/api/v1/admin/keys", r#"{"kind": "user", "account": "u1", "kind": "admin"}"#, "kind"),
        ("/api/v1/admin/accounts/u1/grants", r#"{"credits": "1", "credits": "2"}"#, "credits"),
        ("/api/v1/jobs", r#"{"model": "picture", "input": {}, "mod\u0065l": "other"}"#, "model"),
    ] {
        let ask = house.ask(Method::POST, path).key(&house.admin).header("fourfold-user", "u1").body(body);
        ask.header("content-type", "application/json").check(400, "malformed", Some(field)).await;
    }
    assert_eq!(house.get("/api/v1/admin/keys").by_admin().ok(200).await, keys);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let house = House::new().await;
    let parts = [Ok(Bytes::from_static(b"{")), Err("the connection is gone")];
    let body = Body::from_stream(stream::iter(parts));
    let ask = house.ask(Method::POST, "/api/v1/jobs").by("u1").body(body);
    ask.check(400, "malformed", Some("body")).await;
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    let settings = ServerSettings { body_limit_bytes: 1000, ..ServerSettings::default() };
    let house = House::with(Plan { settings, ..Plan::default() }).await;
    let body = |length: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(length - 8));
    let ask = |length| house.ask(Method::POST, "/api/v1/jobs").by("u1").body(body(length));
    ask(1000).check(400, "malformed", Some("model")).await;
    let answer = ask(1001).check(413, "too_large", None).await;
    assert!(answer.message().contains("1000 bytes"));
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 100])));
    let ask = house.ask(Method::POST, "/api/v1/jobs").by("u1").body(Body::from_stream(endless));
    ask.check(413, "too_large", None).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_ask_is_told_so_whatever_becomes_of_the_body() {
    let house = House::new().await;
    let never = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    for path in ["/api/v1/jobs", "/api/v1/quotes", "/api/v1/admin/keys"] {
        house.ask(Method::POST, path).body(never()).check(401, "invalid_api_key", None).await;
    }
    let ask = house.ask(Method::POST, "/api/v1/admin/keys").key(&house.service).body(never());
    ask.check(403, "missing_scope", None).await;
}
