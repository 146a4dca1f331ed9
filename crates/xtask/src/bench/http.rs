//! As much of an HTTP/1.1 client as a load needs: one connection, kept alive, one request at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Longer than any wait that we ask a server for.
const READ_TIMEOUT: Duration = Duration::from_secs(90);

/// An open connection to one server.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request made by [`request`] and reads the whole answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.get_mut().write_all(request)?;
        read_answer(&mut self.stream)
    }
}

/// A request as bytes, ready to be sent any number of times.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer> {
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("not an HTTP answer: {status_line:?}"))?;

    let mut length_bytes = None;
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').with_context(|| format!("not a header: {line:?}"))?;
        if name.eq_ignore_ascii_case("content-length") {
            length_bytes = Some(value.trim().parse()?);
        }
    }

    // That status says that nothing follows.
    let length_bytes = if status == 204 { Some(0) } else { length_bytes };
    let Some(length_bytes) = length_bytes else {
        bail!("the answer with status {status} has no content-length, which this client needs");
    };
    let mut body = vec![0; length_bytes];
    stream.read_exact(&mut body)?;
    Ok(Answer { status, body })
}

fn read_line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    ensure!(stream.take(16 * 1024).read_line(&mut line)? > 0, "the server closed the connection");
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_one_after_the_other() {
        let mut stream = &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\nhiHTTP/1.1 402 \r\ncontent-length: 0\r\n\r\n"[..];
        let first = read_answer(&mut stream).unwrap();
        assert_eq!((first.status, first.body.as_slice()), (200, &b"hi"[..]));
        let second = read_answer(&mut stream).unwrap();
        assert_eq!((second.status, second.body.as_slice()), (402, &b""[..]));
    }

    #[test]
    fn cut_answer_is_an_error() {
        let mut stream = &b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi"[..];
        assert!(read_answer(&mut stream).is_err());
    }

    #[test]
    fn request_states_its_length() {
        let request = String::from_utf8(request("POST", "/jobs", &[("prefer", "wait=30")], "{}")).unwrap();
        assert!(request.starts_with("POST /jobs HTTP/1.1\r\nhost: 127.0.0.1\r\nprefer: wait=30\r\n"));
        assert!(request.ends_with("content-length: 2\r\n\r\n{}"));
    }
}
