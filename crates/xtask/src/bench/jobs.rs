//! Jobs per second from end to end: submit, hold, queue, worker, mock picture, store, settle, answer; embedded, or
//! scaled out through Postgres and Redis with an api and a worker process.
//!
//! Each client has an account of its own and waits for its job before it sends the next one. Every job costs several
//! durable commits, so the figure means something only beside the syncs that the same disk does in a second.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fourfold_servers::{Postgres, Redis};
use serde_json::{Value, json};

use crate::bench::disk;
use crate::bench::http::{Answer, Connection};
use crate::bench::load::{ms, percentile};
use crate::bench::server::{self, Server};
use crate::servers;
use crate::workspace::Workspace;

const MODEL: &str = "mock-image";
/// The smallest picture that the model makes, so that drawing it weighs little.
const SIZE: &str = "16x16";
const SYNCS_DURATION: Duration = Duration::from_secs(2);
/// A server counts as idle when what its start left behind is done.
const IDLE_AFTER: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_secs(1);

/// How many jobs a second the paced clients ask for, and how many clients they are.
const PACE: usize = 50;
const PACED_CLIENTS: usize = 10;

const GOAL_EMBEDDED: f64 = 2000.0;
const GOAL_SCALED_OUT: f64 = 1500.0;
const GOAL_PACED_MS: f64 = 20.0;
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
    /// Through Postgres and Redis, with one api and one worker process
    #[arg(long)]
    scaled_out: bool,
}

/// What is measured: one process, or two over servers of their own.
struct House {
    /// The one that answers.
    api: Server,
    worker: Option<Server>,
    database: String,
    _servers: Option<(Postgres, Redis)>,
}

impl House {
    fn embedded(binary: &Path, folder: &Path) -> Result<Self> {
        let api = Server::start(binary, "all", folder, &[])?;
        let database =
            format!("journal_mode={} synchronous={}", api.logged("journal_mode"), api.logged("synchronous"));
        Ok(Self { api, worker: None, database, _servers: None })
    }

    fn scaled_out(binary: &Path, folder: &Path) -> Result<Self> {
        servers::ensure()?;
        let postgres = Postgres::start(Postgres::SYNCED)?;
        let redis = Redis::start()?;
        let variables = [
            ("DATABASE_URL", postgres.create_database()?),
            ("REDIS_URL", redis.url()),
            ("FOURFOLD__ARTIFACTS__FOLDER", folder.join("artifacts").display().to_string()),
            ("FOURFOLD__SECURITY__SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
        ];
        let worker = Server::start(binary, "worker", folder, &variables)?;
        let api = Server::start(binary, "api", folder, &variables)?;
        let database = format!("Postgres {}, Redis", postgres.durability()?);
        Ok(Self { api, worker: Some(worker), database, _servers: Some((postgres, redis)) })
    }

    fn resident_bytes(&self) -> Result<u64> {
        let worker = self.worker.as_ref().map_or(Ok(0), Server::resident_bytes)?;
        Ok(self.api.resident_bytes()? + worker)
    }
}

/// Starts a server, measures it, prints the figures and the verdict.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let file_system = disk::file_system(folder.path());
    let syncs_per_second = disk::syncs_per_second(folder.path(), SYNCS_DURATION)?;

    let binary = server::build(workspace)?;
    let house = match options.scaled_out {
        true => House::scaled_out(&binary, folder.path())?,
        false => House::embedded(&binary, folder.path())?,
    };
    let server = &house.api;
    thread::sleep(IDLE_AFTER);
    let idle_bytes = house.resident_bytes()?;
    let paced = paced(server, options)?;
    let load = load(server, options)?;
    let loaded_bytes = house.resident_bytes()?;
    let verified = server.call("GET", "/api/v1/admin/ledger/verify", "")?;

    let clients = options.clients;
    println!("disk               {syncs_per_second:.0} fdatasync/s, {file_system}");
    println!("database           {}", house.database);
    println!(
        "load               {clients} waiting clients, {MODEL} {SIZE}, {:.1} s",
        load.duration.as_secs_f64()
    );
    println!("jobs               {:.0} per second, {} in all", load.jobs_per_second(), load.latencies.len());
    println!("latency            p50 {:.1} ms, p99 {:.1} ms", load.percentile_ms(50), load.percentile_ms(99));
    println!(
        "at {PACE} a second     p50 {:.1} ms, p99 {:.1} ms",
        paced.percentile_ms(50),
        paced.percentile_ms(99)
    );
    println!("resident memory    {} idle, {} after the load", megabytes(idle_bytes), megabytes(loaded_bytes));
    println!("ledger             {}", if verified.status == 200 { "clean" } else { "NOT CLEAN" });
    ensure!(verified.status == 200, "the ledger is not clean: {}", text(&verified));

