//! What the account behind a key may do, and what it did.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::throttle;
use crate::Account;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

/// What a key's account may do: as the settings say, or as the vendor's largest customers.
pub(super) fn limits(call: &Call<'_>) -> Account {
    let largest = Account { credits: 10_000_000, generations_at_once: 20, generations_daily: 30_000 };
    call.world.account(call.vendor).unwrap_or(largest)
}

/// Takes a new task in: refused where credits or the day's generations are used up, held back where too many
/// of its model run.
pub(super) fn accept(call: &Call<'_>, mut task: Task) -> Result<Task, Refusal> {
    let (limits, now) = (limits(call), task.accepted_at);
    let mut tasks = call.world.tasks.lock();
    let (mut spent, mut generations, mut running) = (credits(&task.details["estimated"]), 0, Vec::new());
    for earlier in tasks.ever(call.vendor, call.credential) {
        spent += charged(earlier, now);
        if earlier.details["model"] == task.details["model"] {
            generations += u64::from(is_of_today(earlier, now));
            running.extend((!has_ended(earlier, now)).then(|| earlier.clone()));
        }
    }
    if generations >= limits.generations_daily {
        let message = "Your daily task limit has been reached.";
        return Err(Refusal::own(StatusCode::TOO_MANY_REQUESTS, "daily_limit", message));
    }
    if spent > limits.credits {
        let message = "You do not have enough credits to run this task.";
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "credits", message));
    }
    throttle::hold_back(&mut task, &running, limits.generations_at_once, now);
    tasks.add(task.clone());
    Ok(task)
}

/// Cancels a task, or deletes it where it is over, and lets those begin that waited for it. Credits come back
/// only where it hadn't begun.
pub(super) fn remove(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    let (limits, now) = (limits(call), call.now());
    let mut tasks = call.world.tasks.lock();
    let task = tasks.get(call.vendor, id, call.credential, now);
    let mut task = task.ok_or_else(|| Refusal::NotFound { what: "Task", id: id.to_owned() })?;
    let charged = if task.stand(now) == Stand::Queued { 0 } else { charged(&task, now) };
    task.details["charged"] = charged.into();
    (task.queued, task.running, task.outcome) = (Duration::ZERO, Duration::ZERO, Outcome::Forgotten);
    let model = task.details["model"].clone();
    tasks.change(task);
    let others = tasks.ever(call.vendor, call.credential);
    let others = others.filter(|other| other.details["model"] == model && !has_ended(other, now));
    let mut others: Vec<_> = others.cloned().collect();
    for place in 0..others.len() {
        let (earlier, later) = others.split_at_mut(place);
        if let [next, ..] = later
            && throttle::is_held_back(next, now)
        {
            throttle::hold_back(next, earlier, limits.generations_at_once, now);
            tasks.change(next.clone());
        }
    }
    Ok(())
}

/// What a task has cost by now. One that failed costs nothing.
pub(super) fn charged(task: &Task, now: SystemTime) -> u64 {
    match (&task.details["charged"], task.stand(now)) {
        (charged, _) if charged.is_u64() => credits(charged),
        (_, Stand::Queued | Stand::Running(_)) => credits(&task.details["estimated"]),
        (_, Stand::Done(_)) => credits(&task.details["credits"]),
        (_, Stand::Failed(_)) => 0,
    }
}

/// Whether it was accepted in the last 24 hours.
pub(super) fn is_of_today(task: &Task, now: SystemTime) -> bool {
    now.duration_since(task.accepted_at).unwrap_or_default() < Duration::from_secs(24 * 60 * 60)
}

fn has_ended(task: &Task, now: SystemTime) -> bool {
    task.ends_at().is_some_and(|end| end <= now)
}

fn credits(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or(0)
}
