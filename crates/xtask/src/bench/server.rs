//! The release binary as a server of its own: a free port, an empty data folder, default settings.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::bench::http::{Answer, Connection, request};
use crate::command;
use crate::workspace::Workspace;

/// The admin key of every server that is measured. It opens nothing else.
const ADMIN_KEY: &str = "ff_bench_0123456789abcdef0123456789abcdef";
const START_TIMEOUT: Duration = Duration::from_secs(15);

/// An empty folder on the disk that we build on, so that it is not a `tmpfs` by accident.
pub(crate) fn folder(workspace: &Workspace) -> Result<TempDir> {
    fs::create_dir_all(workspace.target())?;
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(workspace.target())?)
}

/// A running server; it is killed when dropped, which it has to bear anyway.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

/// Builds the release binary.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    command::run(&mut workspace.cargo(["build", "--quiet", "--release", "--bin", "fourfold"]))?;
    Ok(workspace.target().join("release/fourfold"))
}

impl Server {
    /// Starts the binary in this role with everything in `folder`, and waits until it is ready.
    pub(crate) fn start(
        binary: &Path,
        role: &str,
        folder: &Path,
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let address = free_address()?;
        let log = folder.join(format!("{role}.log"));
        let file = File::create(&log)?;
        // The caller's environment and working folder could carry settings of their own.
        let child = Command::new(binary)
            .args(["serve", "--role", role])
            .current_dir(folder)
            .env_clear()
            .env("FOURFOLD__SERVER__LISTEN", address.to_string())
            .env("FOURFOLD__DATA_DIR", folder.join("data"))
            .env("FOURFOLD_ADMIN_KEY", ADMIN_KEY)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("the release binary could not be started")?;
        let mut server = Self { child, address, log };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}; its log:\n{}", self.log());
            }
            if self.call("GET", "/health/ready", "").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server was not ready after {START_TIMEOUT:?}; its log:\n{}", self.log())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// One request as the admin, over a connection of its own.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> Result<Answer> {
        Connection::open(self.address)?.send(&Self::request(method, path, &[], body))
    }

    /// A request with the admin key, as bytes.
    pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
        let authorization = format!("Bearer {ADMIN_KEY}");
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        request(method, path, &headers, body)
    }

    /// The most memory of the process that was ever in RAM.
    pub(crate) fn resident_bytes_max(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The memory of the process that is in RAM right now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, field: &str) -> Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).with_context(|| format!("{path} could not be read"))?;
        bytes_in(&status, field).with_context(|| format!("{path} has no {field}"))
    }

    /// The largest value of a metric of the server's, over all of its labels that have this text.
    pub(crate) fn metric(&self, name: &str, labelled: &str) -> Result<Option<f64>> {
        let answer = self.call("GET", "/metrics", "")?;
        let text = String::from_utf8_lossy(&answer.body);
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(labelled));
        Ok(lines
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .fold(None, |most, value| Some(most.map_or(value, |most: f64| most.max(value)))))
    }

    /// What the server said at its start about a setting of the database, or `unknown`.
    pub(crate) fn logged(&self, field: &str) -> String {
        logged_in(&self.log(), field).unwrap_or_else(|| "unknown".to_owned())
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that is free now; the listener is closed again, so another process could take it in between.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?)
}

/// The CPU time that these processes have used, with all that they have started.
pub(crate) fn cpu_of(processes: &[u32]) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for process in processes {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))
            .with_context(|| format!("process {process} is gone"))?;
        all += ticks_in(&stat).with_context(|| format!("/proc/{process}/stat can't be read"))?;
        let started = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
        let started: Vec<_> = started.split_ascii_whitespace().filter_map(|id| id.parse().ok()).collect();
        all += cpu_of(&started)?;
    }
    Ok(all)
}

/// Linux counts CPU time in hundredths of a second.
fn ticks_in(stat: &str) -> Option<Duration> {
    let (_name, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_ascii_whitespace().skip(11).take(4).map(str::parse::<u64>);
    ticks.sum::<std::result::Result<u64, _>>().ok().map(|ticks| Duration::from_millis(ticks * 10))
}

fn bytes_in(status: &str, field: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The first value of `field` in a log, be it plain (`field=value`), coloured or JSON (`"field":"value"`).
fn logged_in(log: &str, field: &str) -> Option<String> {
    let plain = without_colours(log);
    plain.match_indices(field).find_map(|(at, _)| {
        let after = plain[at + field.len()..].trim_start_matches('"');
        let value = after.strip_prefix(['=', ':'])?.trim_start_matches([' ', '"']);
        let value = value.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        (!value.is_empty()).then(|| value.to_owned())
    })
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        let status = "VmHWM:\t  9000 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(bytes_in(status, "VmRSS:"), Some(2 * 1024 * 1024));
        assert_eq!(bytes_in(status, "VmHWM:"), Some(9000 * 1024));
        assert_eq!(bytes_in("Name:\tfourfold\n", "VmRSS:"), None);
    }

    #[test]
    fn cpu_time_is_read_whatever_the_process_is_called() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 12 3 4 1 20 0";
        assert_eq!(ticks_in(stat), Some(Duration::from_millis(200)));
        assert_eq!(ticks_in("7 (a) S 1"), Some(Duration::ZERO));
    }

    #[test]
    fn logged_field_is_found_in_every_form() {
        for log in [
            "INFO the database is open journal_mode=wal synchronous=full\n",
            "INFO the database is open journal_mode=\"wal\" synchronous=\"full\"",
            r#"{"message":"the database is open","journal_mode":"wal","synchronous": "full"}"#,
            "\u{1b}[32mINFO\u{1b}[0m \u{1b}[3mjournal_mode\u{1b}[0m\u{1b}[2m=\u{1b}[0mwal \u{1b}[3msynchronous\u{1b}[0m\u{1b}[2m=\u{1b}[0mfull",
            "the journal_mode of this database is durable: journal_mode=wal synchronous=full",
        ] {
            assert_eq!(logged_in(log, "journal_mode").as_deref(), Some("wal"), "{log}");
            assert_eq!(logged_in(log, "synchronous").as_deref(), Some("full"), "{log}");
        }
    }

    #[test]
    fn unlogged_field_is_unknown() {
        assert_eq!(logged_in("the server listens", "synchronous"), None);
    }
}
