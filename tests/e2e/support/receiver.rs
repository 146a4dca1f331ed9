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

/// What is answered next.
type Plan = Box<dyn FnMut() -> Reply + Send>;

/// How a message is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reply {
    /// With this status.
    Status(u16),
    /// Never, as long as the sender waits.
    Never,
    /// With half a line, and the connection's end.
    Cut,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How it was answered.
    pub(crate) reply: Reply,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (received, _) = watch::channel(Vec::new());
        let plan: Arc<Mutex<Plan>> = Arc::new(Mutex::new(Box::new(|| Reply::Status(204))));
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
        let mut first = first.iter().copied().collect::<VecDeque<_>>();
        self.answers_by(move || first.pop_front().unwrap_or(then));
    }

    /// Answers so from now on.
    pub(crate) fn answers_by(&self, plan: impl FnMut() -> Reply + Send + 'static) {
        *self.plan.lock().unwrap() = Box::new(plan);
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

    /// Waits until something came, and takes it out.
    pub(crate) async fn take(&self) -> Vec<Received> {
        let mut received = self.received.subscribe();
        received.wait_for(|received| !received.is_empty()).await.unwrap();
        let mut taken = Vec::new();
        self.received.send_modify(|received| taken.append(received));
        taken
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
    while let Some((headers, body)) = read(&mut socket).await {
        let reply = (plan.lock().unwrap())();
        received.send_modify(|received| received.push(Received { headers, body, reply }));
        match reply {
            Reply::Status(status) => {
                let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Never => std::future::pending().await,
            Reply::Cut => {
                // The sender may be dead by now.
                drop(socket.write_all(b"HTTP/1.1 2").await);
                return;
            }
        }
    }
}

/// The next message of a connection; nothing where it ends.
async fn read(socket: &mut BufReader<TcpStream>) -> Option<(HeaderMap, Vec<u8>)> {
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
    Some((headers, body))
}
