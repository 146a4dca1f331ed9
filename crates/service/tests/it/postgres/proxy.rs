//! Stands between a store and its server and breaks connections around a COMMIT.

use std::io::{Read, Result, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Where a connection is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// COMMIT gets there, its answer doesn't get back.
    Answer,
    /// COMMIT doesn't get there, and both ends are told so.
    Request,
    /// COMMIT doesn't get there, and the server isn't told until [`Proxy::release`].
    Hang,
}

/// A proxy on a port of its own.
pub(super) struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    armed: Option<Cut>,
    cuts: usize,
    /// Connections to the server whose other end is gone.
    held: Vec<TcpStream>,
}

impl Proxy {
    pub(super) fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, shared) = (client.unwrap(), shared.clone());
                // A connection that breaks is what this is for.
                thread::spawn(move || drop(serve(client, server, &shared)));
            }
        });
        Self { port, state }
    }

    /// The address of a database by way of this proxy.
    pub(super) fn url(&self, url: &str) -> String {
        let database = url.rsplit('/').next().unwrap();
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Breaks the connection of the next COMMIT, once.
    pub(super) fn arm(&self, cut: Cut) {
        self.state.lock().unwrap().armed = Some(cut);
    }

    /// How many connections were broken.
    pub(super) fn cuts(&self) -> usize {
        self.state.lock().unwrap().cuts
    }

    /// Tells the server that its clients are gone.
    pub(super) fn release(&self) {
        self.state.lock().unwrap().held.clear();
    }
}

/// Hands messages on until one of the two leaves or the connection is cut.
fn serve(mut client: TcpStream, server: u16, state: &Arc<Mutex<State>>) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server))?;
    let (mut answers, mut caller) = (server.try_clone()?, client.try_clone()?);
    let losing = Arc::new(Mutex::new(false));
    let loses = losing.clone();
    thread::spawn(move || -> Result<()> {
        let mut bytes = [0; 16 * 1024];
        loop {
            let read = answers.read(&mut bytes)?;
            let bytes = &bytes[..read];
            if read == 0 || *loses.lock().unwrap() && bytes.windows(7).any(|tag| tag == b"COMMIT\0") {
                answers.shutdown(Shutdown::Both)?;
                return caller.shutdown(Shutdown::Both);
            }
            caller.write_all(bytes)?;
        }
    });
    // The first message has no kind.
    let first = message(&mut client, false)?;
    server.write_all(&first)?;
    let mut commit = None;
    loop {
        let message = message(&mut client, true)?;
        let mut texts = message[5..].split(|byte| *byte == 0);
        match (message[0], texts.next(), texts.next()) {
            (b'P', Some(name), Some(b"COMMIT")) => commit = Some(name.to_vec()),
            (b'B', Some(_portal), Some(name)) if commit.as_deref() == Some(name) => {
                let mut state = state.lock().unwrap();
                let cut = state.armed.take();
                state.cuts += usize::from(cut.is_some());
                match cut {
                    None => {}
                    Some(Cut::Answer) => *losing.lock().unwrap() = true,
                    Some(Cut::Request) => {
                        client.shutdown(Shutdown::Both)?;
                        return server.shutdown(Shutdown::Both);
                    }
                    Some(Cut::Hang) => {
                        state.held.push(server);
                        return client.shutdown(Shutdown::Both);
                    }
                }
            }
            _ => {}
        }
        server.write_all(&message)?;
    }
}

/// One message of the protocol: its kind, its length, itself.
fn message(from: &mut impl Read, has_kind: bool) -> Result<Vec<u8>> {
    let mut message = vec![0; 4 + usize::from(has_kind)];
    from.read_exact(&mut message)?;
    let length = message[message.len() - 4..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let head = message.len();
    message.resize(head + length - 4, 0);
    from.read_exact(&mut message[head..])?;
    Ok(message)
}
