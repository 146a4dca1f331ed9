//! The rules of the ledger, as changes of the rows at hand. Each checks everything before it changes
//! anything, so that a refusal leaves no trace.

use std::ops::RangeInclusive;

use fourfold_domain::{AccountId, Credits, CreditsChange, EntryId, HoldId, KeyId, Price, Subject};

use super::adjust::changed;
use super::{Account, Budget, Entry, EntryKind, Hold, HoldState, Owner};
use crate::commit::World;
use crate::error::Refusal;

/// The account of this subject; made with no credits where it is its first use.
pub(crate) fn account_of(world: &mut World, subject: &Subject) -> AccountId {
    if let Some(id) = world.subjects.get(subject) {
        return *id;
    }
    let account = Account {
        id: AccountId::new(world.new_id()),
        subject: subject.clone(),
        available: Credits::ZERO,
        held: Credits::ZERO,
        created_at: world.now,
    };
    let id = account.id;
    world.subjects.insert(subject.clone(), id);
    world.accounts.insert(id, account);
    id
}

/// Refuses what the subject's account or the key's budget can't pay, before anything is changed.
pub(crate) fn check_funds(
    world: &World,
    subject: &Subject,
    key: Option<KeyId>,
    amount: Credits,
) -> Result<(), Refusal> {
    let account = world.subjects.get(subject).and_then(|id| world.accounts.get(id));
    let available = account.map_or(Credits::ZERO, |account| account.available);
    if available < amount {
        return Err(Refusal::InsufficientCredits { needed: amount, available });
    }
    check_budget(world, key, amount)
}

/// As much of these amounts as the subject's account and the key's budget can pay; refused where that is less than the
/// least of them.
pub(crate) fn funds(
    world: &World,
    subject: &Subject,
    key: Option<KeyId>,
    amounts: RangeInclusive<Credits>,
) -> Result<Credits, Refusal> {
    check_funds(world, subject, key, *amounts.start())?;
    let account = world.subjects.get(subject).and_then(|id| world.accounts.get(id));
    let available = account.map_or(Credits::ZERO, |account| account.available);
    let budget = key.and_then(|key| world.budgets.get(&key)).map(Budget::left);
    Ok(available.min(budget.unwrap_or(available)).min(*amounts.end()))
}

fn check_budget(world: &World, key: Option<KeyId>, amount: Credits) -> Result<(), Refusal> {
    let Some(key) = key else { return Ok(()) };
    world.budgets.get(&key).map_or(Ok(()), |budget| budget.check(key, amount))
}

/// Gives credits to an account.
pub(crate) fn grant(
    world: &mut World,
    id: AccountId,
    credits: Credits,
    operation: &str,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let row = account(world, id)?;
    // All that an account has stays countable, so that no hold is ever too much to be given back.
    row.available.checked_add(row.held)?.checked_add(credits)?;
    let available = row.available.checked_add(credits)?;
    change(world, id, |account| account.available = available)?;
    let entry = entry(world, id, operation.to_owned(), EntryKind::Grant, credits.plus());
    world.entries.push(Entry { available_change: credits.plus(), note: note.map(str::to_owned), ..entry });
    Ok(())
}

/// Corrects what an account can spend.
pub(crate) fn adjust(
    world: &mut World,
    id: AccountId,
    by: CreditsChange,
    operation: &str,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let row = account(world, id)?;
    let available = changed(row.available, by)?;
    // All that an account has stays countable, so that no hold is ever too much to be given back.
    available.checked_add(row.held)?;
    change(world, id, |account| account.available = available)?;
    let entry = entry(world, id, operation.to_owned(), EntryKind::Adjust, by);
    world.entries.push(Entry { available_change: by, note: note.map(str::to_owned), ..entry });
    Ok(())
}

/// Sets credits aside for work that its owner is about to do.
pub(crate) fn hold(
    world: &mut World,
    account_id: AccountId,
    owner: Owner,
    key: Option<KeyId>,
    amount: Credits,
    price: &Price,
) -> Result<HoldId, Refusal> {
    let row = account(world, account_id)?;
    let available = row
        .available
        .checked_sub(amount)
        .map_err(|_| Refusal::InsufficientCredits { needed: amount, available: row.available })?;
    let held = row.held.checked_add(amount)?;
    check_budget(world, key, amount)?;
    if let Some(budget) = key.and_then(|key| world.budgets.get_mut(&key)) {
        budget.held = budget.held.checked_add(amount)?;
    }
    change(world, account_id, |account| (account.available, account.held) = (available, held))?;
    let hold = Hold {
        id: HoldId::new(world.new_id()),
        account: account_id,
        owner,
        key,
        amount,
        price: price.clone(),
        state: HoldState::Open,
        charged: Credits::ZERO,
        created_at: world.now,
        ended_at: None,
    };
    let entry = entry(world, account_id, format!("hold:{owner}"), EntryKind::Hold, amount.minus());
    world.entries.push(Entry {
        available_change: amount.minus(),
        held_change: amount.plus(),
        owner: Some(owner),
        ..entry
    });
    let id = hold.id;
    world.holds.insert(id, hold);
    Ok(id)
}

