//! A target that plays a script: each request takes the next reply. A request too many, or a reply that nobody asked
//! for, fails the test that owns it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::wire::{self, Received};

/// A target on a port of its own, for one test.
pub(crate) struct Upstream {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    received: Vec<Received>,
    unscripted: Vec<String>,
    connections: usize,
    open_connections: usize,
}

/// What the target does after it has read a request.
pub(crate) struct Reply {
    /// Whether the request's body is left where it is.
    reads_head_only: bool,
    steps: Vec<Step>,
}

enum Step {
    Write(Vec<u8>),
    /// Writes what the test sends, until it drops its end.
    Pipe(mpsc::UnboundedReceiver<Vec<u8>>),
    /// Writes so many bytes, and counts what was taken.
    Flood(Arc<AtomicU64>, u64),
    Close,
    /// Waits until the other side closes the connection.
    AwaitClose,
    /// Reads nothing until the test says so, and then a body of this many bytes.
    Stall(oneshot::Receiver<()>, u64),
    Echo,
    /// Tells that the request was read.
    Tell(oneshot::Sender<()>),
}

/// The test's end of a reply in pieces.
pub(crate) struct Pipe(mpsc::UnboundedSender<Vec<u8>>);

impl Upstream {
    /// Starts a target that gives these replies, in this order.
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        super::run(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                {
                    let mut state = shared.lock().unwrap();
                    state.connections += 1;
                    state.open_connections += 1;
                }
                let state = Arc::clone(&shared);
                super::run(async move {
                    serve(connection, &state).await;
                    state.lock().unwrap().open_connections -= 1;
                });
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds replies to the script.
    pub(crate) fn push(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.lock().unwrap().script.extend(replies);
    }

    /// Takes the replies that nobody asked for, where a test can't know their number.
    pub(crate) fn take_script(&self) {
        self.state.lock().unwrap().script.clear();
    }

    /// The requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// The only request so far.
    pub(crate) fn only_received(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.into_iter().next().unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub(crate) fn open_connections(&self) -> usize {
        self.state.lock().unwrap().open_connections
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !std::thread::panicking() {
            assert!(state.unscripted.is_empty(), "requests without a scripted reply: {:?}", state.unscripted);
            assert!(state.script.is_empty(), "{} replies were never asked for", state.script.len());
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

    /// These bytes and nothing else; the connection stays open.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { reads_head_only: false, steps: vec![Step::Write(bytes.into())] }
    }

    /// An answer of this type whose body the test writes piece by piece, in chunked encoding.
    pub(crate) fn piped(media_type: &str) -> (Self, Pipe) {
        let (tx, rx) = mpsc::unbounded_channel();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let steps = vec![Step::Write(head.into_bytes()), Step::Pipe(rx)];
        (Self { reads_head_only: false, steps }, Pipe(tx))
    }

    /// An answer of this type and length, as fast as it is read; counts what was taken.
    pub(crate) fn flood(media_type: &str, length_bytes: u64) -> (Self, Arc<AtomicU64>) {
        let taken = Arc::new(AtomicU64::new(0));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length_bytes}\r\n\r\n"
        );
        (Self::raw(head).then(Step::Flood(Arc::clone(&taken), length_bytes)), taken)
    }

    /// Never answers.
    pub(crate) fn hang() -> Self {
        Self { reads_head_only: false, steps: vec![Step::AwaitClose] }
    }

    /// Leaves the request's body where it is until the test says so, then reads this many bytes of it and answers.
    pub(crate) fn stall(body_bytes: u64) -> (Self, oneshot::Sender<()>) {
        let (tx, rx) = oneshot::channel();
        let answer = Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec());
        (Self { reads_head_only: true, steps: vec![Step::Stall(rx, body_bytes), answer] }, tx)
    }

    /// Closes the connection without an answer.
    pub(crate) fn close() -> Self {
        Self { reads_head_only: false, steps: vec![Step::Close] }
    }

    /// Then closes the connection.
    pub(crate) fn then_close(self) -> Self {
        self.then(Step::Close)
    }

    /// Then does no more until the other side leaves.
    pub(crate) fn then_hang(self) -> Self {
        self.then(Step::AwaitClose)
    }

    /// Then ends a chunked body.
    pub(crate) fn then_end(self) -> Self {
        self.then(Step::Write(b"0\r\n\r\n".to_vec()))
    }

    /// Then sends back what comes.
    pub(crate) fn then_echo(self) -> Self {
        self.then(Step::Echo)
    }

    /// Doesn't read the request's body.
    pub(crate) fn by_head(mut self) -> Self {
        self.reads_head_only = true;
        self
    }

    /// Tells first that the request was read.
    pub(crate) fn telling(mut self) -> (Self, oneshot::Receiver<()>) {
        let (tx, rx) = oneshot::channel();
        self.steps.insert(0, Step::Tell(tx));
        (self, rx)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
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

async fn serve(mut connection: TcpStream, state: &Mutex<State>) {
    let mut buffer = Vec::new();
    loop {
        let reads_head_only = state.lock().unwrap().script.front().is_some_and(|reply| reply.reads_head_only);
        let Some(received) = wire::read(&mut connection, &mut buffer, reads_head_only).await else { return };
        let reply = {
            let mut state = state.lock().unwrap();
            let line = format!("{} {}", received.method, received.target);
            state.received.push(received);
            state.script.pop_front().unwrap_or_else(|| {
                state.unscripted.push(line);
                Reply::status(500, &[("x-unscripted", "true")], "no reply is scripted for this").then_close()
            })
        };
        for step in reply.steps {
            match step {
                Step::Write(bytes) => _ = connection.write_all(&bytes).await,
                Step::Pipe(mut pieces) => {
                    while let Some(piece) = pieces.recv().await {
                        // A caller that went away is what some tests are about.
                        _ = connection.write_all(&piece).await;
                    }
                }
                Step::Flood(taken, length_bytes) => {
                    let piece = b"data: 0123456789\n\n".repeat(1024);
                    let mut left_bytes = length_bytes;
                    while left_bytes > 0 {
                        let most = piece.len().min(usize::try_from(left_bytes).unwrap());
                        let Ok(bytes) = connection.write(&piece[..most]).await else { return };
                        taken.fetch_add(bytes as u64, Ordering::Relaxed);
                        left_bytes -= bytes as u64;
                    }
                }
                Step::Close => return,
                Step::AwaitClose => {
                    while !matches!(connection.read(&mut [0; 1024]).await, Ok(0) | Err(_)) {}
                    return;
                }
                Step::Stall(go_on, body_bytes) => {
                    _ = go_on.await;
                    let mut left_bytes = body_bytes - buffer.len() as u64;
                    buffer.clear();
                    let mut piece = vec![0; 64 * 1024];
                    while left_bytes > 0 {
                        let most = piece.len().min(usize::try_from(left_bytes).unwrap());
                        left_bytes -= connection.read(&mut piece[..most]).await.unwrap() as u64;
                    }
                }
                Step::Echo => {
                    let (mut read, mut write) = connection.split();
                    _ = tokio::io::copy(&mut read, &mut write).await;
                    return;
                }
                Step::Tell(told) => _ = told.send(()),
            }
        }
    }
}
