//! A Redis that keeps nothing on disk.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::names;
use crate::process::{Process, free_port};

const PROGRAM: &str = "redis-server";

const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

/// How long it may take to answer a command.
const PATIENCE: Duration = Duration::from_secs(5);

/// A Redis server. Everything in it is lost when it is killed; it is killed when its value is dropped.
pub struct Redis {
    process: Process,
    port: u16,
    /// Where it takes encrypted connections.
    encrypted_port: Option<u16>,
    folder: TempDir,
}

impl Redis {
    /// Starts one and waits until it answers.
    pub fn start() -> io::Result<Self> {
        names::check()?;
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        Ok(Self { process: start(port, None, &folder)?, port, encrypted_port: None, folder })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Starts it again, empty, so that it takes encrypted connections too, with this certificate and its key in PEM, and
    /// gives its address for those.
    pub fn encrypt(&mut self, certificate: &str, key: &str) -> io::Result<String> {
        fs::write(self.folder.path().join(CERTIFICATE), certificate)?;
        fs::write(self.folder.path().join(KEY), key)?;
        let port = free_port()?;
        self.encrypted_port = Some(port);
        self.start_again()?;
        Ok(format!("rediss://localhost:{port}/"))
    }

    /// Kills it; what it held is lost, and connections to it are refused.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()
    }

    /// Starts it again, empty and on the same port, after it was killed.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process = start(self.port, self.encrypted_port, &self.folder)?;
        Ok(())
    }

    /// How many keys it holds.
    pub fn key_count(&self) -> io::Result<u64> {
        // An integer ends with the line.
        let mut connection = connect(self.port, b"DBSIZE\r\n")?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte)?;
            answer.extend(byte);
        }
        let answer = String::from_utf8_lossy(&answer);
        let count = answer.trim_end().strip_prefix(':').and_then(|count| count.parse().ok());
        count.ok_or_else(|| io::Error::other(answer.into_owned()))
    }

    /// Takes away everything that it holds.
    pub fn flush(&self) -> io::Result<()> {
        let answer = ask(self.port, b"FLUSHALL\r\n", b"+OK\r\n".len())?;
        if answer == b"+OK\r\n" {
            Ok(())
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
        }
    }
}

pub(crate) fn is_installed() -> bool {
    Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn start(port: u16, encrypted_port: Option<u16>, folder: &TempDir) -> io::Result<Process> {
    let mut command = Command::new(PROGRAM);
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
    command.arg("--dir").arg(folder.path()).arg("--logfile").arg(folder.path().join("log"));
    if let Some(port) = encrypted_port {
        command.args(["--tls-auth-clients", "no", "--tls-port", &port.to_string()]);
        command.arg("--tls-cert-file").arg(folder.path().join(CERTIFICATE));
        command.arg("--tls-key-file").arg(folder.path().join(KEY));
    }
    let mut process = Process::start(&mut command, "redis-server")?;
    process
        .wait_until(|| ask(port, b"PING\r\n", b"+PONG\r\n".len()).is_ok_and(|pong| pong == b"+PONG\r\n"))?;
    Ok(process)
}

/// Sends a command and reads an answer of this length.
fn ask(port: u16, command: &[u8], answer_bytes: usize) -> io::Result<Vec<u8>> {
    let mut answer = vec![0; answer_bytes];
    connect(port, command)?.read_exact(&mut answer)?;
    Ok(answer)
}

/// Sends a command; the answer comes on the connection.
fn connect(port: u16, command: &[u8]) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(command)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_killed_comes_back_on_its_port() -> io::Result<()> {
        let mut redis = Redis::start()?;
        let url = redis.url();
        redis.flush()?;
        redis.kill()?;
        assert!(redis.flush().is_err());
        redis.start_again()?;
        assert_eq!(redis.url(), url);
        redis.flush()
    }

    #[test]
    fn a_dropped_server_is_gone() -> io::Result<()> {
        let redis = Redis::start()?;
        let port = redis.port;
        drop(redis);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        Ok(())
    }
}
