//! `fourfold simulate` as a process of its own, on a free port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running simulator; it is killed when dropped.
pub(super) struct Simulator {
    child: Child,
    url: String,
}

impl Simulator {
    /// Starts it and waits until it says where it listens.
    pub(super) fn start(binary: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(["simulate", "--port", "0"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` could not be started", binary.display()))?;
        let printed = child.stdout.take().context("its output was asked for")?;
        let mut simulator = Self { child, url: String::new() };
        simulator.url = printed_url(printed)?;
        Ok(simulator)
    }

    /// Without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The URL among what it prints. The rest is read to its end, so that it never waits for us.
fn printed_url(printed: ChildStdout) -> Result<String> {
    let (sender, found) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(printed).lines().map_while(Result::ok) {
            if let Some(url) = url_in(&line) {
                // Nobody waits for it any more once the time is over.
                drop(sender.send(url));
            }
        }
    });
    found.recv_timeout(START_TIMEOUT).context("`fourfold simulate` did not say where it listens")
}

/// The simulator's own URL in the line by which Fourfold is pointed at one of its vendors.
fn url_in(line: &str) -> Option<String> {
    let url = line.strip_prefix("OPENAI_BASE_URL=")?.strip_suffix("/openai/v1")?;
    Some(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_what_comes_before_the_vendor() {
        let line = "OPENAI_BASE_URL=http://127.0.0.1:4010/openai/v1";
        assert_eq!(url_in(line).as_deref(), Some("http://127.0.0.1:4010"));
        assert_eq!(url_in("RUNWAY_BASE_URL=http://127.0.0.1:4010/runway"), None);
    }
}
