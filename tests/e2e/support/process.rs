//! The binary as a process of its own, whose output is read as it comes. It doesn't outlive its value.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use super::wait::eventually;

/// How long a process may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// A running process; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
}

/// The lines that came so far; the other end is the thread that reads them, gone when there are no more.
type Lines = watch::Receiver<Vec<String>>;

impl Process {
    /// Starts the binary with these arguments, in this folder, with these variables and no others.
    pub(crate) fn start<'a>(
        folder: &Path,
        arguments: impl IntoIterator<Item = &'a str>,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fourfold"));
        command.args(arguments).current_dir(folder).env_clear().envs(variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary is built and can be started");
        let stdout = read(child.stdout.take().expect("standard output is piped"));
        let stderr = read(child.stderr.take().expect("standard error is piped"));
        Self { child, stdout, stderr }
    }

    /// The first line on standard error that gives a value; none if the process ends without.
    pub(crate) async fn told<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = |lines: &Vec<String>| lines.iter().find_map(|line| find(line));
        let lines = self.stderr.wait_for(|lines| found(lines).is_some()).await;
        lines.ok().and_then(|lines| found(&lines))
    }

    /// The same among the lines that are there already.
    pub(crate) fn seen<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.stderr.borrow().iter().find_map(|line| find(line))
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(pid, signal).expect("a child that wasn't waited for can be signalled");
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ran {
        let status = eventually("the process ends", ENDS_WITHIN, async || {
            self.child.try_wait().expect("a child can be waited for")
        });
        let status = status.await;
        let mut all = Vec::new();
        for lines in [&mut self.stdout, &mut self.stderr] {
            while lines.changed().await.is_ok() {}
            all.push(lines.borrow().clone());
        }
        let stderr = all.pop().unwrap_or_default();
        Ran { status, stdout: all.pop().unwrap_or_default(), stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and waiting returns at once.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Ran {
    /// The exit code; none if a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Checks that this signal ended it.
    #[track_caller]
    pub(crate) fn died_by(&self, signal: Signal) {
        assert_eq!(self.status.signal(), Some(signal.as_raw()), "{self:#?}");
    }

    /// Its output, after it has ended well.
    #[track_caller]
    pub(crate) fn output(&self) -> String {
        assert_eq!(self.code(), Some(0), "{self:#?}");
        self.stdout.join("\n")
    }

    /// What it said on standard error, after it has ended with 1 and without a panic.
    #[track_caller]
    pub(crate) fn complaint(&self) -> String {
        assert_eq!(self.code(), Some(1), "{self:#?}");
        let said = self.stderr.join("\n");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

/// Reads lines on a thread of its own, until there are no more.
fn read(pipe: impl Read + Send + 'static) -> Lines {
    let (lines, receiver) = watch::channel(Vec::new());
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let line = line.expect("the output is text");
            lines.send_modify(|lines| lines.push(line));
        }
    });
    receiver
}
