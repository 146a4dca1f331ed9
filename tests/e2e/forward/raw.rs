//! HTTP as bytes: requests that no client would send, and a target that does what a test says.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ADMIN_KEY, within};

/// How long an answer to odd bytes is waited for; those who answer do so at once.
const ODD_PATIENCE: Duration = Duration::from_secs(5);

/// A target that takes one connection at a time from its test.
pub(super) struct Target(TcpListener);

impl Target {
    pub(super) async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// The next connection, whose request's head was read.
    pub(super) async fn asked(&self) -> (TcpStream, String) {
        let (mut connection, _) = within(self.0.accept()).await.unwrap();
        let head = read_head(&mut connection).await;
        (connection, head)
    }

    /// Whether nobody has come.
    pub(super) fn is_unasked(&self) -> bool {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        self.0.poll_accept(&mut cx).is_pending()
    }
}

/// Reads to the empty line.
pub(super) async fn read_head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if within(connection.read(&mut byte)).await.unwrap() == 0 {
            break;
        }
        head.extend_from_slice(&byte);
    }
    String::from_utf8(head).unwrap()
}

/// Sends these bytes to a server and reads what comes until the connection ends, or nothing comes any more.
pub(super) async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A server that keeps the connection has said all that it will.
    _ = tokio::time::timeout(ODD_PATIENCE, connection.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request of the operator's with this target and these headers besides.
pub(super) fn request(method: &str, target: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: ours\r\nAuthorization: Bearer {ADMIN_KEY}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}
