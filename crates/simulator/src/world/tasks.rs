//! Work that takes a while. A task's state is worked out from the clock when somebody asks.
//!
//! ```text
//! accepted_at ──task_queued──► ──task_running──► over ──results_kept──► forgotten
//!              Queued           Running{progress}  Done or Failed
//! ```

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::bounded::Bounded;
use crate::fault::TaskFault;
use crate::{Timings, Vendor};

/// Work that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) vendor: Vendor,
    /// Who may ask for it.
    pub(crate) credential: String,
    /// What the vendor keeps with it: the request's fields, the kind of result.
    pub(crate) details: Value,
    pub(crate) accepted_at: SystemTime,
    pub(crate) queued: Duration,
    pub(crate) running: Duration,
    pub(crate) kept: Duration,
    pub(crate) outcome: Outcome,
}

/// How a task ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// With a result.
    Done,
    /// Without one, for this reason if a fault named it.
    Failed { code: Option<String>, message: Option<String> },
    /// Never: it runs on.
    Stalled,
    /// The vendor doesn't know it any more.
    Forgotten,
}

/// How a task stands at a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Stand {
    /// It waits.
    Queued,
    /// It runs, and this part of it is done: 0 to 1, without 1.
    Running(f64),
    /// It ended with a result, at this time.
    Done(SystemTime),
    /// It ended without one, at this time.
    Failed(SystemTime),
}

/// The newest tasks of all vendors.
pub(crate) struct Tasks(Bounded<Task>);

impl Outcome {
    pub(crate) fn of(fault: Option<&TaskFault>) -> Self {
        match fault {
            None => Self::Done,
            Some(TaskFault::Fail { code, message }) => {
                Self::Failed { code: code.clone(), message: message.clone() }
            }
            Some(TaskFault::Stall) => Self::Stalled,
            Some(TaskFault::Forget) => Self::Forgotten,
        }
    }
}

impl Task {
    /// With the times of these settings.
    pub(crate) fn timed(mut self, timings: &Timings) -> Self {
        self.queued = timings.task_queued;
        self.running = timings.task_running;
        self.kept = timings.results_kept;
        self
    }

    pub(crate) fn stand(&self, now: SystemTime) -> Stand {
        let age = now.duration_since(self.accepted_at).unwrap_or_default();
        let Some(ran) = age.checked_sub(self.queued) else { return Stand::Queued };
        if self.outcome == Outcome::Stalled {
            return Stand::Running(0.5);
        }
        if ran < self.running {
            return Stand::Running(ran.div_duration_f64(self.running));
        }
        let ended_at = self.accepted_at + self.queued + self.running;
        match self.outcome {
            Outcome::Failed { .. } => Stand::Failed(ended_at),
            _ => Stand::Done(ended_at),
        }
    }

    /// When it ends; none where it never does.
    pub(crate) fn ends_at(&self) -> Option<SystemTime> {
        (self.outcome != Outcome::Stalled).then(|| self.accepted_at + self.queued + self.running)
    }

    /// Until when its result is kept.
    pub(crate) fn expires_at(&self) -> SystemTime {
        self.accepted_at + self.queued + self.running + self.kept
    }

    fn is_known(&self, now: SystemTime) -> bool {
        self.outcome != Outcome::Forgotten && (self.outcome == Outcome::Stalled || now <= self.expires_at())
    }
}

impl Tasks {
    const TASKS_MAX: usize = 100_000;

    pub(crate) fn add(&mut self, task: Task) {
        self.0.insert(key(task.vendor, &task.id), task);
    }

    /// The task with this id, if this key made it and it isn't forgotten.
    pub(crate) fn get(&self, vendor: Vendor, id: &str, credential: &str, now: SystemTime) -> Option<Task> {
        let task = self.0.get(&key(vendor, id))?;
        (task.credential == credential && task.is_known(now)).then(|| task.clone())
    }

