//! Many streams at a time: asked of the simulated vendor directly, then through Fourfold, in one run. How late chunks
//! come, how much memory a stream takes, and whether each was settled.
//!
//! A chunk is late by what lies between it and the one before, beyond the vendor's pace: the vendor's own clock and the
//! machine's load are in both ways alike.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Args;
use serde_json::json;

use super::gateway::{self, USER, VENDOR_MODEL};
use super::http::{Connection, request};
use super::load::{ms, percentile};
use super::processes::Simulator;
use super::server::{self, Server};
use crate::workspace::Workspace;

/// All streams begin within this time, evenly.
const BEGIN_WITHIN: Duration = Duration::from_secs(1);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const CLIENT_STACK_BYTES: usize = 256 * 1024;
/// The first chunk says who answers, the last why it ends.
const CHUNKS_AROUND: usize = 2;

const GOAL_LATE: Duration = Duration::from_millis(20);
pub(super) const GOAL_BYTES: f64 = 50_000.0;

/// So many streams, so many at a time, at this pace.
const LOADS: [Load; 2] = [
    Load { streams: 2000, chunks: 50, pace: Duration::from_millis(200) },
    Load { streams: 400, chunks: 50, pace: Duration::from_millis(20) },
];

#[derive(Args)]
pub(crate) struct Options {
    /// How many streams of the slow kind at the same time; a fifth as many of the fast kind
    #[arg(long, default_value_t = LOADS[0].streams)]
    streams: usize,
}

/// Streams that begin together and go on side by side.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) streams: usize,
    pub(super) chunks: usize,
    /// From each chunk to the next.
    pub(super) pace: Duration,
}

/// What came of one way, each sorted.
pub(super) struct Measured {
    /// From the request to the first chunk.
    first: Vec<Duration>,
    /// From each chunk to the next, beyond the pace.
    late: Vec<Duration>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let binary = server::build(workspace)?;
    let simulator = Simulator::start(&binary, folder.path())?;
    let mut misses = Vec::new();
    for load in LOADS {
        let streams = options.streams * load.streams / LOADS[0].streams;
        let load = Load { streams, ..load };
        // Its own, since the most memory that it ever had is told of a process.
        let house = folder.path().join(format!("{}", load.pace.as_millis()));
        let gateway = gateway::gateway(&binary, &house, &simulator, &[])?;
        misses.extend(compare(&simulator, &gateway, load)?);
    }
    println!("verdict            {}", if misses.is_empty() { "meets the goals" } else { "MISSES" });
    ensure!(misses.is_empty(), "{}", misses.join("; "));
    Ok(())
}

/// One load both ways. The goals that were missed.
fn compare(simulator: &Simulator, gateway: &Server, load: Load) -> Result<Vec<String>> {
    pace(simulator, load.pace)?;
    println!("load               {} streams of {} chunks, {:?} apart", load.streams, load.chunks, load.pace);
    let vendor = [("authorization", "Bearer sk-bench")];
    let direct = request("POST", "/openai/v1/chat/completions", &vendor, &chat(VENDOR_MODEL, load));
    let direct = measure("direct", simulator.address(), &direct, load)?;
    let before = gateway.resident_bytes()?;
    let own = [("fourfold-user", USER)];
    let own = Server::request("POST", "/v1/chat/completions", &own, &chat("paid", load));
    let through = measure("fourfold", gateway.address(), &own, load)?;
    let a_stream = gateway.resident_bytes_max()?.saturating_sub(before) as f64 / load.streams as f64;
    let (first, late) = through.beyond(&direct);
    let settled = gateway.metric("fourfold_calls_ended_total", "state=\"charged\"")?.unwrap_or_default();
    println!(
        "beyond direct      p99 {:.1} ms to the first chunk, {:.1} ms to each other; {:.1} KB a stream; {settled:.0} settled",
        ms(first),
        ms(late),
        a_stream / 1e3
    );
    ensure!(settled == load.streams as f64, "{settled} calls were settled for {} streams", load.streams);
    let verified = gateway.call("GET", "/api/v1/admin/ledger/verify", "")?;
    ensure!(verified.status == 200, "the ledger is not clean: {}", String::from_utf8_lossy(&verified.body));
    let mut misses = Vec::new();
    for (which, beyond) in [("first chunks", first), ("chunks", late)] {
        if beyond > GOAL_LATE {
            misses.push(format!("{which} of streams at {:?} come {:.1} ms late", load.pace, ms(beyond)));
        }
    }
    if a_stream > GOAL_BYTES {
        misses.push(format!("a stream takes {a_stream:.0} bytes"));
    }
    Ok(misses)
}

