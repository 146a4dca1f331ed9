//! Lines on their way out, by a thread of their own: whoever logs copies his line and goes on. The thread writes together
//! what came within a moment, so that a busy server pays for few writes.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// The most bytes of lines that wait to be written; lines that find no room are dropped, and counted.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// For how long lines are gathered.
const GATHER: Duration = Duration::from_millis(10);

/// What is kept of the room for lines between two writes.
const KEPT_BYTES: usize = 64 * 1024;

/// Where lines are left. Clones share it.
#[derive(Clone)]
pub(super) struct LineWriter(Arc<Shared>);

/// Writes the last lines when it is dropped.
pub(crate) struct LastLines {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Told when the first line comes, and at the end.
    news: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    dropped: u64,
    is_over: bool,
}

impl LineWriter {
    /// Starts to write.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(Self, LastLines)> {
        let shared = Arc::<Shared>::default();
        let writing = shared.clone();
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_to(out))?;
        Ok((Self(shared.clone()), LastLines { shared, thread: Some(thread) }))
    }

    /// How many lines were dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.0.waiting().dropped
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one line.
    fn take(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        if waiting.lines.len() + line.len() > WAITING_BYTES_MAX {
            waiting.dropped += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        drop(waiting);
        if is_first {
            self.news.notify_one();
        }
    }

    fn write_to(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let is_quiet = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.is_over;
            let waiting = self.news.wait_while(self.waiting(), is_quiet);
            let is_over = waiting.unwrap_or_else(PoisonError::into_inner).is_over;
            if !is_over {
                thread::sleep(GATHER);
            }
            std::mem::swap(&mut lines, &mut self.waiting().lines);
            if lines.is_empty() && is_over {
                return;
            }
            // There is nowhere else to say that the log can't be written.
            let _written = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            lines.shrink_to(KEPT_BYTES);
        }
    }
}

impl Drop for LastLines {
    fn drop(&mut self) {
        self.shared.waiting().is_over = true;
        self.shared.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panics only where writing does.
            drop(thread.join());
        }
    }
}

/// Each event is one write.
impl Write for &LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.take(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LineWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Writes nothing until it is let.
    struct Stuck {
        is_let: mpsc::Receiver<()>,
        began: mpsc::Sender<()>,
        out: Out,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.began.send(()).unwrap();
            self.is_let.recv().unwrap();
            self.out.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_in_its_order_before_the_end() {
        let out = Out::default();
        let (writer, last) = LineWriter::start(out.clone()).unwrap();
        let expected: String = (0..10_000).map(|number| format!("{number}\n")).collect();
        expected.split_inclusive('\n').for_each(|line| (&writer).write_all(line.as_bytes()).unwrap());
        drop(last);
        assert!(*out.0.lock().unwrap() == expected.as_bytes());
        assert_eq!(writer.dropped(), 0);
    }

    #[test]
    fn what_finds_no_room_is_counted_and_nobody_waits() {
        let (let_it, is_let) = mpsc::channel();
        let (began, begins) = mpsc::channel();
        let out = Out::default();
        let (writer, last) = LineWriter::start(Stuck { is_let, began, out: out.clone() }).unwrap();
        (&writer).write_all(b"first\n").unwrap();
        begins.recv().unwrap();
        let half = vec![b'x'; WAITING_BYTES_MAX / 2];
        for _ in 0..3 {
            (&writer).write_all(&half).unwrap();
        }
        assert_eq!(writer.dropped(), 1);
        let_it.send(()).unwrap();
        let_it.send(()).unwrap();
        drop(last);
        assert_eq!(out.0.lock().unwrap().len(), "first\n".len() + WAITING_BYTES_MAX);
    }
}
