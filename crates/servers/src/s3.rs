//! An S3 server inside the process that asks for it, which checks every signature.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::names;

/// An S3 server with one bucket. It is reached by path style, and stops when its value is dropped.
pub struct S3 {
    address: SocketAddr,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
    folder: TempDir,
}

/// Whether to refuse from now on, and where to say that it is so.
type Order = (bool, blocking::Sender<io::Result<()>>);

impl S3 {
    /// The bucket that is there from the start.
    pub const BUCKET: &str = "fourfold";
    /// Its region.
    pub const REGION: &str = "us-east-1";
    /// The one key that it knows.
    pub const ACCESS_KEY_ID: &str = "AKFOURFOLDTEST";
    /// That key's secret.
    pub const SECRET_ACCESS_KEY: &str = "secret-of-the-test-server";

    /// Starts one on a thread of its own.
    pub fn start() -> io::Result<Self> {
        names::check()?;
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join(Self::BUCKET))?;
        let files =
            s3s_fs::FileSystem::new(folder.path()).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(Self::ACCESS_KEY_ID, Self::SECRET_ACCESS_KEY));
        let service = service.build();

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (orders, received) = mpsc::unbounded_channel();
        let thread = thread::Builder::new().name("s3".to_owned());
        let thread = thread.spawn(move || runtime.block_on(serve(listener, address, service, received)))?;
        Ok(Self { address, orders: Some(orders), thread: Some(thread), folder })
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder behind the bucket: an object is the file of its key.
    pub fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join(Self::BUCKET)
    }

    /// How many files of uploads in parts are there that were neither completed nor aborted.
    pub fn open_uploads(&self) -> io::Result<usize> {
        let is_left = |path: &Path| {
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".upload"))
        };
        let mut left = 0;
        for entry in fs::read_dir(self.folder.path())? {
            left += usize::from(is_left(&entry?.path()));
        }
        Ok(left)
    }

    /// Closes every connection and refuses new ones, or takes them again. It is so when this returns.
    pub fn refuse(&self, refuse: bool) -> io::Result<()> {
        let (done, said) = blocking::channel();
        let gone = || io::Error::other("the S3 server's thread has ended");
        let orders = self.orders.as_ref().ok_or_else(gone)?;
        orders.send((refuse, done)).map_err(|_gone| gone())?;
        said.recv().map_err(|_gone| gone())?
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was printed where it happened.
            drop(thread.join());
        }
    }
}

async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    service: S3Service,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => {
                let Some((refuse, done)) = order else { return };
                let mut now = Ok(());
                if refuse {
                    listener = None;
                    connections.shutdown().await;
                } else if listener.is_none() {
                    match TcpListener::bind(address).await {
                        Ok(bound) => listener = Some(bound),
                        Err(error) => now = Err(error),
                    }
                }
                // Whoever asked may have left.
                drop(done.send(now));
            }
            Ok((stream, _caller)) = accepted => {
                let service = service.clone();
                connections.spawn(async move {
                    // A caller who hangs up is a caller's business.
                    drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
                });
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    fn ask(s3: &S3) -> io::Result<String> {
        let mut connection = TcpStream::connect(s3.address)?;
        connection.write_all(b"GET /fourfold/a HTTP/1.1\r\nhost: s3\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn who_shows_no_key_is_refused_and_everybody_is_while_it_refuses() -> io::Result<()> {
        let s3 = S3::start()?;
        assert!(ask(&s3)?.starts_with("HTTP/1.1 403"), "{}", ask(&s3)?);
        s3.refuse(true)?;
        s3.refuse(true)?;
        assert!(ask(&s3).is_err());
        s3.refuse(false)?;
        s3.refuse(false)?;
        assert!(ask(&s3)?.starts_with("HTTP/1.1 403"));
        Ok(())
    }
}
