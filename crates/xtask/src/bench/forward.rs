//! What the forward proxy costs: asked of the simulated vendor directly, through nginx as a plain proxy where it is
//! installed, and through `/forward` with authentication, metrics and logs on; all in one run. Then its memory, under
//! large bodies and under many event streams.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use clap::Args;
use serde_json::json;

use super::gateway::VENDOR_MODEL;
use super::http::{Connection, request};
use super::load::{Way, measure, ms, paced, percentile};
use super::processes::{Nginx, Simulator};
use super::server::{self, Server};
use super::sink::Sink;
use super::streams;
use crate::workspace::Workspace;

/// A server counts as idle when what its start left behind is done.
const IDLE_AFTER: Duration = Duration::from_secs(2);
const PACED_PER_SECOND: u32 = 200;
const PACED_CLIENTS: usize = 8;
const BUSY_CLIENTS: usize = 64;
/// About as long as a short conversation.
const PROMPT: &str = "Where do foxes live, and what do they eat in winter? ";
const PROMPT_TIMES: usize = 16;

const BULK_BYTES: usize = 10_000_000;
const BULK_CLIENTS: usize = 8;
/// After so many of the large requests the memory is what it stays.
const BULK_SETTLES_AFTER: usize = 200;

/// A minute of them.
const STREAMS: streams::Load = streams::Load { streams: 1000, chunks: 300, pace: Duration::from_millis(200) };

const GOAL_ADDED: Duration = Duration::from_millis(1);
const GOAL_CPU: f64 = 2.5;
const GOAL_PER_SECOND: f64 = 0.4;
const GOAL_RESIDENT_BYTES: u64 = 50_000_000;
const GOAL_GROWTH_BYTES: u64 = 2_000_000;

#[derive(Args)]
pub(crate) struct Options {
    /// For how long each way is measured, after a second of warming up
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How many large requests are sent
    #[arg(long, default_value_t = 1000)]
    bulk: usize,
    /// How many event streams at the same time
    #[arg(long, default_value_t = STREAMS.streams)]
    streams: usize,
}

/// The goals that were missed, in words.
#[derive(Default)]
struct Misses(Vec<String>);

