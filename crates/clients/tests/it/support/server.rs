//! A server that plays a script: each request takes the next reply. A request too many, or a reply that nobody
//! asked for, fails the test that owns the server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::wire::{self, Received};

/// A server on a port of its own, for one test.
pub(crate) struct Server {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    received: Vec<(Received, Instant)>,
    unscripted: Vec<String>,
    connections: usize,
    open_connections: usize,
}

/// What the server does after it has read a request.
pub(crate) struct Reply(Vec<Step>);

enum Step {
    Write(Vec<u8>),
    /// Writes what the test sends, until it drops its end.
    Pipe(mpsc::UnboundedReceiver<Vec<u8>>),
    /// Closes the connection.
    Close,
    /// Waits until the client closes the connection, and tells.
    AwaitClose(oneshot::Sender<()>),
    /// Sends back what comes, until the client closes.
    Echo,
    /// Waits for the test.
    Hold(oneshot::Receiver<()>),
    /// Tells that the request was read.
    Tell(oneshot::Sender<()>),
}

/// The test's end of a reply in pieces.
pub(crate) struct Pipe(mpsc::UnboundedSender<Vec<u8>>);

/// Tells when the client has closed the connection.
pub(crate) type Closed = oneshot::Receiver<()>;

impl Server {
    /// Starts a server that gives these replies, in this order.
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        let task = super::run(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                {
                    let mut state = shared.lock().unwrap();
                    state.connections += 1;
                    state.open_connections += 1;
                }
                let state = Arc::clone(&shared);
                super::run(async move {
                    serve(connection, Arc::clone(&state)).await;
                    state.lock().unwrap().open_connections -= 1;
                });
            }
        });
        Self { address, state, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Adds replies to the script.
    pub(crate) fn push(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.lock().unwrap().script.extend(replies);
    }

    /// Takes the replies that nobody asked for, where a test can't know their number.
    pub(crate) fn take_script(&self) -> Vec<Reply> {
        self.state.lock().unwrap().script.drain(..).collect()
    }

    /// The requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.iter().map(|(received, _)| received.clone()).collect()
    }

    /// The only request so far.
    pub(crate) fn only_received(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.into_iter().next().unwrap()
    }

    /// When each request came.
    pub(crate) fn times(&self) -> Vec<Instant> {
        self.state.lock().unwrap().received.iter().map(|(_, at)| *at).collect()
    }

    /// How many connections the server still has open.
    pub(crate) fn open_connections(&self) -> usize {
        self.state.lock().unwrap().open_connections
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !std::thread::panicking() {
            assert!(state.unscripted.is_empty(), "requests without a scripted reply: {:?}", state.unscripted);
            assert!(state.script.is_empty(), "{} scripted replies were never asked for", state.script.len());
        }
    }
}

impl Reply {
    /// A whole answer with a body.
    pub(crate) fn status(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut answer = format!("HTTP/1.1 {status} Any\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        Self::raw([answer.as_bytes(), body].concat())
    }

    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200, &[], body)
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status, &[("Location", location)], "")
    }

    /// These bytes and nothing else; the connection stays open.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::Write(bytes.into())])
    }

    /// An answer whose body the test writes piece by piece, in chunked encoding.
    pub(crate) fn piped() -> (Self, Pipe) {
        let (tx, rx) = mpsc::unbounded_channel();
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        (Self(vec![Step::Write(head.into()), Step::Pipe(rx), Step::Write("0\r\n\r\n".into())]), Pipe(tx))
    }

    /// Closes the connection without an answer.
    pub(crate) fn close() -> Self {
        Self(vec![Step::Close])
    }

    /// Then closes the connection.
    pub(crate) fn then_close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }

    /// Then sends back what comes.
    pub(crate) fn then_echo(mut self) -> Self {
        self.0.push(Step::Echo);
        self
    }

    /// Does no more, and tells when the client has gone.
    pub(crate) fn then_await_close(mut self) -> (Self, Closed) {
        let (tx, rx) = oneshot::channel();
        self.0.push(Step::AwaitClose(tx));
        (self, rx)
    }

    /// Never answers, and tells when the client has gone.
    pub(crate) fn hang() -> (Self, Closed) {
        Self(Vec::new()).then_await_close()
    }

    /// Waits with all of it until the test drops its token.
    pub(crate) fn held(mut self) -> (Self, oneshot::Sender<()>) {
        let (tx, rx) = oneshot::channel();
        self.0.insert(0, Step::Hold(rx));
        (self, tx)
    }

    /// Tells first that the request was read.
    pub(crate) fn telling(mut self) -> (Self, oneshot::Receiver<()>) {
        let (tx, rx) = oneshot::channel();
        self.0.insert(0, Step::Tell(tx));
        (self, rx)
    }
}

impl Pipe {
    /// Sends a piece of the body, as one chunk.
    pub(crate) fn send(&self, piece: impl AsRef<[u8]>) {
        let piece = piece.as_ref();
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        self.0.send(chunk).unwrap();
    }
}

async fn serve(mut connection: TcpStream, state: Arc<Mutex<State>>) {
    let mut buffer = Vec::new();
    while let Some(received) = wire::read(&mut connection, &mut buffer).await {
        let reply = {
            let mut state = state.lock().unwrap();
            let line = format!("{} {}", received.method, received.target);
            state.received.push((received, Instant::now()));
            state.script.pop_front().unwrap_or_else(|| {
                state.unscripted.push(line);
                Reply::status(500, &[("x-unscripted", "true")], "no reply is scripted for this").then_close()
            })
        };
        for step in reply.0 {
            match step {
                Step::Write(bytes) => _ = connection.write_all(&bytes).await,
                Step::Pipe(mut pieces) => {
                    while let Some(piece) = pieces.recv().await {
                        // A client that went away is what some tests are about.
                        _ = connection.write_all(&piece).await;
                    }
                }
                Step::Close => return,
                Step::AwaitClose(closed) => {
                    while !matches!(connection.read(&mut [0; 1024]).await, Ok(0) | Err(_)) {}
                    _ = closed.send(());
                    return;
                }
                Step::Echo => {
                    let (mut read, mut write) = connection.split();
                    _ = tokio::io::copy(&mut read, &mut write).await;
                    return;
                }
                Step::Hold(token) => _ = token.await,
                Step::Tell(told) => _ = told.send(()),
            }
        }
    }
}
