//! The queue and the signals of a single process. Both may be lost with it: the queue is filled again from
//! the database at start.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use fourfold_domain::{JobId, Priority};
use tokio::sync::{Notify, watch};

use crate::Timestamp;
use crate::clock::Clock;
use crate::ports::{DueJob, JobQueue, JobSignal, JobSignals, Taken, Waiting};

use super::turns::Turns;

/// Three lines by priority, and jobs whose moment hasn't come.
pub struct InProcessQueue {
    lines: Mutex<Lines>,
    clock: Arc<dyn Clock>,
    /// Wakes one waiting taker; the takers hold the other end.
    pushed: Notify,
}

#[derive(Default)]
struct Lines {
    /// With the moment since when each waits.
    ready: HashMap<Priority, VecDeque<(JobId, Timestamp)>>,
    later: BinaryHeap<Reverse<(Timestamp, JobId, Priority)>>,
    /// The jobs in `ready`, so that none waits there twice.
    known: HashSet<JobId>,
    turns: Turns,
    /// The moment that one taker sleeps until; the others wait to be woken.
    sleeping_until: Option<Timestamp>,
}

/// A taker that sleeps until a moment for all of them.
struct Sleeper<'a> {
    queue: &'a InProcessQueue,
    until: Timestamp,
    is_awake: bool,
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut lines = self.queue.lines();
        if lines.sleeping_until == Some(self.until) {
            lines.sleeping_until = None;
        }
        drop(lines);
        if !self.is_awake {
            // One who stops waiting leaves its sleep to another.
            self.queue.pushed.notify_one();
        }
    }
}

impl InProcessQueue {
    /// An empty queue.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { lines: Mutex::default(), clock, pushed: Notify::new() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobQueue for InProcessQueue {
    async fn push(&self, due: DueJob) {
        let mut lines = self.lines();
        let now = self.clock.now();
        if due.next_at <= now {
            lines.ready(due.job, due.priority, now);
        } else {
            lines.later.push(Reverse((due.next_at, due.job, due.priority)));
        }
        drop(lines);
        self.pushed.notify_one();
    }