    /// The task with this id, whoever made it, if it isn't forgotten.
    pub(crate) fn of_anyone(&self, vendor: Vendor, id: &str, now: SystemTime) -> Option<Task> {
        self.0.get(&key(vendor, id)).filter(|task| task.is_known(now)).cloned()
    }

    /// The vendor's tasks of this key, the oldest first.
    pub(crate) fn list(&self, vendor: Vendor, credential: &str, now: SystemTime) -> Vec<Task> {
        self.ever(vendor, credential).filter(|task| task.is_known(now)).cloned().collect()
    }

    /// The same with those that the vendor doesn't know any more: a bill has them still.
    pub(crate) fn ever(&self, vendor: Vendor, credential: &str) -> impl Iterator<Item = &Task> {
        self.0.iter().filter(move |task| task.vendor == vendor && task.credential == credential)
    }

    /// Puts the changed task in the place of what it was; does nothing where it isn't there any more.
    pub(crate) fn change(&mut self, changed: Task) {
        if let Some(task) = self.0.get_mut(&key(changed.vendor, &changed.id)) {
            *task = changed;
        }
    }

    /// Forgets a task. Does nothing where there is none.
    pub(crate) fn remove(&mut self, vendor: Vendor, id: &str) {
        self.0.remove(&key(vendor, id));
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self(Bounded::new(Self::TASKS_MAX))
    }
}

/// Two vendors may give the same id.
fn key(vendor: Vendor, id: &str) -> String {
    format!("{} {id}", vendor.name())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1000 + seconds)
    }

    fn task(outcome: Outcome) -> Task {
        Task {
            id: "t".into(),
            vendor: Vendor::OpenAi,
            credential: "mine".into(),
            details: Value::Null,
            accepted_at: at(0),
            queued: Duration::from_secs(2),
            running: Duration::from_secs(4),
            kept: Duration::from_secs(10),
            outcome,
        }
    }

    fn known(outcome: Outcome, credential: &str, now: SystemTime) -> bool {
        let mut tasks = Tasks::default();
        tasks.add(task(outcome));
        tasks.get(Vendor::OpenAi, "t", credential, now).is_some()
    }

    #[test]
    fn a_task_moves_with_the_clock() {
        let failed = Outcome::Failed { code: None, message: None };
        for (seconds, expected) in
            [(0, Stand::Queued), (1, Stand::Queued), (2, Stand::Running(0.0)), (3, Stand::Running(0.25))]
        {
            assert_eq!(task(Outcome::Done).stand(at(seconds)), expected, "{seconds}");
            assert_eq!(task(failed.clone()).stand(at(seconds)), expected, "{seconds}");
        }
        assert_eq!(task(Outcome::Done).stand(at(6)), Stand::Done(at(6)));
        assert_eq!(task(failed).stand(at(9)), Stand::Failed(at(6)));
    }

    #[test]
    fn a_task_that_takes_no_time_is_over_at_once() {
        let instant = task(Outcome::Done).timed(&Timings::default());
        assert_eq!(instant.stand(at(0)), Stand::Done(at(0)));
    }

    #[test]
    fn a_stalled_task_runs_for_ever() {
        assert_eq!(task(Outcome::Stalled).stand(at(1_000_000)), Stand::Running(0.5));
        assert!(known(Outcome::Stalled, "mine", at(1_000_000)));
    }

    #[test]
    fn a_result_is_kept_for_a_while() {
        assert!(known(Outcome::Done, "mine", at(16)));
        assert!(!known(Outcome::Done, "mine", at(17)));
    }

    #[test]
    fn a_task_is_known_to_its_own_key_only() {
        assert!(!known(Outcome::Done, "other", at(0)));
        assert!(!known(Outcome::Forgotten, "mine", at(0)));
    }

    #[test]
    fn a_task_of_anyone_is_found_while_it_is_kept() {
        let mut tasks = Tasks::default();
        tasks.add(task(Outcome::Done));
        let found = |id, seconds| tasks.of_anyone(Vendor::OpenAi, id, at(seconds)).is_some();
        assert_eq!([found("t", 0), found("t", 17), found("u", 0)], [true, false, false]);
    }
}
