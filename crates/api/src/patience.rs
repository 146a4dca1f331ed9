//! How long a caller may keep a connection without using it. The protocols' own timeouts begin only once the first bytes
//! have told which protocol it is, know nothing of a reader who stops, and count the pause between two requests as the
//! time for a head; so the connection itself is watched.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::Version;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep, sleep_until};

use crate::ServerSettings;

/// What stands for "nobody is waited for".
const NEVER: u64 = u64::MAX;

/// What is seen of one connection. Its stream, its requests and whoever waits share it.
pub(crate) struct Watch {
    began: Instant,
    header_timeout: Duration,
    idle_timeout: Duration,
    send_timeout: Duration,
    /// Requests that aren't answered to their end.
    under_way: AtomicUsize,
    /// Whether there was one yet.
    is_asked: AtomicBool,
    /// Whether requests come side by side, so that what is read between them needn't begin one.
    is_multiplexed: AtomicBool,
    /// Whether some of a head has come.
    is_in_head: AtomicBool,
    /// Since when no request is under way, or since when a head comes.
    waits_since: AtomicU64,
    /// Since when the caller takes nothing of what is sent.
    stalls_since: AtomicU64,
    /// Whether an answer broke off whose end would be the connection's, and so look like a whole one's.
    is_broken: AtomicBool,
}

/// A request that is under way.
pub(crate) struct UnderWay(Arc<Watch>);

/// A stream whose reads and writes are seen.
pub(crate) struct Watched<Io, Held> {
    io: Io,
    watch: Arc<Watch>,
    /// Has the connection end with a reset.
    reset: fn(&Io),
    /// Kept as long as the stream is, whoever has it by then.
    _held: Held,
}

/// The body of an answer; its request is under way until it is dropped.
pub(crate) struct Answering {
    body: Body,
    /// Whether only the connection's end tells its own, as HTTP/1.0 has it for a body without a length.
    ends_with_connection: bool,
    under_way: Option<UnderWay>,
}

impl Watch {
    pub(crate) fn new(settings: &ServerSettings) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            header_timeout: settings.header_timeout,
            idle_timeout: settings.idle_timeout,
            send_timeout: settings.send_timeout,
            under_way: AtomicUsize::new(0),
            is_asked: AtomicBool::new(false),
            is_multiplexed: AtomicBool::new(false),
            is_in_head: AtomicBool::new(false),
            waits_since: AtomicU64::new(0),
            stalls_since: AtomicU64::new(NEVER),
            is_broken: AtomicBool::new(false),
        })
    }

    /// Watches a stream. `reset` is called on it before its end where that mustn't look like an answer's.
    pub(crate) fn over<Io, Held>(self: &Arc<Self>, io: Io, reset: fn(&Io), held: Held) -> Watched<Io, Held> {
        Watched { io, watch: self.clone(), reset, _held: held }
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>, version: Version) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.is_asked.store(true, Ordering::Relaxed);
        self.is_multiplexed.store(version > Version::HTTP_11, Ordering::Relaxed);
        self.is_in_head.store(false, Ordering::Relaxed);
        UnderWay(self.clone())
    }

    /// Ends once the connection isn't to be waited for any longer. It isn't woken by every byte, so that it may tell as
    /// much later as the shortest of the timeouts is; of a first head that doesn't come it tells at once.
    pub(crate) async fn ends(&self) {
        let look_again = self.header_timeout.min(self.idle_timeout).min(self.send_timeout);
        loop {
            let now = Instant::now();
            let due = [self.stall_ends(), self.wait_ends()].into_iter().flatten().min();
            match due {
                Some(due) if due <= now => return,
                Some(due) => sleep_until(due.min(now + look_again)).await,
                None => sleep(look_again).await,
            }
        }
    }

    fn stall_ends(&self) -> Option<Instant> {
        let since = self.stalls_since.load(Ordering::Relaxed);
        (since != NEVER).then(|| self.began + Duration::from_millis(since) + self.send_timeout)
    }

    fn wait_ends(&self) -> Option<Instant> {
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let is_in_head =
            self.is_in_head.load(Ordering::Relaxed) && !self.is_multiplexed.load(Ordering::Relaxed);
        let for_a_head = is_in_head || !self.is_asked.load(Ordering::Relaxed);
        let limit = if for_a_head { self.header_timeout } else { self.idle_timeout };
        Some(self.began + Duration::from_millis(self.waits_since.load(Ordering::Relaxed)) + limit)
    }

    /// Some bytes have come.
    fn read(&self) {
        // The time for the first head counts from the beginning.
        if self.is_asked.load(Ordering::Relaxed)
            && self.under_way.load(Ordering::Relaxed) == 0
            && !self.is_in_head.swap(true, Ordering::Relaxed)
        {
            self.waits_since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn written<T>(&self, written: &Poll<io::Result<T>>) {
        match written {
            Poll::Ready(_) => self.stalls_since.store(NEVER, Ordering::Relaxed),
            Poll::Pending if self.stalls_since.load(Ordering::Relaxed) == NEVER => {
                self.stalls_since.store(self.now(), Ordering::Relaxed);
            }
            Poll::Pending => {}
        }
    }

    /// In milliseconds since it began.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }
}

impl Answering {
    /// The body of an answer to a request of this version.
    pub(crate) fn new(body: Body, version: Version, under_way: Option<UnderWay>) -> Self {
        let ends_with_connection = version < Version::HTTP_11 && body.size_hint().exact().is_none();
        Self { body, ends_with_connection, under_way }
    }
}

impl<Io, Held> Drop for Watched<Io, Held> {
    fn drop(&mut self) {
        if self.watch.is_broken.load(Ordering::Relaxed) {
            (self.reset)(&self.io);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.waits_since.store(self.0.now(), Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<Io: AsyncRead + Unpin, Held: Unpin> AsyncRead for Watched<Io, Held> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.watch.read();
        }
        read
    }
}

impl<Io: AsyncWrite + Unpin, Held: Unpin> AsyncWrite for Watched<Io, Held> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.watch.written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.watch.written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if self.ends_with_connection
            && let Poll::Ready(Some(Err(_))) = frame
            && let Some(UnderWay(watch)) = &self.under_way
        {
            watch.is_broken.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
