//! Targets that break off: nobody takes what came for the whole.

use fourfold_forward::{Effect, ErrorKind, ForwardError};
use http_body_util::BodyExt as _;

use crate::support::{Reply, Upstream, body_of, forwarder, get, post, soon};

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
async fn an_event_stream_that_is_cut_ends_with_an_error_event_and_no_done() {
    for (came, start) in
        [("data: 1\n\n", "event: error\n"), ("data: {\"a", "\n\nevent: error\n"), ("", "event: error\n")]
    {
        let sent = if came.is_empty() { String::new() } else { chunk(came) };
        let upstream = Upstream::start([Reply::raw(format!("{EVENTS}{sent}")).then_close()]).await;
        let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
        let body = String::from_utf8(body_of(answer).await.to_vec()).unwrap();
        let ours = body.strip_prefix(came).unwrap();
        assert!(ours.starts_with(start) && ours.ends_with("\n\n") && !ours.contains("[DONE]"), "{body}");
        let data = ours.split_once("data: ").unwrap().1;
        let error: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!((&error["type"], &error["error"]["code"]), (&"error".into(), &"interrupted".into()));
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
    let error =
        soon(crate::support::builder(&gone).build().unwrap().forward(post("/", "{}"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::Unreachable { .. }), "{error:?}");
    assert_eq!((error.effect(), error.kind()), (Effect::NotStarted, "unreachable"));
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_failure() {
    for wrong in [
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ] {
        let upstream = Upstream::start([Reply::raw(wrong).then_close()]).await;
        let failed = soon(forwarder(&upstream).forward(get("/"))).await;
        assert!(matches!(failed, Err(ForwardError::Interrupted { .. })), "{wrong:?} {failed:?}");
    }
}
