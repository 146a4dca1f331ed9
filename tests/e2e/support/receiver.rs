//! A receiver of webhooks: a small HTTP server on loopback that keeps what it was sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::wait::{run, within};

/// Listens until its test ends.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: watch::Sender<Vec<Received>>,
    plan: Arc<Mutex<Plan>>,
}

/// What is answered: the statuses in turn, then always the last.
struct Plan {
    first: VecDeque<Reply>,
    then: Reply,
}

/// How a message is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reply {
    /// With this status.
    Status(u16),
    /// Never, as long as the sender waits.
    Never,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (received, _) = watch::channel(Vec::new());
        let plan = Arc::new(Mutex::new(Plan { first: VecDeque::new(), then: Reply::Status(204) }));
        let (keep, answers) = (received.clone(), plan.clone());
        run(async move {
            while let Ok((socket, _)) = listener.accept().await {
                run(serve(socket, keep.clone(), answers.clone()));
            }
        });
        Self { address, received, plan }
    }

    /// Answers so from now on: these in turn, then always so.
    pub(crate) fn answers(&self, first: &[Reply], then: Reply) {
        *self.plan.lock().unwrap() = Plan { first: first.iter().copied().collect(), then };
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?receiver=secret", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// What came, once it is so many.
    pub(crate) async fn got(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.subscribe();
        let received = within(received.wait_for(|received| received.len() >= count)).await;
        received.unwrap().clone()
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What the public library says to it, for a receiver who knows this secret.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        standardwebhooks::Webhook::new(secret).unwrap().verify(&self.body, &self.headers).is_ok()
    }
}

async fn serve(socket: TcpStream, received: watch::Sender<Vec<Received>>, plan: Arc<Mutex<Plan>>) {
    let mut socket = BufReader::new(socket);
    while let Some(message) = read(&mut socket).await {
        let reply = {
            let mut plan = plan.lock().unwrap();
            plan.first.pop_front().unwrap_or(plan.then)
        };
        received.send_modify(|received| received.push(message));
        match reply {
            Reply::Status(status) => {
                let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Never => std::future::pending().await,
        }
    }
}

/// The next message of a connection; nothing where it ends.
async fn read(socket: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut headers = HeaderMap::new();
    let mut line = String::new();
    socket.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    assert!(line.starts_with("POST /hook?receiver=secret "), "{line}");
    loop {
        line.clear();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(Received { headers, body })
}
