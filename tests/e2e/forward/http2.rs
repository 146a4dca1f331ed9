//! Callers who speak HTTP/2, whose headers can carry what lines of text can't: frame by frame.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::Target;
use super::server;
use crate::support::{ADMIN_KEY, Home, Server, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// The kinds of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[high, middle, low, kind, flags, 0, 0, 0, stream][..], payload].concat()
}

/// Headers as literals, without compression.
fn headers(pairs: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    pairs.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// Sends a request with these headers besides, and a body.
async fn ask(server: &Server, path: &str, besides: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let key = format!("Bearer {ADMIN_KEY}");
    let own = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "ours"),
        (":path", path),
        ("authorization", &key),
    ];
    let all = [&own[..], besides].concat();
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let settings = frame(SETTINGS, 0, 0, &[]);
    let head = frame(HEADERS, END_HEADERS, 1, &headers(&all));
    let body = frame(DATA, END_STREAM, 1, body);
    connection.write_all(&[PREFACE, &settings, &head, &body].concat()).await.unwrap();
    connection
}

/// The kind of the frame by which the server answers or refuses.
async fn answered(connection: &mut TcpStream) -> u8 {
    loop {
        let mut head = [0; 9];
        within(connection.read_exact(&mut head)).await.unwrap();
        let [high, middle, low, kind, ..] = head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        within(connection.read_exact(&mut vec![0; length as usize])).await.unwrap();
        if matches!(kind, HEADERS | RESET | GO_AWAY) {
            return kind;
        }
    }
}

fn target(url: &str) -> String {
    format!(
        "    t: {{base_url: \"{url}/base\", auth: {{key: sk-1}}, allow: all, retry: {{enabled: false}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_http2_can_carry_and_http1_cannot_reaches_no_target() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for (path, besides) in [
        ("/forward/t/../secret", &[][..]),
        ("/forward/t/%2e%2e/secret", &[]),
        ("/forward/t//elsewhere.test/a", &[]),
        ("/forward/t/a HTTP/1.1\r\nx-evil: 1", &[]),
        ("/forward/t/a", &[("x-a", "1\r\nx-evil: 1")]),
        ("/forward/t/a", &[("x-a", "1\nx-evil: 1")]),
        ("/forward/t/a", &[("x-a\r\nx-evil", "1")]),
        ("/forward/t/a", &[("x-a: 1", "1")]),
        ("/forward/t/a", &[("transfer-encoding", "chunked")]),
        ("/forward/t/a", &[("connection", "x-a")]),
        ("/forward/t/a", &[("upgrade", "websocket")]),
        ("/forward/t/a", &[("content-length", "4"), ("content-length", "5")]),
        ("/forward/t/a", &[("content-length", "+4")]),
    ] {
        let mut connection = ask(&server, path, besides, b"body").await;
        answered(&mut connection).await;
        assert!(upstream.is_unasked(), "{path:?} {besides:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_http2_goes_on_over_http1() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let headers = [("host", "elsewhere.test"), ("x-kept", "1"), ("te", "trailers"), ("content-length", "4")];
    let mut connection = ask(&server, "/forward/t/a?b=%2f", &headers, b"body").await;
    let (mut target, head) = upstream.asked().await;
    let head = head.to_lowercase();
    assert!(head.starts_with("post /base/a?b=%2f http/1.1\r\n"), "{head}");
    assert!(head.contains("x-kept: 1\r\n") && head.contains("content-length: 4\r\n"), "{head}");
    assert!(!head.contains("elsewhere") && !head.contains("\r\nte:") && !head.contains("ff_e2e"), "{head}");
    let mut body = [0; 4];
    within(target.read_exact(&mut body)).await.unwrap();
    assert_eq!(&body, b"body");
    target.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert_eq!(answered(&mut connection).await, HEADERS);
}