impl Measured {
    /// By how much more the first chunks, and the others, came late than theirs, at the 99th percentile.
    pub(super) fn beyond(&self, direct: &Self) -> (Duration, Duration) {
        let beyond = |own: &[Duration], theirs: &[Duration]| {
            percentile(own, 99).saturating_sub(percentile(theirs, 99))
        };
        (beyond(&self.first, &direct.first), beyond(&self.late, &direct.late))
    }
}

/// Lets the vendor write a chunk so often.
pub(super) fn pace(simulator: &Simulator, pace: Duration) -> Result<()> {
    let timings = json!({"pace": format!("{}ms", pace.as_millis())}).to_string();
    let answer = Connection::open(simulator.address())?.send(&request(
        "PATCH",
        "/_simulator/timings",
        &[],
        &timings,
    ))?;
    ensure!(
        (200..300).contains(&answer.status),
        "the pace can't be set: {}",
        String::from_utf8_lossy(&answer.body)
    );
    Ok(())
}

/// Asks for a stream of so many chunks.
pub(super) fn chat(model: &str, load: Load) -> String {
    let said = "den ".repeat(2 * load.chunks);
    let messages = json!([{"role": "user", "content": said}]);
    let max_tokens = load.chunks - CHUNKS_AROUND;
    json!({"model": model, "stream": true, "max_tokens": max_tokens, "messages": messages}).to_string()
}

/// All streams side by side, to their ends; prints how late their chunks came. One that breaks off is an error.
pub(super) fn measure(name: &str, address: SocketAddr, request: &[u8], load: Load) -> Result<Measured> {
    let began = Instant::now();
    let came: Result<Vec<_>> = thread::scope(|scope| {
        let start = |index: usize| {
            let begin = began + BEGIN_WITHIN.mul_f64(index as f64 / load.streams as f64);
            let client = thread::Builder::new().stack_size(CLIENT_STACK_BYTES);
            client.spawn_scoped(scope, move || stream(address, request, begin, load))
        };
        let clients = (0..load.streams).map(start).collect::<std::io::Result<Vec<_>>>()?;
        let join = |client: thread::ScopedJoinHandle<'_, Result<_>>| {
            client.join().map_err(|_panic| anyhow!("a client panicked"))?
        };
        clients.into_iter().map(join).collect()
    });
    let (mut first, mut late) = (Vec::new(), Vec::new());
    for (asked, chunks) in came.with_context(|| format!("{name}: a stream failed"))? {
        first.extend(chunks.first().map(|chunk| *chunk - asked));
        late.extend(chunks.windows(2).map(|pair| (pair[1] - pair[0]).saturating_sub(load.pace)));
    }
    first.sort_unstable();
    late.sort_unstable();
    println!(
        "{name:<18} first chunk p50 {:.1} ms, p99 {:.1} ms; late by p50 {:.1} ms, p99 {:.1} ms",
        ms(percentile(&first, 50)),
        ms(percentile(&first, 99)),
        ms(percentile(&late, 50)),
        ms(percentile(&late, 99))
    );
    Ok(Measured { first, late })
}

/// When it was asked, and when each chunk came.
fn stream(
    address: SocketAddr,
    request: &[u8],
    begin: Instant,
    load: Load,
) -> Result<(Instant, Vec<Instant>)> {
    thread::sleep(begin.saturating_duration_since(Instant::now()));
    let asked = Instant::now();
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(READ_TIMEOUT))?;
    connection.write_all(request)?;
    let mut reader = BufReader::with_capacity(4096, connection);
    let (mut line, mut chunks) = (Vec::new(), Vec::with_capacity(load.chunks));
    loop {
        line.clear();
        ensure!(reader.read_until(b'\n', &mut line)? > 0, "a stream ended after {} chunks", chunks.len());
        if line.starts_with(b"HTTP/1.1 ") {
            ensure!(line.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&line));
        } else if line.starts_with(b"data: [DONE]") {
            ensure!(chunks.len() == load.chunks, "a stream had {} chunks", chunks.len());
            return Ok((asked, chunks));
        } else if line.starts_with(b"data: ") {
            chunks.push(Instant::now());
        }
    }
}
