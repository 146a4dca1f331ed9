//! An upstream that takes whatever it is sent, and answers with a large body; as little work as can be.

use std::io::{BufRead as _, BufReader, Read as _, Write as _, copy, sink};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};

/// Answers each request of a connection, a thread a connection, until the process ends.
pub(crate) struct Sink {
    address: SocketAddr,
}

impl Sink {
    /// Every answer has so many bytes.
    pub(crate) fn start(answer_bytes: usize) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let address = listener.local_addr()?;
        let body: Arc<[u8]> = vec![b'x'; answer_bytes].into();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(std::result::Result::ok) {
                let body = Arc::clone(&body);
                // Who opened the connection sees how it ends.
                thread::spawn(move || drop(serve(stream, &body)));
            }
        });
        Ok(Self { address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn serve(stream: TcpStream, body: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    while let Some(length_bytes) = length_of_next(&mut reader)? {
        copy(&mut reader.by_ref().take(length_bytes), &mut sink())?;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        reader.get_mut().write_all(head.as_bytes())?;
        reader.get_mut().write_all(body)?;
    }
    Ok(())
}

/// The length of the body that follows; None where the connection has ended.
fn length_of_next(reader: &mut BufReader<TcpStream>) -> Result<Option<u64>> {
    let mut length_bytes = 0;
    for line in reader.lines() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            return Ok(Some(length_bytes));
        }
        if let Some(given) = line.strip_prefix("content-length:") {
            length_bytes = given.trim().parse()?;
        }
    }
    Ok(None)
}
