//! What every queue must do. It may lose jobs and give one twice, but a rule that sees neither knows more:
//! the suite runs over a queue that nothing happens to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{JobId, Priority};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::suite::{Failures, Rule, Verdict, holds, rules, run, same};
use crate::Clock;
use crate::ports::{DueJob, JobQueue, Waiting};
use crate::testing::TestClock;

/// A queue and the clock that it was made with.
#[derive(Clone)]
pub struct QueueBench {
    /// The queue.
    pub queue: Arc<dyn JobQueue>,
    /// Its clock.
    pub clock: Arc<TestClock>,
}

/// Runs every rule, each over an empty queue of its own.
pub async fn job_queue(make: impl AsyncFn(Arc<dyn Clock>) -> Arc<dyn JobQueue>) -> Result<usize, Failures> {
    let bench = async || {
        let clock = Arc::new(TestClock::default());
        QueueBench { queue: make(clock.clone()).await, clock }
    };
    run(rules(), bench).await
}

fn rules() -> Vec<Rule<QueueBench>> {
    rules!(
        jobs_come_in_the_order_they_were_pushed,
        a_taker_waits_for_a_job,
        every_job_goes_to_one_taker,
        a_taker_who_leaves_loses_no_job,
        a_job_is_not_given_before_its_moment,
        high_goes_first_and_low_is_not_starved,
        what_waits_is_counted,
        a_job_that_waits_is_not_lined_up_again,
        it_says_that_it_is_there,
    )
}

impl QueueBench {
    fn due(&self, priority: Priority) -> DueJob {
        DueJob { job: JobId::new(Uuid::now_v7()), priority, next_at: self.clock.now() }
    }

    /// The next job, acknowledged.
    async fn take(&self) -> JobId {
        let taken = self.queue.next().await;
        let job = taken.job;
        self.queue.acknowledge(taken).await;
        job
    }

    async fn depth(&self) -> Option<usize> {
        self.queue.waiting().await.map(|waiting| waiting.depth)
    }

    async fn push(&self, count: usize, priority: Priority) -> Vec<JobId> {
        let mut jobs = Vec::with_capacity(count);
        for _ in 0..count {
            let due = self.due(priority);
            jobs.push(due.job);
            self.queue.push(due).await;
        }
        jobs
    }
}

/// Of one priority.
pub async fn jobs_come_in_the_order_they_were_pushed(bench: QueueBench) -> Verdict {
    for job in bench.push(5, Priority::Normal).await {
        same("the next job", bench.take().await, job)?;
    }
    Ok(())
}

/// And is woken by it.
pub async fn a_taker_waits_for_a_job(bench: QueueBench) -> Verdict {
    let mut taker = bench.queue.next();
    holds("something came from nothing", taker.as_mut().now_or_never().is_none())?;
    let jobs = bench.push(1, Priority::Normal).await;
    same("the job", taker.await.job, jobs[0])
}

/// Many takers, many jobs.
pub async fn every_job_goes_to_one_taker(bench: QueueBench) -> Verdict {
    let takers: tokio::task::JoinSet<_> = (0..8)
        .map(|_| {
            let queue = bench.queue.clone();
            async move {
                let mut taken = Vec::new();
                for _ in 0..25 {
                    let next = queue.next().await;
                    taken.push(next.job);
                    queue.acknowledge(next).await;
                }
                taken
            }
        })
        .collect();
    let pushed: BTreeSet<JobId> = bench.push(200, Priority::Normal).await.into_iter().collect();
    let taken: Vec<JobId> = takers.join_all().await.concat();
    same("how many were taken", taken.len(), 200)?;
    same("which were taken", taken.into_iter().collect::<BTreeSet<_>>(), pushed)
}

/// Others are told of it.
pub async fn a_taker_who_leaves_loses_no_job(bench: QueueBench) -> Verdict {
    let mut leaver = bench.queue.next();
    holds("something came from nothing", leaver.as_mut().now_or_never().is_none())?;
    let mut stayer = bench.queue.next();
    holds("something came from nothing", stayer.as_mut().now_or_never().is_none())?;
    let jobs = bench.push(1, Priority::Normal).await;
    drop(leaver);
    same("the job", stayer.await.job, jobs[0])
}

/// By its clock, or by the time of the server that it is on.
pub async fn a_job_is_not_given_before_its_moment(bench: QueueBench) -> Verdict {
    let wait = Duration::from_secs(2);
    let soon = bench.clock.now().after(wait);
    let (later, now) = (DueJob { next_at: soon, ..bench.due(Priority::High) }, bench.due(Priority::Low));
    bench.queue.push(later).await;
    bench.queue.push(now).await;
    same("the first", bench.take().await, now.job)?;
    let early = tokio::time::timeout(wait / 20, bench.queue.next()).await;
    holds("it came too early", early.is_err())?;
    bench.clock.advance(wait);
    same("the second", bench.take().await, later.job)
}

/// Of the first thirteen that are taken at least one is low and more are high than normal.
pub async fn high_goes_first_and_low_is_not_starved(bench: QueueBench) -> Verdict {
    let low = bench.push(20, Priority::Low).await;
    let normal = bench.push(20, Priority::Normal).await;
    let high = bench.push(20, Priority::High).await;
    let mut taken = Vec::new();
    for _ in 0..13 {
        taken.push(bench.take().await);
    }
    let count = |jobs: &[JobId]| taken.iter().filter(|job| jobs.contains(job)).count();
    let counts = [count(&high), count(&normal), count(&low)];
    holds(&format!("{counts:?} of high, normal and low"), counts.is_sorted_by(|a, b| a > b) && counts[2] > 0)
}

/// Those whose moment hasn't come too, and those that were given not.
pub async fn what_waits_is_counted(bench: QueueBench) -> Verdict {
    same("an empty queue", bench.queue.waiting().await, Some(Waiting::default()))?;
    bench.push(3, Priority::Normal).await;
    let later = bench.clock.now().after(Duration::from_secs(5));
    bench.queue.push(DueJob { next_at: later, ..bench.due(Priority::Normal) }).await;
    same("after four pushes", bench.depth().await, Some(4))?;
    let taken = bench.queue.next().await;
    same("after one was taken", bench.depth().await, Some(3))?;
    bench.queue.acknowledge(taken).await;
    same("after it was acknowledged", bench.depth().await, Some(3))
}

/// However often it is pushed.
pub async fn a_job_that_waits_is_not_lined_up_again(bench: QueueBench) -> Verdict {
    let (often, last) = (bench.due(Priority::Normal), bench.due(Priority::Normal));
    for due in [often, often, often, last] {
        bench.queue.push(due).await;
    }
    same("the first", bench.take().await, often.job)?;
    same("the second", bench.take().await, last.job)?;
    bench.queue.push(often).await;
    same("the first, pushed again after it was given", bench.take().await, often.job)
}

/// As readiness asks.
pub async fn it_says_that_it_is_there(bench: QueueBench) -> Verdict {
    same("its health", bench.queue.health().await, Ok(()))
}