    let goal = if options.scaled_out {
        GOAL_SCALED_OUT
    } else {
        GOAL_EMBEDDED.min(GOAL_SHARE_OF_SYNCS * syncs_per_second)
    };
    let processes = if options.scaled_out { 2 } else { 1 };
    let verdict = Verdict::of(&Measured {
        jobs_per_second: load.jobs_per_second(),
        goal,
        paced_ms: paced.percentile_ms(50),
        idle_bytes: idle_bytes / processes,
    });
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
        ms(percentile(&self.latencies, percent))
    }
}

/// Lets a few clients submit at a steady pace, far below what the server can do.
fn paced(server: &Server, options: &Options) -> Result<Load> {
    let requests = (0..PACED_CLIENTS).map(|number| client_request(server, number));
    let requests = requests.collect::<Result<Vec<_>>>()?;
    let duration = Duration::from_secs(options.seconds.min(4));
    let (from, every) =
        (Instant::now(), Duration::from_secs(1) * u32::try_from(PACED_CLIENTS)? / u32::try_from(PACE)?);
    let latencies = thread::scope(|scope| {
        let clients = requests.iter().enumerate().map(|(number, request)| {
            let first =
                from + every * u32::try_from(number).unwrap_or(0) / u32::try_from(PACED_CLIENTS).unwrap_or(1);
            scope.spawn(move || paced_client(server, request, first, every, from + duration))
        });
        let clients = clients.collect::<Vec<_>>();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client doesn't panic"))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut latencies = latencies.concat();
    latencies.sort_unstable();
    Ok(Load { duration, latencies })
}

fn paced_client(
    server: &Server,
    request: &[u8],
    mut next: Instant,
    every: Duration,
    until: Instant,
) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(server.address()).context("a client could not connect")?;
    let mut latencies = Vec::new();
    while next < until {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        succeeded(&connection.send(request).context("a client got no answer")?)?;
        latencies.push(sent.elapsed());
        next += every;
    }
    Ok(latencies)
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

/// What is compared with the goals.
struct Measured {
    jobs_per_second: f64,
    goal: f64,
    paced_ms: f64,
    idle_bytes: u64,
}

/// Whether the goals are met, and the sentence that says so.
struct Verdict {
    met: bool,
    line: String,
}

impl Verdict {
    fn of(measured: &Measured) -> Self {
        let Measured { jobs_per_second, goal, paced_ms, idle_bytes } = *measured;
        let (fast, prompt, small) =
            (jobs_per_second >= goal, paced_ms < GOAL_PACED_MS, idle_bytes < GOAL_IDLE_BYTES);
        let says = |met: bool| if met { "meet" } else { "MISS" };
        let line = format!(
            "{jobs_per_second:.0} jobs/s {} the goal of {goal:.0}; {paced_ms:.1} ms at {PACE} a second {} the goal of \
             under {GOAL_PACED_MS} ms; {} idle {} the goal of under {}",
            says(fast),
            says(prompt),
            megabytes(idle_bytes),
            says(small),
            megabytes(GOAL_IDLE_BYTES),
        );
        Self { met: fast && prompt && small, line }
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

    const MET: Measured =
        Measured { jobs_per_second: 2000.0, goal: 2000.0, paced_ms: 12.0, idle_bytes: 20_000_000 };

    #[test]
    fn every_goal_has_to_be_met() {
        assert!(Verdict::of(&MET).met);
        assert!(!Verdict::of(&Measured { jobs_per_second: 1999.0, ..MET }).met);
        assert!(!Verdict::of(&Measured { paced_ms: 20.0, ..MET }).met);
        assert!(!Verdict::of(&Measured { idle_bytes: 30_000_000, ..MET }).met);
    }

    #[test]
    fn verdict_names_what_is_missed() {
        let line = Verdict::of(&Measured { jobs_per_second: 420.0, idle_bytes: 31_000_000, ..MET }).line;
        assert_eq!(
            line,
            "420 jobs/s MISS the goal of 2000; 12.0 ms at 50 a second meet the goal of under 20 ms; 31.0 MB idle MISS the \
             goal of under 30.0 MB"
        );
    }

    #[test]
    fn jobs_are_counted_over_the_measured_time() {
        let latencies = (1..=200).map(Duration::from_millis).collect();
        let load = Load { duration: Duration::from_secs(2), latencies };
        assert_eq!((load.percentile_ms(50), load.percentile_ms(99)), (100.0, 198.0));
        assert_eq!(load.jobs_per_second(), 100.0);
    }
}
