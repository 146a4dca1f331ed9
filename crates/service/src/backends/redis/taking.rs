//! The one task of a process that takes jobs from Redis, only as many as are waited for.

use std::time::Duration;

use fourfold_domain::{JobId, Priority};
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Script, Value};
use tokio::time::{Instant, sleep, timeout};

use super::link::PAUSE;
use super::queue::{GROUP, Lines, line};
use crate::backends::turns::Turns;
use crate::ports::Taken;

/// How many jobs are taken at a time.
const BATCH_MAX: usize = 256;

/// The longest wait for the bell: a ring that was lost costs no more than this.
const LISTEN_MAX: Duration = Duration::from_secs(1);

/// How much later than asked Redis may answer that nothing rang.
const LATE_MAX: Duration = Duration::from_secs(2);

/// What one look at Redis gave.
struct Look {
    /// The last ring of the bell: a later one means something new.
    rung: String,
    /// How long until a job's moment comes.
    next: Option<Duration>,
    taken: Vec<Taken>,
}

/// Takes jobs whenever takers wait. Redis gone is waited out.
pub(super) async fn take_for_ever(lines: &Lines) {
    let script = Script::new(concat!(include_str!("line_up.lua"), include_str!("take.lua")));
    let mut turns = Turns::default();
    let mut bell: Option<MultiplexedConnection> = None;
    let mut claim_at = Instant::now();
    loop {
        let wanted = lines.wanted_count().min(BATCH_MAX);
        if wanted == 0 {
            lines.wanted.notified().await;
            continue;
        }
        let claims = Instant::now() >= claim_at;
        let look = match look(lines, &script, turns, wanted, claims).await {
            Ok(look) => look,
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "no jobs could be taken");
                sleep(PAUSE).await;
                continue;
            }
        };
        if claims {
            claim_at = Instant::now() + lines.stale / 3;
        }
        if look.taken.is_empty() {
            let until_claim = claim_at.saturating_duration_since(Instant::now());
            let wait = look.next.unwrap_or(LISTEN_MAX).min(LISTEN_MAX).min(until_claim);
            if let Err(error) = listen(lines, &mut bell, &look.rung, wait).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "nothing can be waited for");
                bell = None;
                sleep(PAUSE).await;
            }
        } else {
            for _ in &look.taken {
                turns.next();
            }
            lines.hand_out(look.taken);
        }
    }
}

async fn look(
    lines: &Lines,
    script: &Script,
    mut turns: Turns,
    wanted: usize,
    claims: bool,
) -> RedisResult<Look> {
    let mut first = [0_usize; Priority::ALL.len()];
    for _ in 0..wanted {
        first[line(turns.next()) - 1] += 1;
    }
    let stale = if claims { lines.stale } else { Duration::ZERO };
    let mut script = lines.script(script);
    script.arg(GROUP).arg(&lines.consumer).arg(wanted).arg(&first);
    script.arg(u64::try_from(stale.as_millis()).unwrap_or(u64::MAX));
    let (rung, next, messages): (String, i64, Vec<(usize, String, String)>) = lines.link.run(&script).await?;
    let taken = messages.into_iter().filter_map(|(line, message, job)| {
        let priority = Priority::ALL.get(line.checked_sub(1)?)?;
        let job: JobId = job.parse().ok()?;
        Some(Taken { job, receipt: Some(format!("{}:{message}", priority.as_str()).into()) })
    });
    Ok(Look { rung, next: u64::try_from(next).ok().map(Duration::from_millis), taken: taken.collect() })
}

/// Waits until the bell rings again, or this long.
async fn listen(
    lines: &Lines,
    bell: &mut Option<MultiplexedConnection>,
    rung: &str,
    wait: Duration,
) -> RedisResult<()> {
    let connection = match bell {
        Some(connection) => connection,
        None => bell.insert(lines.link.waiting_connection().await?),
    };
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let mut read = redis::cmd("XREAD");
    read.arg("BLOCK").arg(millis).arg("STREAMS").arg(lines.link.key("bell")).arg(rung);
    match timeout(wait + LATE_MAX, read.query_async::<Value>(connection)).await {
        Ok(answer) => answer.map(drop),
        Err(_silent) => Err(redis::RedisError::from((redis::ErrorKind::Io, "Redis has fallen silent"))),
    }
}
