//! The rules of the ledger over the fake's rows; the conformance suite compares its verdicts with the
//! database's.

use std::collections::BTreeMap;

use fourfold_domain::{AccountId, KeyId};

use crate::commit::World;
use crate::credits::{Account, HoldState};
use crate::files::FileState;
use crate::ports::{Audit, Counts, Finding};

pub(super) fn audit(world: &World) -> Audit {
    let mut findings = Vec::new();
    for account in world.accounts.values() {
        sums(world, account, &mut findings);
    }
    for hold in world.holds.values().filter(|hold| hold.state != HoldState::Open) {
        let operation = format!("end:{}", hold.id);
        if !world.entries.iter().any(|entry| entry.operation == operation) {
            find(
                &mut findings,
                "every ended hold has exactly one end, at most the hold",
                hold.account,
                &hold.id,
            );
        }
    }
    for job in world.jobs.values() {
        let open = world.holds.get(&job.hold).is_some_and(|hold| hold.state == HoldState::Open);
        if open == job.state.is_final() {
            find(&mut findings, "every job has a hold, open until the job is final", job.account, &job.id);
        }
        let is_due = world.due.get(&job.id).is_some_and(|due| due.late_until.is_none());
        if is_due == job.state.is_final() {
            find(&mut findings, "every job that isn't final is due", job.account, &job.id);
        }
    }
    files(world, &mut findings);
    budgets(world, &mut findings);
    webhooks(world, &mut findings);
    Audit { counts: counts(world), findings }
}

fn files(world: &World, findings: &mut Vec<Finding>) {
    let open = || world.jobs.values().filter(|job| !job.state.is_final());
    for file in world.files.values() {
        let uses = open().filter(|job| job.files.contains(&file.id)).count();
        if usize::try_from(file.uses) != Ok(uses) {
            find(findings, "every file counts the open jobs that name it", file.account, &file.id);
        }
    }
    for job in open() {
        let is_there = |id| {
            let file = world.files.get(id);
            file.is_some_and(|file| file.state == FileState::Stored && file.account == job.account)
        };
        if !job.files.iter().all(is_there) {
            find(findings, "every file that an open job names is there", job.account, &job.id);
        }
    }
}

fn budgets(world: &World, findings: &mut Vec<Finding>) {
    let mut holds: BTreeMap<KeyId, (i64, i64)> = BTreeMap::new();
    for hold in world.holds.values() {
        let Some(key) = hold.key else { continue };
        let (held, charged) = holds.entry(key).or_default();
        *held += if hold.state == HoldState::Open { hold.amount.micros() } else { 0 };
        *charged += hold.charged.micros();
    }
    for (key, sums) in holds {
        let Some(budget) = world.budgets.get(&key) else { continue };
        if (budget.held.micros(), budget.charged.micros()) != sums {
            let finding = Finding {
                rule: "every budget counts the holds of its key",
                account: String::new(),
                id: key.to_string(),
                detail: String::new(),
            };
            findings.push(finding);
        }
    }
}

fn webhooks(world: &World, findings: &mut Vec<Finding>) {
    for event in world.events.iter().filter(|event| event.version > 1) {
        let job = world.jobs.get(&event.job).filter(|job| job.webhook_url.is_some());
        if let Some(job) = job
            && world.deliveries.get(&event.id).is_none()
        {
            find(findings, "every event of a job with a webhook has its delivery", job.account, &event.id);
        }
    }
}

fn sums(world: &World, account: &Account, findings: &mut Vec<Finding>) {
    let entries = || world.entries.iter().filter(|entry| entry.account == account.id);
    let available: i64 = entries().map(|entry| entry.available_change.micros()).sum();
    let held: i64 = entries().map(|entry| entry.held_change.micros()).sum();
    let open =
        world.holds.values().filter(|hold| hold.account == account.id && hold.state == HoldState::Open);
    let open: i64 = open.map(|hold| hold.amount.micros()).sum();
    if available != account.available.micros() {
        find(findings, "available is the sum of the entries", account.id, &account.id);
    }
    if held != account.held.micros() {
        find(findings, "held is the sum of the entries", account.id, &account.id);
    }
    if open != account.held.micros() {
        find(findings, "held is the sum of the open holds", account.id, &account.id);
    }
}

fn find(findings: &mut Vec<Finding>, rule: &'static str, account: AccountId, id: &impl ToString) {
    findings.push(Finding { rule, account: account.to_string(), id: id.to_string(), detail: String::new() });
}

fn counts(world: &World) -> Counts {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Counts {
        accounts: count(world.accounts.values().count()),
        entries: count(world.entries.len()),
        holds: count(world.holds.values().count()),
        holds_open: count(world.holds.values().filter(|hold| hold.state == HoldState::Open).count()),
        jobs: count(world.jobs.values().count()),
        jobs_open: count(world.due.values().filter(|due| due.late_until.is_none()).count()),
        calls: count(world.calls.values().count()),
    }
}
