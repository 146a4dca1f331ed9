//! Paid work in somebody else's own bytes.

use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{
    AuthScheme, Effect, ErrorKind, HttpSettings, RateLimitSettings, TimeoutSettings, TimeoutStage,
};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;

use crate::support::{Reply, Server, builder, client, soon, timeless};

const BODY: &[u8] = b"{ \"any\": 1.50,\t\"b\":\"\\u00e9\" }\n";

fn body() -> Bytes {
    Bytes::from_static(BODY)
}

#[tokio::test]
async fn bytes_go_as_they_are_with_the_clients_own_headers() {
    let server = Server::start([Reply::status(200, &[("x-answer", "Kept")], "as it is\n")]).await;
    let client = builder(&server)
        .auth(AuthScheme::Header(http::HeaderName::from_static("x-api-key"), "key".to_owned().into()))
        .default_header("x-version", "1")
        .default_header("x-org", "ours")
        .build()
        .unwrap();
    let headers =
        HeaderMap::from_iter([(http::HeaderName::from_static("x-version"), HeaderValue::from_static("2"))]);
    let answer = client.exchange_paid("v1/make?a=b", headers, body(), false).await.unwrap();
    assert_eq!(answer.headers()["x-answer"], "Kept");
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "as it is\n");
    let received = server.only_received();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/v1/make?a=b"));
    assert_eq!(received.body, BODY);
    for (name, value) in [("x-api-key", "key"), ("x-version", "2"), ("x-org", "ours")] {
        assert_eq!(received.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_query_credential_goes_too_and_to_nobody_else() {
    let server = Server::start([Reply::ok("")]).await;
    let auth = AuthScheme::Query("key".to_owned(), "k&1".to_owned().into());
    let client = builder(&server).auth(auth).build().unwrap();
    client.exchange_paid("make", HeaderMap::new(), body(), false).await.unwrap();
    assert_eq!(server.only_received().target, "/make?key=k%261");
    let error =
        client.exchange_paid("https://other.test/", HeaderMap::new(), body(), false).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidRequest, Effect::NotStarted));
}

#[tokio::test]
async fn a_failure_says_what_the_vendor_does_and_is_not_repeated() {
    let answer = r#"{"error": {"code": "slow_down", "message": "Not with key!"}}"#;
    for (status, headers, effect) in [
        (429, &[("Retry-After", "7"), ("x-request-id", "r1")][..], Effect::NotStarted),
        (500, &[], Effect::MayHaveStarted),
        (302, &[("Location", "/elsewhere")], Effect::MayHaveStarted),
    ] {
        let server = Server::start([Reply::status(status, headers, answer)]).await;
        let client = builder(&server).auth(AuthScheme::Bearer("key".to_owned().into())).build().unwrap();
        let error = client.exchange_paid("make", HeaderMap::new(), body(), true).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Status, effect), "{status}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((error.code(), error.message()), (Some("slow_down"), Some("Not with [hidden]!")));
        if status == 429 {
            assert_eq!((error.retry_after(), error.request_id()), (Some(Duration::from_secs(7)), Some("r1")));
        }
        server.only_received();
    }
}

#[tokio::test]
async fn a_silent_vendor_ends_at_the_limit_of_the_whole() {
    let (reply, closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let timeouts = TimeoutSettings { total: Duration::from_secs(300), ..timeless().timeouts };
    let client = builder(&server).settings(HttpSettings { timeouts, ..timeless() }).build().unwrap();
    let mut call = std::pin::pin!(client.exchange_paid("make", HeaderMap::new(), body(), true));
    tokio::select! {
        _ = &mut call => panic!("the call should still wait"),
        read = soon(read) => read.unwrap(),
    }
    tokio::time::pause();
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutStage::FirstByte));
    assert_eq!(error.effect(), Effect::MayHaveStarted);
    tokio::time::resume();
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn the_rate_limit_holds() {
    let server = Server::start([Reply::ok("")]).await;
    let rate_limit = RateLimitSettings { calls: 1, per: Duration::from_secs(60), wait_max: Duration::ZERO };
    let settings = HttpSettings { rate_limit: Some(rate_limit), ..timeless() };
    let client = builder(&server).settings(settings).build().unwrap();
    client.exchange_paid("make", HeaderMap::new(), body(), false).await.unwrap();
    let error = client.exchange_paid("make", HeaderMap::new(), body(), false).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::RateLimited, Effect::NotStarted));
}

#[tokio::test]
async fn a_dropped_answer_closes_the_connection() {
    let begun = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
    let (reply, closed) = Reply::raw(begun).then_await_close();
    let server = Server::start([reply]).await;
    let answer = client(&server).exchange_paid("make", HeaderMap::new(), body(), true).await.unwrap();
    let mut pieces = answer.into_body().into_data_stream();
    assert_eq!(futures_util::StreamExt::next(&mut pieces).await.unwrap().unwrap(), "a");
    drop(pieces);
    soon(closed).await.unwrap();
}
