//! The binary as a process of its own, on a free port that it tells.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A process that listens; it is killed when dropped.
pub(super) struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts it and waits until it says where it listens, in a line that `url_in` understands. All that it prints is
    /// written to `log`.
    pub(super) fn start(mut command: Command, log: File, url_in: fn(&str) -> Option<String>) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_os_string();
        let mut child =
            command.spawn().with_context(|| format!("`{}` could not be started", program.display()))?;
        let (sender, found) = mpsc::channel();
        let stdout = child.stdout.take().context("its output was asked for")?;
        let stderr = child.stderr.take().context("its errors were asked for")?;
        read(stdout, log.try_clone()?, sender.clone(), url_in);
        read(stderr, log, sender, url_in);
        let mut process = Self { child, url: String::new() };
        let Ok(url) = found.recv_timeout(START_TIMEOUT) else {
            bail!("`{}` did not say where it listens", program.display());
        };
        process.url = url;
        Ok(process)
    }

    /// Without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads what it prints to the end, so that it never waits for us.
fn read(
    printed: impl Read + Send + 'static,
    mut log: File,
    found: Sender<String>,
    url_in: fn(&str) -> Option<String>,
) {
    thread::spawn(move || {
        for line in BufReader::new(printed).lines().map_while(Result::ok) {
            // A log that can't be written is missed by those who look for it, and by nobody else.
            drop(writeln!(log, "{line}"));
            if let Some(url) = url_in(&line) {
                // Nobody waits for it any more once the time is over.
                drop(found.send(url));
            }
        }
    });
}
