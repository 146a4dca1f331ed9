//! A bare connection, to see what the simulator does to it.

use fourfold_simulator::Simulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Socket(TcpStream);

impl Socket {
    pub(crate) async fn open(simulator: &Simulator) -> Self {
        Self::connect(simulator.address()).await
    }

    pub(crate) async fn connect(address: std::net::SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends a request with the key `mine`; the body may be shorter than it says.
    pub(crate) async fn send(&mut self, head: &str, body_size_bytes: usize, body: &str) {
        let request = format!(
            "{head}\r\nhost: simulator.test\r\nauthorization: Bearer mine\r\n\
             content-length: {body_size_bytes}\r\n\r\n{body}"
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &str) {
        self.send(&format!("GET {path} HTTP/1.1{headers}"), 0, "").await;
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &serde_json::Value) {
        let body = body.to_string();
        self.send(&format!("POST {path} HTTP/1.1{headers}"), body.len(), &body).await;
    }

    /// All that comes until the simulator closes the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset also ends it; what came before counts.
        let _ended = self.0.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }

    /// What comes up to and with this text.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut read = String::new();
        while !read.ends_with(end) {
            read.push(char::from(self.0.read_u8().await.unwrap()));
        }
        read
    }
}
