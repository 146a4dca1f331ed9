//! Jobs per second from end to end: submit, hold, queue, worker, mock picture, store, settle, answer.
//!
//! Each client has an account of its own and waits for its job before it sends the next one. Every job costs several
//! durable commits, so the figure means something only beside the syncs that the same disk does in a second.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::disk;
use crate::bench::http::{Answer, Connection};
use crate::bench::server::{self, Server};
use crate::workspace::Workspace;

const MODEL: &str = "mock-image";
/// The smallest picture that the model makes, so that drawing it weighs little.
const SIZE: &str = "64x64";
const SYNCS_DURATION: Duration = Duration::from_secs(2);
/// A server counts as idle when what its start left behind is done.
const IDLE_AFTER: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_secs(1);

const GOAL_JOBS_PER_SECOND: f64 = 500.0;
const GOAL_SHARE_OF_SYNCS: f64 = 0.8;
const GOAL_IDLE_BYTES: u64 = 30_000_000;

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients submit and wait at the same time
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// For how long they are measured, after a second of warming up
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

/// Starts a server, measures it, prints the figures and the verdict.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let file_system = disk::file_system(folder.path());
    let syncs_per_second = disk::syncs_per_second(folder.path(), SYNCS_DURATION)?;

    let server = Server::start(workspace, folder)?;
    thread::sleep(IDLE_AFTER);
    let idle_bytes = server.resident_bytes()?;
    let load = load(&server, options)?;
    let loaded_bytes = server.resident_bytes()?;
    let verified = server.call("GET", "/api/v1/admin/ledger/verify", "")?;

    let clients = options.clients;
    println!("disk               {syncs_per_second:.0} fdatasync/s, {file_system}");
    println!(
        "database           journal_mode={} synchronous={}",
        server.logged("journal_mode"),
        server.logged("synchronous")
    );
    println!(
        "load               {clients} waiting clients, {MODEL} {SIZE}, {:.1} s",
        load.duration.as_secs_f64()
    );
    println!("jobs               {:.0} per second, {} in all", load.jobs_per_second(), load.latencies.len());
    println!("latency            p50 {:.1} ms, p99 {:.1} ms", load.percentile_ms(50), load.percentile_ms(99));
    println!("resident memory    {} idle, {} after the load", megabytes(idle_bytes), megabytes(loaded_bytes));
    println!("ledger             {}", if verified.status == 200 { "clean" } else { "NOT CLEAN" });
    ensure!(verified.status == 200, "the ledger is not clean: {}", text(&verified));

    let verdict = Verdict::of(load.jobs_per_second(), syncs_per_second, idle_bytes);
    println!("verdict            {}", verdict.line);
    ensure!(verdict.met, "the goal is missed");
    Ok(())
}

/// The latencies of all jobs that ended within the measured time.
struct Load {
    duration: Duration,
    latencies: Vec<Duration>,
}