/// How a hold ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HoldEnd {
    /// With a charge for what was really used, at most the hold.
    Settle(Credits),
    /// The same for what was used by our own estimate.
    Estimate(Credits),
    /// With nothing.
    Release,
    /// With nothing, since the process that ran the work died.
    Interrupted,
}

/// Ends an open hold and says what was charged. A hold that has ended is left alone and says the same.
pub(crate) fn end_hold(world: &mut World, id: HoldId, end: HoldEnd) -> Result<Credits, Refusal> {
    let hold = world.holds.get(&id).ok_or(Refusal::NotFound)?.clone();
    if hold.state != HoldState::Open {
        return Ok(hold.charged);
    }
    let used = match end {
        HoldEnd::Settle(used) | HoldEnd::Estimate(used) => used,
        HoldEnd::Release | HoldEnd::Interrupted => Credits::ZERO,
    };
    let charged = used.min(hold.amount);
    let (state, kind) = match end {
        HoldEnd::Interrupted => (HoldState::Released, EntryKind::Interrupted),
        // A hold of nothing is given back, whatever was used.
        _ if charged.is_zero() => (HoldState::Released, EntryKind::Release),
        HoldEnd::Settle(_) | HoldEnd::Estimate(_) | HoldEnd::Release => {
            (HoldState::Settled, EntryKind::Settle)
        }
    };
    let rest = hold.amount.checked_sub(charged)?;
    let row = account(world, hold.account)?;
    let (available, held) = (row.available.checked_add(rest)?, row.held.checked_sub(hold.amount)?);

    let budget = hold.key.and_then(|key| world.budgets.get(&key).copied());
    let budget = budget.map(|budget| end_in(budget, hold.amount, charged)).transpose()?;

    change(world, hold.account, |account| (account.available, account.held) = (available, held))?;
    if let Some((known, budget)) = hold.key.and_then(|key| world.budgets.get_mut(&key)).zip(budget) {
        *known = budget;
    }
    let now = world.now;
    if let Some(hold) = world.holds.get_mut(&id) {
        (hold.state, hold.charged, hold.ended_at) = (state, charged, Some(now));
    }
    let amount = if state == HoldState::Settled { charged.minus() } else { hold.amount.plus() };
    let ended = entry(world, hold.account, format!("end:{id}"), kind, amount);
    world.entries.push(Entry {
        available_change: rest.plus(),
        held_change: hold.amount.minus(),
        owner: Some(hold.owner),
        is_estimated: matches!(end, HoldEnd::Estimate(_)) && state == HoldState::Settled,
        ..ended
    });
    if used > charged {
        let loss = used.checked_sub(charged)?;
        let overrun = entry(world, hold.account, format!("overrun:{id}"), EntryKind::Overrun, loss.minus());
        world.entries.push(Entry { owner: Some(hold.owner), ..overrun });
    }
    Ok(charged)
}

/// A key's budget after one of its holds has ended.
fn end_in(budget: Budget, amount: Credits, charged: Credits) -> Result<Budget, Refusal> {
    let held = budget.held.checked_sub(amount)?;
    Ok(Budget { held, charged: budget.charged.checked_add(charged)?, ..budget })
}

/// Writes down what the operator pays a vendor for an attempt of which nobody was charged; the account's credits
/// don't change. Nothing is written of nothing.
pub(crate) fn lose(
    world: &mut World,
    account: AccountId,
    owner: Owner,
    attempt: u32,
    amount: Credits,
    note: Option<&str>,
) {
    if amount.is_zero() {
        return;
    }
    let entry = entry(world, account, loss_operation(owner, attempt), EntryKind::Loss, amount.minus());
    world.entries.push(Entry { owner: Some(owner), note: note.map(str::to_owned), ..entry });
}

/// Names the loss of an attempt.
pub(crate) fn loss_operation(owner: Owner, attempt: u32) -> String {
    format!("loss:{owner}:{attempt}")
}

fn account(world: &World, id: AccountId) -> Result<&Account, Refusal> {
    world.accounts.get(&id).ok_or(Refusal::NotFound)
}

fn change(world: &mut World, id: AccountId, by: impl FnOnce(&mut Account)) -> Result<(), Refusal> {
    world.accounts.get_mut(&id).map(by).ok_or(Refusal::NotFound)
}

fn entry(
    world: &World,
    account: AccountId,
    operation: String,
    kind: EntryKind,
    amount: CreditsChange,
) -> Entry {
    Entry {
        id: EntryId::new(world.new_id()),
        account,
        operation,
        kind,
        amount,
        available_change: CreditsChange::ZERO,
        held_change: CreditsChange::ZERO,
        owner: None,
        note: None,
        is_estimated: false,
        created_at: world.now,
    }
}
