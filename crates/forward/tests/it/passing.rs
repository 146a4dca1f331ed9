//! What goes on and what comes back, as it is.

use std::time::Duration;

use fourfold_forward::{Allow, AuthScheme, Body, ForwardRequest, Forwarder, Target, TlsSettings};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::support::{Reply, TlsUpstream, Upstream, body_of, builder, forwarder, get, post, soon};

fn credentialed(upstream: &Upstream, auth: AuthScheme) -> Forwarder {
    let target = Target::new("vendor", &format!("{}/v1/", upstream.url())).unwrap();
    Forwarder::new(target.auth(auth).allow(Allow::everything())).unwrap()
}

#[tokio::test]
async fn a_request_goes_on_byte_for_byte_with_the_targets_credential() {
    let kept_back = [
        ("set-cookie", "a=b"),
        ("strict-transport-security", "max-age=1; includeSubDomains"),
        ("alt-svc", "h3=\":443\""),
        ("clear-site-data", "\"*\""),
        ("fourfold-error", "1"),
    ];
    let reply = Reply::status(418, &[&kept_back[..], &[("x-vendor", "1")]].concat(), "hi");
    let upstream = Upstream::start([reply]).await;
    let request = Request::get("/models/a%20b?x=%2F&&y=[]&z")
        .header("authorization", "Bearer ff_callers")
        .header("x-request-id", "r1")
        .header("traceparent", "00-a-b-01")
        .header("host", "elsewhere")
        .body(Body::empty())
        .unwrap();
    let forwarder = credentialed(&upstream, AuthScheme::Bearer("vendor-key".into()));
    let answer = soon(forwarder.forward(request)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers()["x-vendor"], "1");
    for (name, _) in kept_back {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(body_of(answer).await, "hi");
    let received = upstream.only_received();
    assert_eq!(received.target, "/v1/models/a%20b?x=%2F&&y=[]&z");
    let mut headers = received.headers.clone();
    headers.sort();
    let url = upstream.url();
    let expected = [
        ("authorization", "Bearer vendor-key"),
        ("host", url.strip_prefix("http://").unwrap()),
        ("traceparent", "00-a-b-01"),
        ("x-request-id", "r1"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_credential_goes_where_its_target_wants_it() {
    let own = AuthScheme::Header(HeaderName::from_static("x-api-key"), "own".into());
    for (auth, target, header) in [
        (AuthScheme::None, "/v1/a?b=c", None),
        (own.clone(), "/v1/a?b=c", Some(("x-api-key", "own"))),
        (AuthScheme::Query("key".into(), "k&1".to_owned().into()), "/v1/a?b=c&key=k%261", None),
    ] {
        let upstream = Upstream::start([Reply::ok("")]).await;
        soon(credentialed(&upstream, auth).forward(get("/a?b=c"))).await.unwrap();
        let received = upstream.only_received();
        assert_eq!(received.target, target);
        if let Some((name, value)) = header {
            assert_eq!(received.header(name), Some(value));
        }
    }
    let upstream = Upstream::start([Reply::ok("")]).await;
    let request = ForwardRequest::new(Method::GET, "/a").query("b", "c d").credential(own);
    soon(credentialed(&upstream, AuthScheme::Query("key".into(), "k".into())).forward(request))
        .await
        .unwrap();
    let received = upstream.only_received();
    assert_eq!((received.target.as_str(), received.header("x-api-key")), ("/v1/a?b=c+d", Some("own")));
}

#[tokio::test]
async fn any_method_goes_on_as_it_is() {
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-OWN!"] {
        let upstream = Upstream::start([Reply::ok("x")]).await;
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        assert_eq!(body_of(soon(forwarder(&upstream).forward(request)).await.unwrap()).await, "x");
        assert_eq!(upstream.only_received().method, method);
    }
}

#[tokio::test]
async fn the_head_of_an_answer_keeps_its_length() {
    let upstream = Upstream::start([Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")]).await;
    let request = Request::head("/").body(Body::empty()).unwrap();
    let answer = soon(forwarder(&upstream).forward(request)).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], "77");
    assert_eq!(body_of(answer).await, "");
}

#[tokio::test]
async fn conditions_ranges_expectations_and_codings_are_not_touched() {
    let gzip = [0x1f, 0x8b, 8, 0, 0xff, 0, 0xc3, 0x28];
    for (reply, body) in [
        (Reply::raw("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), &b""[..]),
        (Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"), b""),
        (Reply::status(206, &[("Content-Range", "bytes 0-0/9")], "a"), b"a"),
        (Reply::status(200, &[("Content-Encoding", "gzip")], gzip), &gzip),
        (Reply::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"), b"a"),
    ] {
        let upstream = Upstream::start([reply]).await;
        let headers = [
            ("if-none-match", "\"a\""),
            ("range", "bytes=0-0"),
            ("expect", "100-continue"),
            ("accept-encoding", "gzip"),
        ];
        let mut request = post("/", "body");
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        let answer = soon(forwarder(&upstream).forward(request)).await.unwrap();
        assert_eq!(body_of(answer).await, body);
        let received = upstream.only_received();
        for (name, value) in headers {
            assert_eq!(received.header(name), Some(value));
        }
        assert_eq!(received.text(), "body");
    }
}

#[tokio::test]
async fn redirects_are_passed_back() {
    for status in [301, 302, 303, 307, 308] {
        let upstream =
            Upstream::start([Reply::status(status, &[("Location", "http://169.254.169.254/")], "")]).await;
        let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()[header::LOCATION], "http://169.254.169.254/");
    }
}

#[tokio::test]
async fn trailers_are_dropped_both_ways() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n1\r\na\r\n0\r\nx-sum: 7\r\n\r\n";
    let upstream = Upstream::start([Reply::raw(chunked)]).await;
    let frames = [
        Frame::data("b".into()),
        Frame::trailers([(header::ETAG, HeaderValue::from_static("7"))].into_iter().collect()),
    ];
    let body = StreamBody::new(futures_util::stream::iter(frames.map(Ok::<_, std::io::Error>)));
    let mut request = post("/", Body::wrap(body));
    request.headers_mut().insert(header::TRAILER, HeaderValue::from_static("etag"));
    let answer = soon(forwarder(&upstream).forward(request)).await.unwrap();
    assert!(!answer.headers().contains_key(header::TRAILER));
    let collected = soon(answer.into_body().collect()).await.unwrap();
    assert!(collected.trailers().is_none());
    assert_eq!((collected.to_bytes(), upstream.only_received().text()), ("a".into(), "b"));
}

#[tokio::test]
async fn both_ways_stream_at_once() {
    let (reply, pipe) = Reply::piped("text/event-stream");
    let upstream = Upstream::start([reply.by_head()]).await;
    let (tx, mut rx) = mpsc::unbounded_channel::<Result<_, std::io::Error>>();
    let body = Body::from_stream(futures_util::stream::poll_fn(move |cx| rx.poll_recv(cx)));
    let mut answer = soon(forwarder(&upstream).forward(post("/", body))).await.unwrap().into_body();
    for event in ["data: 1\n\n", "data", ": 2\r\n\r\n", ": still there\n\n", "data: [DONE]\n\n"] {
        tx.send(Ok("x".into())).unwrap();
        pipe.send(event);
        assert_eq!(soon(answer.frame()).await.unwrap().unwrap().into_data().unwrap(), event);
    }
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let upstream = Upstream::start((0..3).map(|_| Reply::ok("x"))).await;
    let forwarder = forwarder(&upstream);
    for _ in 0..3 {
        body_of(soon(forwarder.clone().forward(get("/"))).await.unwrap()).await;
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn a_user_agent_replaces_the_callers_where_one_is_set() {
    let upstream = Upstream::start([Reply::ok(""), Reply::ok("")]).await;
    let ours = builder(&upstream.url()).user_agent(HeaderValue::from_static("ours")).build().unwrap();
    for forwarder in [forwarder(&upstream), ours] {
        let request = ForwardRequest::new(Method::GET, "/").header("user-agent", "callers");
        soon(forwarder.forward(request)).await.unwrap();
    }
    let agents: Vec<_> =
        upstream.received().iter().map(|got| got.header("user-agent").unwrap().to_owned()).collect();
    assert_eq!(agents, ["callers", "ours"]);
}

#[tokio::test]
async fn a_target_that_cannot_prove_itself_is_trusted_only_on_demand() {
    let upstream = TlsUpstream::start().await;
    let error = soon(upstream.builder().build().unwrap().forward(get("/").map(|_| Body::from("x")))).await;
    assert_eq!(error.unwrap_err().kind(), "unreachable");
    let unverified = TlsSettings { verify: false, ..TlsSettings::default() };
    soon(upstream.builder().tls(unverified).build().unwrap().forward(get("/"))).await.unwrap();
}

#[tokio::test]
async fn a_stream_with_a_limit_ends_there() {
    let (reply, pipe) = Reply::piped("text/event-stream");
    let upstream = Upstream::start([reply]).await;
    let mut timeouts = crate::support::TIMELESS;
    timeouts.stream = Duration::from_millis(100);
    let request = ForwardRequest::from(get("/")).timeouts(timeouts);
    let answer = soon(forwarder(&upstream).forward(request)).await.unwrap();
    pipe.send("data: 1\n\n");
    let body = String::from_utf8(body_of(answer).await.to_vec()).unwrap();
    assert!(body.starts_with("data: 1\n\nevent: error\n") && body.contains("stream_timeout"), "{body}");
}