impl Load {
    fn jobs_per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.duration.as_secs_f64()
    }

    /// The latency that `percent` of the jobs did not exceed; the latencies are sorted.
    fn percentile_ms(&self, percent: usize) -> f64 {
        let rank = (self.latencies.len() * percent).div_ceil(100).saturating_sub(1);
        self.latencies.get(rank).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

/// Lets every client submit and wait, over and over, and gathers what they saw.
fn load(server: &Server, options: &Options) -> Result<Load> {
    let requests = (0..options.clients).map(|number| client_request(server, number));
    let requests = requests.collect::<Result<Vec<_>>>()?;

    let from = Instant::now() + WARM_UP;
    let until = from + Duration::from_secs(options.seconds);
    let latencies = thread::scope(|scope| {
        let clients = requests.iter().map(|request| scope.spawn(|| client(server, request, from, until)));
        let clients = clients.collect::<Vec<_>>();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client doesn't panic"))
            .collect::<Result<Vec<_>>>()
    })?;

    let mut latencies = latencies.concat();
    latencies.sort_unstable();
    Ok(Load { duration: until - from, latencies })
}

/// Gives client `number` credits and returns the request that it will repeat.
fn client_request(server: &Server, number: usize) -> Result<Vec<u8>> {
    let user = format!("bench-{number}");
    let path = format!("/api/v1/admin/accounts/{user}/grants");
    let granted = server.call("POST", &path, &json!({ "credits": "1000000" }).to_string())?;
    ensure!(granted.status == 201, "no credits were granted: {}", text(&granted));

    let body = json!({ "model": MODEL, "input": { "prompt": "a lighthouse in the fog", "size": SIZE } });
    let headers = [("fourfold-user", user.as_str()), ("prefer", "wait=30")];
    Ok(Server::request("POST", "/api/v1/jobs", &headers, &body.to_string()))
}

/// One client: the latencies of its jobs that ended between `from` and `until`.
fn client(server: &Server, request: &[u8], from: Instant, until: Instant) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(server.address()).context("a client could not connect")?;
    let mut latencies = Vec::new();
    loop {
        let sent = Instant::now();
        let answer = connection.send(request).context("a client got no answer")?;
        let ended = Instant::now();
        succeeded(&answer)?;
        if ended > until {
            return Ok(latencies);
        }
        if ended > from {
            latencies.push(ended - sent);
        }
    }
}

fn succeeded(answer: &Answer) -> Result<()> {
    let job: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status != 200 || job["state"] != "succeeded" {
        bail!("a job did not succeed: status {}, {}", answer.status, text(answer));
    }
    Ok(())
}

/// Whether the goal is met, and the sentence that says so.
struct Verdict {
    met: bool,
    line: String,
}

impl Verdict {
    /// A slow disk lowers the goal for the jobs, never the one for the memory.
    fn of(jobs_per_second: f64, syncs_per_second: f64, idle_bytes: u64) -> Self {
        let goal = GOAL_JOBS_PER_SECOND.min(GOAL_SHARE_OF_SYNCS * syncs_per_second);
        let (fast, small) = (jobs_per_second >= goal, idle_bytes < GOAL_IDLE_BYTES);
        let says = |met: bool| if met { "meet" } else { "MISS" };
        let line = format!(
            "{jobs_per_second:.0} jobs/s {} the goal of {goal:.0} ({GOAL_JOBS_PER_SECOND}, or {GOAL_SHARE_OF_SYNCS} × \
             the syncs); {} idle {} the goal of under {}",
            says(fast),
            megabytes(idle_bytes),
            says(small),
            megabytes(GOAL_IDLE_BYTES),
        );
        Self { met: fast && small, line }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_disk_lowers_the_goal_for_jobs() {
        assert!(Verdict::of(500.0, 10_000.0, 20_000_000).met);
        assert!(!Verdict::of(499.0, 10_000.0, 20_000_000).met);
        assert!(Verdict::of(80.0, 100.0, 20_000_000).met);
        assert!(!Verdict::of(79.0, 100.0, 20_000_000).met);
        assert!(!Verdict::of(500.0, 10_000.0, 30_000_000).met);
    }

    #[test]
    fn verdict_names_what_is_missed() {
        let line = Verdict::of(420.0, 1000.0, 31_000_000).line;
        assert_eq!(
            line,
            "420 jobs/s MISS the goal of 500 (500, or 0.8 × the syncs); 31.0 MB idle MISS the goal of under 30.0 MB"
        );
    }

    #[test]
    fn percentile_is_a_latency_that_was_seen() {
        let latencies = (1..=200).map(Duration::from_millis).collect();
        let load = Load { duration: Duration::from_secs(2), latencies };
        assert_eq!((load.percentile_ms(50), load.percentile_ms(99)), (100.0, 198.0));
        assert_eq!(load.jobs_per_second(), 100.0);
    }
}
