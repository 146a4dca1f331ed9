//! What every carrier of signals must do.

use std::sync::Arc;

use fourfold_domain::{JobId, JobState};
use uuid::Uuid;

use super::suite::{Failures, Rule, Verdict, rules, run, same};
use crate::ports::{JobSignal, JobSignals};

type Signals = Arc<dyn JobSignals>;

/// Runs every rule, each over a carrier of its own.
pub async fn job_signals(make: impl AsyncFn() -> Signals) -> Result<usize, Failures> {
    run(rules(), make).await
}

fn rules() -> Vec<Rule<Signals>> {
    rules!(
        every_listener_hears_its_job_and_no_other,
        the_last_signal_is_what_counts,
        what_was_said_before_is_not_heard,
        a_listener_who_leaves_disturbs_nobody,
    )
}

fn signal(job: JobId, version: u32) -> JobSignal {
    JobSignal { job, version, state: JobState::Running, progress: Some(10) }
}

fn job() -> JobId {
    JobId::new(Uuid::now_v7())
}

/// However many listen.
pub async fn every_listener_hears_its_job_and_no_other(signals: Signals) -> Verdict {
    let (mine, other) = (job(), job());
    let mut listeners = [signals.listen(mine), signals.listen(mine)];
    let silent = signals.listen(other);
    signals.announce(signal(mine, 2));
    for listener in &mut listeners {
        let heard = *listener.wait_for(Option::is_some).await?;
        same("what was heard", heard, Some(signal(mine, 2)))?;
    }
    same("what the other heard", *silent.borrow(), None)
}

/// A slow listener skips what is in between.
pub async fn the_last_signal_is_what_counts(signals: Signals) -> Verdict {
    let mine = job();
    let mut listener = signals.listen(mine);
    for version in 2..=5 {
        signals.announce(signal(mine, version));
    }
    let is_last = |heard: &Option<JobSignal>| heard.is_some_and(|heard| heard.version == 5);
    let heard = *listener.wait_for(is_last).await?;
    same("what was heard", heard, Some(signal(mine, 5)))
}

/// Listeners look by themselves first.
pub async fn what_was_said_before_is_not_heard(signals: Signals) -> Verdict {
    let mine = job();
    signals.announce(signal(mine, 2));
    same("what was heard", *signals.listen(mine).borrow(), None)
}

/// Nor is a later one disturbed by those who left.
pub async fn a_listener_who_leaves_disturbs_nobody(signals: Signals) -> Verdict {
    let mine = job();
    let mut staying = signals.listen(mine);
    drop(signals.listen(mine));
    signals.announce(signal(mine, 2));
    let heard = *staying.wait_for(Option::is_some).await?;
    same("what was heard", heard, Some(signal(mine, 2)))?;
    drop(staying);
    signals.announce(signal(mine, 3));
    let mut late = signals.listen(mine);
    signals.announce(signal(mine, 4));
    let heard = *late.wait_for(|heard| heard.is_some_and(|heard| heard.version == 4)).await?;
    same("what the late one heard", heard, Some(signal(mine, 4)))
}
