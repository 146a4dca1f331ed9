//! Targets that break off: nobody takes what came for the whole.

use fourfold_forward::{Effect, ErrorKind, ForwardError, ForwardRetry};
use http_body_util::BodyExt as _;

use crate::support::{Reply, Upstream, body_of, builder, forwarder, get, post, soon};

const EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

#[tokio::test]
async fn a_body_that_is_cut_ends_with_an_error() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk("half"));
    for cut in [whole.to_owned(), chunked] {
        let upstream = Upstream::start([Reply::raw(cut).then_close()]).await;
        let mut body = soon(forwarder(&upstream).forward(get("/"))).await.unwrap().into_body();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "half");
        let error = soon(body.frame()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
    }
}

#[tokio::test]
async fn an_event_stream_that_is_cut_between_events_ends_with_an_error_event_and_no_done() {
    for came in ["data: 1\n\n", ""] {
        let sent = if came.is_empty() { String::new() } else { chunk(came) };
        let upstream = Upstream::start([Reply::raw(format!("{EVENTS}{sent}")).then_close()]).await;
        let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
        let body = String::from_utf8(body_of(answer).await.to_vec()).unwrap();
        let ours = body.strip_prefix(came).unwrap();
        assert!(ours.starts_with("event: error\n") && ours.ends_with("\n\n"), "{body}");
        assert!(!ours.contains("[DONE]"), "{body}");
        let data = ours.split_once("data: ").unwrap().1;
        let error: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!((&error["type"], &error["error"]["code"]), (&"error".into(), &"interrupted".into()));
    }
}

#[tokio::test]
async fn a_fragment_of_an_event_is_never_made_whole() {
    for came in ["data: {\"a", "data: 1\n\ndata: 2\n", "data: 1\n\n: "] {
        let upstream = Upstream::start([Reply::raw(format!("{EVENTS}{}", chunk(came))).then_close()]).await;
        let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
        let mut body = answer.into_body();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), came);
        let error = soon(body.frame()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{came:?}");
    }
}

#[tokio::test]
async fn an_event_stream_that_had_said_all_is_not_broken() {
    let events = format!("{EVENTS}{}{}", chunk("data: 1\n\n"), chunk("data: [DONE]\n\n"));
    let upstream = Upstream::start([Reply::raw(events).then_close()]).await;
    let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
    assert_eq!(body_of(answer).await, "data: 1\n\ndata: [DONE]\n\n");
}

#[tokio::test]
async fn an_event_stream_that_cannot_take_an_event_ends_with_an_error() {
    for header in ["Content-Encoding: gzip\r\nTransfer-Encoding: chunked", "Content-Length: 900"] {
        let body = if header.contains("chunked") { chunk("data: 1\n\n") } else { "data: 1\n\n".to_owned() };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{header}\r\n\r\n");
        let upstream = Upstream::start([Reply::raw(head + &body).then_close()]).await;
        let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
        assert!(soon(answer.into_body().collect()).await.is_err(), "{header}");
    }
}

#[tokio::test]
async fn who_gets_no_answer_learns_whether_the_target_may_have_begun() {
    let upstream = Upstream::start([Reply::close()]).await;
    let error = soon(forwarder(&upstream).forward(post("/", "{}"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::Interrupted { .. }), "{error:?}");
    assert_eq!((error.effect(), error.kind()), (Effect::MayHaveStarted, "interrupted"));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = soon(builder(&gone).build().unwrap().forward(post("/", "{}"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::Unreachable { .. }), "{error:?}");
    assert_eq!((error.effect(), error.kind()), (Effect::NotStarted, "unreachable"));
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn an_answer_whose_head_cannot_be_read_is_an_error_of_its_own_and_not_asked_for_again() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: b\r\n".repeat(101));
    let large = format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "b".repeat(200 << 10));
    for wrong in [
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
        &many,
        &large,
    ] {
        let upstream = Upstream::start([Reply::raw(wrong).then_close()]).await;
        let forwarder = builder(&upstream.url()).retry(ForwardRetry::default()).build().unwrap();
        let error = soon(forwarder.forward(get("/"))).await.unwrap_err();
        let start = &wrong[..wrong.len().min(80)];
        assert!(matches!(error, ForwardError::MalformedAnswer { .. }), "{start:?} {error:?}");
        assert_eq!((error.kind(), error.effect()), ("malformed_answer", Effect::MayHaveStarted), "{start:?}");
        assert!(error.to_string().contains("100 headers and 64 KiB"), "{error}");
        assert_eq!(upstream.received().len(), 1, "{start:?}");
    }
}

#[tokio::test]
async fn a_head_at_its_limits_is_read() {
    let many = format!("HTTP/1.1 204 OK\r\n{}\r\n", "x-a: b\r\n".repeat(100));
    let large = format!("HTTP/1.1 204 OK\r\nx-a: {}\r\n\r\n", "b".repeat(60 << 10));
    for head in [many, large] {
        let upstream = Upstream::start([Reply::raw(head)]).await;
        assert_eq!(soon(forwarder(&upstream).forward(get("/"))).await.unwrap().status(), 204);
    }
}

#[tokio::test]
async fn a_connection_that_nobody_asked_to_switch_is_a_failure() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let upstream = Upstream::start([Reply::raw(switch).then_close()]).await;
    let failed = soon(forwarder(&upstream).forward(get("/"))).await;
    assert!(matches!(failed, Err(ForwardError::Interrupted { .. })), "{failed:?}");
}

#[tokio::test]
async fn an_answer_has_no_version_of_its_targets() {
    let upstream = Upstream::start([Reply::raw("HTTP/1.0 200 OK\r\n\r\nabc").then_close()]).await;
    let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_11);
    assert_eq!(body_of(answer).await, "abc");
}