impl Misses {
    fn unless(&mut self, is_met: bool, miss: String) {
        if !is_met {
            self.0.push(miss);
        }
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let simulator = Simulator::start(&binary, folder.path())?;
    let nginx = Nginx::start(folder.path(), simulator.address())?;
    let mut misses = Misses::default();
    requests(&binary, folder.path(), &simulator, nginx.as_ref(), options, &mut misses)?;
    large_bodies(&binary, folder.path(), options, &mut misses)?;
    event_streams(&binary, folder.path(), &simulator, options, &mut misses)?;
    let Misses(misses) = misses;
    println!("verdict            {}", if misses.is_empty() { "meets the goals" } else { "MISSES" });
    ensure!(misses.is_empty(), "{}", misses.join("; "));
    Ok(())
}

/// Small requests: the time they take longer, and the CPU.
fn requests(
    binary: &Path,
    folder: &Path,
    simulator: &Simulator,
    nginx: Option<&Nginx>,
    options: &Options,
    misses: &mut Misses,
) -> Result<()> {
    let proxy = proxy(binary, &folder.join("requests"), &format!("http://{}/openai", simulator.address()))?;
    let said = PROMPT.repeat(PROMPT_TIMES);
    let messages = json!([{"role": "user", "content": said}]);
    let chat = json!({"model": VENDOR_MODEL, "max_tokens": 32, "messages": messages}).to_string();
    let plain =
        request("POST", "/openai/v1/chat/completions", &[("authorization", "Bearer sk-bench")], &chat);
    let way = |name, address: SocketAddr, request: &[u8], processes| Way {
        name,
        address,
        request: request.to_vec(),
        processes,
    };
    let direct = way("direct", simulator.address(), &plain, Vec::new());
    let nginx = nginx.map(|nginx| way("nginx", nginx.address(), &plain, vec![nginx.process()]));
    let forwarded = Server::request("POST", "/forward/bench/v1/chat/completions", &[], &chat);
    let forwarded = way("forward", proxy.address(), &forwarded, vec![proxy.process()]);

    println!("load               {} bytes a request", chat.len());
    let mut ways = vec![direct, forwarded];
    let latencies = paced(&ways, PACED_PER_SECOND, PACED_CLIENTS, options.seconds)?;
    let added =
        |percent| percentile(&latencies[1], percent).saturating_sub(percentile(&latencies[0], percent));
    println!("added              p50 {:.3} ms, p99 {:.3} ms", ms(added(50)), ms(added(99)));
    misses.unless(added(99) < GOAL_ADDED, format!("{:.2} ms are added at p99", ms(added(99))));

    ways.extend(nginx);
    let mut measured = Vec::new();
    for way in &ways {
        measured.push(measure(way, BUSY_CLIENTS, options.seconds)?);
    }
    println!("resident memory    {:.1} MB", proxy.resident_bytes()? as f64 / 1e6);
    let [_direct, forward, nginx] = &measured[..] else {
        println!("nginx              isn't installed, so there are no ratios");
        return Ok(());
    };
    let (cpu, rate) = (forward.cpu_micros / nginx.cpu_micros, forward.per_second / nginx.per_second);
    println!("beside nginx       {cpu:.2} × its CPU a request, {rate:.2} × its requests a second");
    misses.unless(cpu <= GOAL_CPU, format!("a request takes {cpu:.2} × nginx's CPU"));
    misses.unless(rate >= GOAL_PER_SECOND, format!("it has {rate:.2} × nginx's requests a second"));
    Ok(())
}

/// Large requests with large answers: the memory stays what it is.
fn large_bodies(binary: &Path, folder: &Path, options: &Options, misses: &mut Misses) -> Result<()> {
    let sink = Sink::start(BULK_BYTES)?;
    let proxy = proxy(binary, &folder.join("large"), &format!("http://{}", sink.address()))?;
    thread::sleep(IDLE_AFTER);
    let idle = proxy.resident_bytes()?;
    let request = Server::request("POST", "/forward/bench/bulk", &[], &"x".repeat(BULK_BYTES));
    let began = Instant::now();
    let send = |requests: usize| {
        thread::scope(|scope| {
            let one = || -> Result<()> {
                let mut connection = Connection::open(proxy.address())?;
                for _ in 0..requests / BULK_CLIENTS {
                    let answer = connection.send(&request)?;
                    ensure!(
                        answer.status == 200 && answer.body.len() == BULK_BYTES,
                        "status {}",
                        answer.status
                    );
                }
                Ok(())
            };
            let clients: Vec<_> = (0..BULK_CLIENTS).map(|_| scope.spawn(one)).collect();
            clients
                .into_iter()
                .try_for_each(|client| client.join().map_err(|_panic| anyhow!("a client panicked"))?)
        })
    };
    let first = BULK_SETTLES_AFTER.min(options.bulk);
    send(first)?;
    let settled = proxy.resident_bytes()?;
    send(options.bulk - first)?;
    let (after, most) = (proxy.resident_bytes()?, proxy.resident_bytes_max()?);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "large bodies       {} × {:.0} MB both ways, {BULK_CLIENTS} at a time, {:.1} s",
        options.bulk,
        megabytes(BULK_BYTES as u64),
        began.elapsed().as_secs_f64()
    );
    println!(
        "resident memory    {:.1} MB idle, {:.1} after {first} of them, {:.1} after all; never more than {:.1}",
        megabytes(idle),
        megabytes(settled),
        megabytes(after),
        megabytes(most)
    );
    misses.unless(most < GOAL_RESIDENT_BYTES, format!("large bodies take {:.1} MB", megabytes(most)));
    let growth = after.saturating_sub(settled);
    misses.unless(growth < GOAL_GROWTH_BYTES, format!("the memory grows by {:.1} MB", megabytes(growth)));
    Ok(())
}

/// A minute of event streams, all at the same time.
fn event_streams(
    binary: &Path,
    folder: &Path,
    simulator: &Simulator,
    options: &Options,
    misses: &mut Misses,
) -> Result<()> {
    let proxy = proxy(binary, &folder.join("streams"), &format!("http://{}/openai", simulator.address()))?;
    let load = streams::Load { streams: options.streams, ..STREAMS };
    streams::pace(simulator, load.pace)?;
    println!("load               {} streams of {} chunks, {:?} apart", load.streams, load.chunks, load.pace);
    thread::sleep(IDLE_AFTER);
    let idle = proxy.resident_bytes()?;
    let chat = streams::chat(VENDOR_MODEL, load);
    let forwarded = Server::request("POST", "/forward/bench/v1/chat/completions", &[], &chat);
    let through = streams::measure("forward", proxy.address(), &forwarded, load)?;
    let a_stream = proxy.resident_bytes_max()?.saturating_sub(idle) as f64 / load.streams as f64;
    let plain =
        request("POST", "/openai/v1/chat/completions", &[("authorization", "Bearer sk-bench")], &chat);
    let (first, late) = through.beyond(&streams::measure("direct", simulator.address(), &plain, load)?);
    println!(
        "beyond direct      p99 {:.1} ms to the first chunk, {:.1} ms to each other; {:.1} KB a stream",
        ms(first),
        ms(late),
        a_stream / 1e3
    );
    misses.unless(a_stream <= streams::GOAL_BYTES, format!("a stream takes {:.1} KB", a_stream / 1e3));
    Ok(())
}

/// A server with one target, at this base URL.
fn proxy(binary: &Path, folder: &Path, base_url: &str) -> Result<Server> {
    fs::create_dir_all(folder)?;
    let settings = format!(
        "forward:\n  targets:\n    bench:\n      base_url: {base_url}\n      auth: {{key: sk-bench}}\n      \
         allow: [POST /v1/chat/completions, POST /bulk]\n"
    );
    fs::write(folder.join("fourfold.yaml"), settings)?;
    Server::start(binary, "all", folder, &[])
}
