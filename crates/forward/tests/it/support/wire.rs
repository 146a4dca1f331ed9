//! Reading HTTP/1.1 requests by hand, so that the tests see every byte as it was sent.

use tokio::io::{AsyncRead, AsyncReadExt};

/// A request as the server received it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// The target, byte for byte.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The only value of this header; none if it isn't there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} was sent twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Reads one request, or its head; none if the other side closed the connection before or within it.
pub(crate) async fn read<R: AsyncRead + Unpin>(
    connection: &mut R,
    buffer: &mut Vec<u8>,
    reads_head_only: bool,
) -> Option<Received> {
    let head_end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        more(connection, buffer).await?;
    };
    let head: Vec<u8> = buffer.drain(..head_end).collect();
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let mut received = Received {
        method: first.next().unwrap().to_owned(),
        target: first.next().unwrap().to_owned(),
        ..Received::default()
    };
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        received.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if reads_head_only {
        return Some(received);
    }
    if received.header("transfer-encoding").is_some() {
        received.body = read_chunked(connection, buffer).await?;
    } else if let Some(length) = received.header("content-length") {
        let length: usize = length.parse().unwrap();
        while buffer.len() < length {
            more(connection, buffer).await?;
        }
        received.body = buffer.drain(..length).collect();
    }
    Some(received)
}

async fn read_chunked<R: AsyncRead + Unpin>(connection: &mut R, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = loop {
            match find(buffer, b"\r\n") {
                Some(at) => break at,
                None => more(connection, buffer).await?,
            }
        };
        let line: Vec<u8> = buffer.drain(..line_end + 2).collect();
        let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        while buffer.len() < size + 2 {
            more(connection, buffer).await?;
        }
        body.extend(buffer.drain(..size));
        buffer.drain(..2);
        if size == 0 {
            return Some(body);
        }
    }
}

async fn more<R: AsyncRead + Unpin>(connection: &mut R, buffer: &mut Vec<u8>) -> Option<()> {
    match connection.read_buf(buffer).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
