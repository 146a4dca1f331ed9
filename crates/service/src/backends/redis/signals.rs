//! Signals between processes. Each listens with one connection and tells its own listeners at once.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::JobId;
use futures_util::StreamExt as _;
use redis::{Pipeline, RedisResult};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::RedisLink;
use super::link::PAUSE;
use crate::Spawner;
use crate::backends::InProcessSignals;
use crate::ports::{JobSignal, JobSignals};

/// How many signals may wait to be sent; further ones are lost, and listeners look by themselves.
const WAITING_MAX: usize = 4096;

/// How many are sent together.
const BATCH_MAX: usize = 256;

/// How often a process says something, so that silence means that the connection is dead.
const BEAT: Duration = Duration::from_secs(5);

/// After this much silence the connection is made again.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Signals between processes.
pub struct RedisSignals {
    here: Arc<InProcessSignals>,
    sender: mpsc::Sender<JobSignal>,
}

impl RedisSignals {
    /// Starts to send and to listen, until the spawner stops; what is told after that is told in this process only,
    /// and others look by themselves.
    pub fn start(link: RedisLink, spawner: &Spawner) -> Self {
        // It is seen before it counts.
        signals_lost().increment(0);
        let here = Arc::new(InProcessSignals::default());
        let node = Uuid::now_v7().simple().to_string();
        let (sender, signals) = mpsc::channel(WAITING_MAX);
        let stopping = spawner.stopping().clone();
        let sending = send(link.clone(), node.clone(), signals);
        spawner.start(async move { stopping.run_until_cancelled(sending).await });
        let (stopping, told) = (spawner.stopping().clone(), here.clone());
        spawner.start(async move { stopping.run_until_cancelled(listen(link, node, told)).await });
        Self { here, sender }
    }
}

/// Counts signals that found the line to Redis full.
fn signals_lost() -> metrics::Counter {
    metrics::counter!("fourfold_signals_lost_total")
}

impl JobSignals for RedisSignals {
    fn announce(&self, signal: JobSignal) {
        self.here.announce(signal);
        if self.sender.try_send(signal).is_err() {
            signals_lost().increment(1);
        }
    }

    fn listen(&self, job: JobId) -> watch::Receiver<Option<JobSignal>> {
        self.here.listen(job)
    }
}

/// Sends what was announced, and a beat.
async fn send(link: RedisLink, node: String, mut signals: mpsc::Receiver<JobSignal>) {
    let channel = link.key("signals");
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            count = signals.recv_many(&mut batch, BATCH_MAX) => {
                if count == 0 {
                    return;
                }
            }
            _moment = beat.tick() => {}
        }
        let mut commands = Pipeline::new();
        for signal in batch.drain(..) {
            commands.publish(&channel, to_text(&node, &signal)).ignore();
        }
        if commands.is_empty() {
            commands.publish(&channel, &node).ignore();
        }
        if let Err(error) = link.send::<()>(&commands).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "signals couldn't be sent");
        }
    }
}

/// Tells this process's listeners what others announce. Whenever the connection was made anew all are woken, since
/// nobody knows what was missed.
async fn listen(link: RedisLink, node: String, here: Arc<InProcessSignals>) {
    loop {
        if let Err(error) = listen_once(&link, &node, &here).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "signals of others can't be heard");
        }
        sleep(PAUSE).await;
    }
}

async fn listen_once(link: &RedisLink, node: &str, here: &InProcessSignals) -> RedisResult<()> {
    let mut connection = link.listening_connection().await?;
    connection.subscribe(link.key("signals")).await?;
    here.wake_all();
    let mut messages = connection.into_on_message();
    while let Ok(Some(message)) = timeout(SILENCE_MAX, messages.next()).await {
        let text: String = message.get_payload()?;
        if let Some((sender, signal)) = from_text(&text)
            && sender != node
        {
            here.announce(signal);
        }
    }
    Ok(())
}

/// `node job version state progress`; no progress is `-`.
fn to_text(node: &str, signal: &JobSignal) -> String {
    let JobSignal { job, version, state, progress } = signal;
    let progress = progress.map_or_else(|| "-".to_owned(), |progress| progress.to_string());
    format!("{node} {job} {version} {state} {progress}")
}

/// Nothing for a beat, and for what a later version may send.
fn from_text(text: &str) -> Option<(&str, JobSignal)> {
    let mut words = text.split(' ');
    let sender = words.next()?;
    let signal = JobSignal {
        job: words.next()?.parse().ok()?,
        version: words.next()?.parse().ok()?,
        state: words.next()?.parse().ok()?,
        progress: words.next()?.parse().ok(),
    };
    Some((sender, signal))
}

#[cfg(test)]
mod tests {
    use fourfold_domain::JobState;

    use super::*;

    #[test]
    fn what_is_sent_is_read_back_and_a_beat_is_no_signal() {
        for progress in [None, Some(40)] {
            let job = JobId::new(Uuid::now_v7());
            let signal = JobSignal { job, version: 7, state: JobState::Running, progress };
            assert_eq!(from_text(&to_text("node", &signal)), Some(("node", signal)));
        }
        for other in ["", "node", "node x 1 running -", "node 1 2 3"] {
            assert_eq!(from_text(other), None, "{other:?}");
        }
    }
}
