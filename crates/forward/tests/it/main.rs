//! The forwarder against a real socket that says what it was sent.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::io;

use bytes::Bytes;
use fourfold_clients::http::{AuthScheme, Body};
use fourfold_forward::{Allow, ForwardError, Forwarder, Target};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A target that takes one request and answers with these bytes.
struct OneAnswer {
    listener: TcpListener,
}

impl OneAnswer {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        (Self { listener }, url)
    }

    /// Reads the head of the request, then answers.
    async fn answer(self, answer: &str) -> (String, TcpStream) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        (String::from_utf8(head).unwrap(), stream)
    }
}

fn forwarder(url: &str) -> Forwarder {
    let target = Target::new("vendor", url)
        .unwrap()
        .auth(AuthScheme::Bearer("vendor-key".into()))
        .allow(Allow::only(["GET /models/*", "POST /chat"]).unwrap());
    Forwarder::new(target).unwrap()
}

#[tokio::test]
async fn a_request_goes_on_byte_for_byte_with_the_targets_credential() {
    let (target, url) = OneAnswer::start().await;
    let request = Request::get("/models/a%20b?x=%2F&y")
        .header("authorization", "Bearer ff_callers")
        .header("x-request-id", "r1")
        .body(Body::empty())
        .unwrap();
    let forwarder = forwarder(&url);
    let answer = "HTTP/1.1 418 I'm a teapot\r\ncontent-length: 2\r\nset-cookie: a=b\r\nx-vendor: 1\r\n\r\nhi";
    let (answered, (head, _stream)) = tokio::join!(forwarder.forward(request), target.answer(answer));

    assert!(head.starts_with("GET /v1/models/a%20b?x=%2F&y HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer vendor-key") && head.contains("x-request-id: r1"), "{head}");
    assert!(!head.contains("ff_callers"), "{head}");
    let answered = answered.unwrap();
    assert_eq!(answered.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answered.headers().get("x-vendor").unwrap(), "1");
    assert!(!answered.headers().contains_key("set-cookie"));
    assert_eq!(answered.into_body().collect().await.unwrap().to_bytes(), Bytes::from("hi"));
}

#[tokio::test]
async fn a_stream_passes_as_it_comes_and_leaving_it_closes_the_target() {
    let (target, url) = OneAnswer::start().await;
    let forwarder = forwarder(&url);
    let request = Request::post("/chat").body(Body::from("{}")).unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let first = "9\r\ndata: 1\n\n\r\n";
    let answer = format!("{head}{first}");
    let (answered, (_head, mut stream)) = tokio::join!(forwarder.forward(request), target.answer(&answer));

    let mut body = answered.unwrap().into_body();
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), Bytes::from("data: 1\n\n"));
    drop(body);
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest).await {
        Ok(_end) => {}
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_not_sent() {
    let (target, url) = OneAnswer::start().await;
    let forwarder = forwarder(&url);
    for (method, path) in [("GET", "/files"), ("DELETE", "/models/x"), ("POST", "/chat/x")] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert!(
            matches!(forwarder.forward(request).await, Err(ForwardError::NotAllowed { .. })),
            "{method} {path}"
        );
    }
    for path in ["/models/../files", "/models/%2e%2e/files", "/models//x"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert!(matches!(forwarder.forward(request).await, Err(ForwardError::UnsafePath(_))), "{path}");
    }
    let nothing = futures_now(target.listener.accept());
    assert!(nothing.await.is_none(), "a request reached the target");
}

/// What is there at once.
async fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        ready = future => Some(ready),
        () = std::future::ready(()) => None,
    }
}
