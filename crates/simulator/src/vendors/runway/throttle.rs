//! How many tasks of a model run at once for a key: those over the limit wait until one of the others ends.

use std::time::{Duration, SystemTime};

use crate::world::Task;

/// How long what waits for a task that never ends is held back: a century.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Whether the task still waits for others.
pub(super) fn is_held_back(task: &Task, now: SystemTime) -> bool {
    now < task.accepted_at + held_back(task)
}

/// Holds a task back until there is room for it beside those that were accepted earlier and haven't ended.
pub(super) fn hold_back(task: &mut Task, earlier: &[Task], at_once: usize, now: SystemTime) {
    let begins_at = free_at(earlier, at_once, now).unwrap_or(now);
    let waits = begins_at.duration_since(task.accepted_at).unwrap_or_default();
    task.queued = task.queued.saturating_sub(held_back(task)) + waits;
    task.details["held_back_ns"] = u64::try_from(waits.as_nanos()).unwrap_or(u64::MAX).into();
}

/// When one more may begin; none where there is room already.
fn free_at(earlier: &[Task], at_once: usize, now: SystemTime) -> Option<SystemTime> {
    let mut ends: Vec<_> = earlier.iter().map(|task| task.ends_at().unwrap_or(now + FOR_EVER)).collect();
    ends.sort_unstable();
    ends.get(ends.len().checked_sub(at_once)?).copied()
}

fn held_back(task: &Task) -> Duration {
    Duration::from_nanos(task.details["held_back_ns"].as_u64().unwrap_or(0))
}