    async fn next(&self) -> Taken {
        loop {
            let pushed = self.pushed.notified();
            let wait = {
                let mut lines = self.lines();
                let now = self.clock.now();
                lines.promote(now);
                if let Some(job) = lines.take() {
                    if lines.depth() > 0 {
                        // Another taker may sleep past the moment of what is left.
                        self.pushed.notify_one();
                    }
                    return Taken { job, receipt: None };
                }
                let next_at = lines.later.peek().map(|Reverse((next_at, _, _))| *next_at);
                let unwatched = next_at.filter(|at| lines.sleeping_until.is_none_or(|until| *at < until));
                if unwatched.is_some() {
                    lines.sleeping_until = unwatched;
                }
                unwatched.map(|until| (until.since(now), Sleeper { queue: self, until, is_awake: false }))
            };
            match wait {
                None => pushed.await,
                Some((wait, mut sleeper)) => {
                    tokio::select! {
                        () = pushed => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    sleeper.is_awake = true;
                }
            }
        }
    }

    /// What was given is forgotten already.
    async fn acknowledge(&self, _taken: Taken) {}

    async fn waiting(&self) -> Option<Waiting> {
        let lines = self.lines();
        let oldest = lines.ready.values().filter_map(VecDeque::front).map(|(_job, since)| *since).min();
        let oldest_age = oldest.map(|since| self.clock.now().since(since)).unwrap_or_default();
        Some(Waiting { depth: lines.depth(), oldest_age })
    }

    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Lines {
    fn depth(&self) -> usize {
        self.known.len() + self.later.len()
    }

    fn ready(&mut self, job: JobId, priority: Priority, now: Timestamp) {
        if self.known.insert(job) {
            self.ready.entry(priority).or_default().push_back((job, now));
        }
    }

    fn promote(&mut self, now: Timestamp) {
        while let Some(Reverse((next_at, job, priority))) = self.later.peek().copied() {
            if next_at > now {
                return;
            }
            self.later.pop();
            self.ready(job, priority, now);
        }
    }

    /// The next job: from the line whose turn it is where somebody waits in it, else from the first that does.
    fn take(&mut self) -> Option<JobId> {
        let preferred = self.turns.next();
        let order = std::iter::once(preferred).chain(Priority::ALL);
        let (job, _since) =
            order.into_iter().find_map(|priority| self.ready.get_mut(&priority)?.pop_front())?;
        self.known.remove(&job);
        Some(job)
    }
}

/// Signals between the tasks of one process.
#[derive(Default)]
pub struct InProcessSignals {
    /// A sender for each job that somebody listens to; the listeners hold the other ends.
    listened: Mutex<HashMap<JobId, watch::Sender<Option<JobSignal>>>>,
}

#[cfg(feature = "redis")]
impl InProcessSignals {
    /// Wakes every listener, so that each looks again: signals may have been lost.
    pub(super) fn wake_all(&self) {
        let listened = self.listened.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in listened.values() {
            sender.send_modify(|_same| {});
        }
    }
}

impl JobSignals for InProcessSignals {
    fn announce(&self, signal: JobSignal) {
        let mut listened = self.listened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = listened.get(&signal.job) {
            if sender.receiver_count() == 0 {
                listened.remove(&signal.job);
            } else {
                sender.send_if_modified(|last| {
                    // What comes from another process may come late.
                    let is_news = last.is_none_or(|last| last.version <= signal.version);
                    if is_news {
                        *last = Some(signal);
                    }
                    is_news
                });
            }
        }
    }

    fn listen(&self, job: JobId) -> watch::Receiver<Option<JobSignal>> {
        let mut listened = self.listened.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who left without a last signal are forgotten before the map grows for good.
        if listened.len() >= 1024 && listened.len().is_power_of_two() {
            listened.retain(|_job, sender| sender.receiver_count() > 0);
        }
        listened.entry(job).or_insert_with(|| watch::channel(None).0).subscribe()
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::JobState;
    use uuid::Uuid;

    use super::*;
    use crate::testing::TestClock;

    fn due(priority: Priority, next_at: i64) -> DueJob {
        DueJob { job: JobId::new(Uuid::now_v7()), priority, next_at: Timestamp::from_millis(next_at) }
    }

    #[tokio::test]
    async fn a_job_waits_once_however_often_it_is_pushed() {
        let queue = InProcessQueue::new(Arc::new(TestClock::default()));
        let job = due(Priority::Normal, 0);
        queue.push(job).await;
        queue.push(job).await;
        assert_eq!(queue.next().await.job, job.job);
        assert_eq!(queue.waiting().await.map(|waiting| waiting.depth), Some(0));
    }

    #[tokio::test]
    async fn low_priority_is_not_starved() {
        let queue = InProcessQueue::new(Arc::new(TestClock::default()));
        let low = due(Priority::Low, 0);
        queue.push(low).await;
        for _ in 0..26 {
            queue.push(due(Priority::High, 0)).await;
        }
        let mut taken = Vec::new();
        for _ in 0..13 {
            taken.push(queue.next().await.job);
        }
        assert!(taken.contains(&low.job));
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_is_not_given_before_its_moment() {
        let clock = Arc::new(TestClock::default());
        let queue = InProcessQueue::new(clock.clone());
        let (later, now) = (due(Priority::High, clock.now().millis() + 50), due(Priority::Low, 0));
        queue.push(later).await;
        queue.push(now).await;
        assert_eq!(queue.next().await.job, now.job);
        clock.advance(std::time::Duration::from_millis(50));
        assert_eq!(queue.next().await.job, later.job);
    }

    #[test]
    fn a_listener_hears_only_its_job() {
        let signals = InProcessSignals::default();
        let (mine, other) = (JobId::new(Uuid::now_v7()), JobId::new(Uuid::now_v7()));
        let listener = signals.listen(mine);
        let signal = |job| JobSignal { job, version: 2, state: JobState::Starting, progress: None };
        signals.announce(signal(other));
        assert_eq!(*listener.borrow(), None);
        signals.announce(signal(mine));
        assert_eq!(*listener.borrow(), Some(signal(mine)));
    }
}
