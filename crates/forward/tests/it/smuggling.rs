//! What could be read in two ways, or lead elsewhere, isn't sent.

use fourfold_forward::{Body, ForwardError, ForwardRequest};
use http::{Method, Request};

use crate::support::{Reply, Upstream, forwarder, get, soon};

async fn refuse(request: impl Into<ForwardRequest>, case: &str) {
    let upstream = Upstream::start([]).await;
    let refused = soon(forwarder(&upstream).forward(request)).await;
    let is_refused = matches!(refused, Err(ForwardError::UnsafePath(_) | ForwardError::InvalidRequest(_)));
    assert!(is_refused, "{case:?} {refused:?}");
    assert_eq!(upstream.connections(), 0, "{case:?}");
}

#[tokio::test]
async fn paths_that_climb_or_can_be_read_in_two_ways_are_refused() {
    for path in [
        "",
        "a",
        "*",
        "/..",
        "/../admin",
        "/a/../../admin",
        "/%2e%2e/admin",
        "/.%2E/admin",
        "/a%2f..%2fadmin",
        "/a%5c..%5cadmin",
        "/..\\admin",
        "//elsewhere/a",
        "/a//b",
        "/a\\b",
        "/a%00b",
        "/a%0d%0aHost:%20elsewhere",
        "/%252e%252e/admin",
        "/..;/admin",
        "/http://elsewhere/",
        "http://elsewhere/a",
        "/a\r\nHost: elsewhere",
        "/a HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
        "/a b",
        "/a#b",
        "/a?b#c",
        "/a?b\r\nc",
    ] {
        refuse(ForwardRequest::new(Method::GET, path), path).await;
    }
}

#[tokio::test]
async fn a_host_of_the_callers_choice_leads_nowhere() {
    let upstream = Upstream::start([Reply::ok(""), Reply::ok("")]).await;
    let host = upstream.url().strip_prefix("http://").unwrap().to_owned();
    let absolute = Request::get("http://elsewhere.test/a?b").header("host", "elsewhere.test");
    soon(forwarder(&upstream).forward(absolute.body(Body::empty()).unwrap())).await.unwrap();
    let forwarded = Request::get("/a?b=http://elsewhere.test/../c").header("host", "elsewhere.test");
    soon(forwarder(&upstream).forward(forwarded.body(Body::empty()).unwrap())).await.unwrap();
    for received in upstream.received() {
        assert_eq!(received.header("host"), Some(host.as_str()));
        assert!(received.target.starts_with("/a?b"), "{}", received.target);
    }
}

#[tokio::test]
async fn a_connect_or_an_asterisk_names_no_path() {
    let connect = Request::connect("elsewhere.test:443").body(Body::empty()).unwrap();
    refuse(connect, "connect").await;
    let asterisk = Request::options("*").body(Body::empty()).unwrap();
    refuse(asterisk, "asterisk").await;
}

#[tokio::test]
async fn no_method_opens_a_tunnel_or_shows_what_was_added() {
    refuse(ForwardRequest::new(Method::CONNECT, "/a"), "connect").await;
    refuse(ForwardRequest::new(Method::TRACE, "/a"), "trace").await;
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    for headers in [
        &[("content-length", "4"), ("content-length", "5")][..],
        &[("content-length", "4, 4")],
        &[("content-length", "+4")],
        &[("content-length", " ")],
        &[("content-length", "0")],
        &[("content-length", "400")],
        &[("content-length", "4"), ("transfer-encoding", "chunked")],
        &[("transfer-encoding", "chunked, identity")],
        &[("transfer-encoding", "xchunked")],
        &[("transfer-encoding", "gzip")],
        &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
    ] {
        let request = headers
            .iter()
            .fold(ForwardRequest::new(Method::POST, "/").body("body"), |request, (name, value)| {
                request.header(*name, *value)
            });
        refuse(request, &format!("{headers:?}")).await;
    }
}

#[tokio::test]
async fn a_bodyless_request_cannot_claim_a_body() {
    let request = ForwardRequest::new(Method::GET, "/").header("content-length", "30");
    refuse(request, "a length without a body").await;
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_it_claims_never_reaches_the_next_request() {
    for claimed in ["2", "9"] {
        let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from("body"))]);
        let upstream = Upstream::start([Reply::ok(""), Reply::ok("")]).await;
        let forwarder = forwarder(&upstream);
        let request = ForwardRequest::new(Method::POST, "/first")
            .header("content-length", claimed)
            .body(Body::from_stream(pieces));
        // Whether it is cut or fails is the connection's to say.
        _ = soon(forwarder.forward(request)).await;
        soon(forwarder.forward(get("/second"))).await.unwrap();
        let received = upstream.received();
        let last = received.last().unwrap();
        assert_eq!((last.target.as_str(), last.body.len()), ("/second", 0));
        assert!(received.iter().all(|got| !got.method.contains("dy")), "{received:?}");
        upstream.take_script();
    }
}

#[tokio::test]
async fn values_with_line_ends_are_refused() {
    for value in ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b"] {
        refuse(ForwardRequest::new(Method::GET, "/").header("x-own", value), value).await;
        refuse(ForwardRequest::from(get("/")).request_id(value), value).await;
    }
    refuse(ForwardRequest::new(Method::GET, "/").header("x own", "a"), "a name").await;
    refuse(ForwardRequest::new(Method::GET, "/").query("a", "b").header("x:own", "a"), "a name").await;
}

#[tokio::test]
async fn what_belongs_to_one_connection_ends_there() {
    let head = "HTTP/1.1 200 OK\r\nConnection: x-theirs, close\r\nX-Theirs: 1\r\nKeep-Alive: timeout=5\r\n\
                Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n";
    let upstream = Upstream::start([Reply::raw(head)]).await;
    let request = Request::post("/")
        .header("connection", "keep-alive, X-Own , transfer-encoding")
        .header("x-own", "1")
        .header("proxy-authorization", "Basic a")
        .header("keep-alive", "5")
        .header("te", "trailers")
        .header("upgrade", "h2c")
        .header("http2-settings", "A")
        .header("connection", "upgrade, http2-settings")
        .header("x-kept", "1")
        .body(Body::from("body"))
        .unwrap();
    let answer = soon(forwarder(&upstream).forward(request)).await.unwrap();
    let mut names: Vec<_> = upstream.only_received().headers.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    assert_eq!(names, ["content-length", "host", "x-kept"]);
    let mut names: Vec<_> = answer.headers().keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["content-length", "x-kept"]);
}

#[tokio::test]
async fn an_answer_with_two_lengths_is_passed_on_with_the_one_it_was_read_by() {
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let upstream = Upstream::start([Reply::raw(both)]).await;
    let answer = soon(forwarder(&upstream).forward(get("/"))).await.unwrap();
    assert!(!answer.headers().contains_key("content-length"));
    assert_eq!(crate::support::body_of(answer).await, "abc");
}
