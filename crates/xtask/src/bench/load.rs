//! Clients that ask a server and wait for its answers, by several ways that are compared.

use std::net::SocketAddr;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::http::Connection;
use super::server::cpu_of;

const WARM_UP: Duration = Duration::from_secs(1);

/// One way to the vendor.
pub(crate) struct Way<'a> {
    pub(crate) name: &'a str,
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    /// The processes whose CPU is its own, with all that they have started.
    pub(crate) processes: Vec<u32>,
}

/// What came of one way.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) cpu_micros: f64,
    /// Sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// Lets so many clients ask and wait, over and over, for so many seconds after a warm-up, and prints what it came to.
pub(crate) fn measure(way: &Way<'_>, clients: usize, seconds: u64) -> Result<Measured> {
    let from = Instant::now() + WARM_UP;
    let until = from + Duration::from_secs(seconds);
    let (mut latencies, cpu) = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(|| busy(way, from, until))).collect();
        thread::sleep(from.saturating_duration_since(Instant::now()));
        let before = cpu_of(&way.processes)?;
        thread::sleep(until.saturating_duration_since(Instant::now()));
        let cpu = cpu_of(&way.processes)?.saturating_sub(before);
        anyhow::Ok((joined(clients)?, cpu))
    })?;
    latencies.sort_unstable();
    let measured = Measured {
        per_second: latencies.len() as f64 / seconds as f64,
        cpu_micros: cpu.as_secs_f64() * 1e6 / latencies.len() as f64,
        latencies,
    };
    println!(
        "{:<18} {:>6.0} requests/s, CPU {:>5.1} µs a request, p50 {:.2} ms, p99 {:.2} ms",
        way.name,
        measured.per_second,
        measured.cpu_micros,
        ms(percentile(&measured.latencies, 50)),
        ms(percentile(&measured.latencies, 99))
    );
    Ok(measured)
}

/// Asks so often a second by each way, their requests evenly between each other's, so that what disturbs the machine
/// disturbs all of them alike. Prints and gives the sorted latencies of each.
pub(crate) fn paced(
    ways: &[Way<'_>],
    per_second: u32,
    clients: usize,
    seconds: u64,
) -> Result<Vec<Vec<Duration>>> {
    let from = Instant::now() + WARM_UP;
    let until = from + Duration::from_secs(seconds);
    let between = Duration::from_secs(1) / per_second;
    let came: Result<Vec<_>> = thread::scope(|scope| {
        let started = ways.iter().enumerate().map(|(place, way)| {
            let begin = Instant::now() + between * place as u32 / ways.len() as u32;
            let one = |client: usize| {
                let first = begin + between * client as u32;
                scope.spawn(move || in_turn(way, first, between * clients as u32, from, until))
            };
            (0..clients).map(one).collect::<Vec<_>>()
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(joined).collect()
    });
    let mut came = came?;
    for (way, latencies) in ways.iter().zip(&mut came) {
        latencies.sort_unstable();
        println!(
            "{:<18} {per_second} requests/s, p50 {:.3} ms, p99 {:.3} ms, {} in all",
            way.name,
            ms(percentile(latencies, 50)),
            ms(percentile(latencies, 99)),
            latencies.len()
        );
    }
    Ok(came)
}

/// Asks, waits, asks again.
fn busy(way: &Way<'_>, from: Instant, until: Instant) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(way.address).context("a client could not connect")?;
    let mut latencies = Vec::new();
    loop {
        let sent = Instant::now();
        way.ask(&mut connection)?;
        let ended = Instant::now();
        if ended > until {
            return Ok(latencies);
        }
        if ended > from {
            latencies.push(ended - sent);
        }
    }
}

/// Asks whenever it is due. A request that is late since the one before took too long counts from when it was due.
fn in_turn(
    way: &Way<'_>,
    first: Instant,
    every: Duration,
    from: Instant,
    until: Instant,
) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(way.address).context("a client could not connect")?;
    let (mut latencies, mut due) = (Vec::new(), first);
    while due < until {
        let wait = due.saturating_duration_since(Instant::now());
        thread::sleep(wait);
        let began = if wait.is_zero() { due } else { Instant::now() };
        way.ask(&mut connection)?;
        if due > from {
            latencies.push(began.elapsed());
        }
        due += every;
    }
    Ok(latencies)
}

impl Way<'_> {
    fn ask(&self, connection: &mut Connection) -> Result<()> {
        let answer =
            connection.send(&self.request).with_context(|| format!("{} gave no answer", self.name))?;
        ensure!(answer.status == 200, "{}: {}", self.name, String::from_utf8_lossy(&answer.body));
        Ok(())
    }
}

fn joined(clients: Vec<ScopedJoinHandle<'_, Result<Vec<Duration>>>>) -> Result<Vec<Duration>> {
    let join = |client: ScopedJoinHandle<'_, Result<Vec<Duration>>>| {
        client.join().map_err(|_panic| anyhow!("a client panicked"))?
    };
    let latencies: Result<Vec<_>> = clients.into_iter().map(join).collect();
    Ok(latencies?.concat())
}

/// The latency that `percent` of the requests did not exceed; 0 where there was none.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

/// In milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_a_latency_that_was_seen() {
        let sorted: Vec<_> = (1..=10).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(5));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(10));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
