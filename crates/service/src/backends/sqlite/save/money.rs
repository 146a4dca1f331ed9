//! Accounts, holds, budgets and entries.

use rusqlite::params;

use super::{Result, Rows, json};
use crate::Timestamp;
use crate::commit::World;

pub(super) fn accounts(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, account) in world.accounts.inserted() {
        rows.write(
            "INSERT INTO account (id, realm, external_id, available, held, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.to_string(),
                account.subject.realm.as_str(),
                account.subject.external_id.as_str(),
                account.available.micros(),
                account.held.micros(),
                account.created_at.millis()
            ],
        )?;
    }
    for (id, account) in world.accounts.updated() {
        rows.write(
            "UPDATE account SET available = ?2, held = ?3 WHERE id = ?1",
            params![id.to_string(), account.available.micros(), account.held.micros()],
        )?;
    }
    Ok(())
}

pub(super) fn holds(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, hold) in world.holds.inserted() {
        rows.write(
            "INSERT INTO hold (id, account, owner, key, amount, price, state, charged, created_at, ended_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                id.to_string(),
                hold.account.to_string(),
                hold.owner.to_string(),
                hold.key.map(|key| key.to_string()),
                hold.amount.micros(),
                json(&hold.price)?,
                hold.state.as_str(),
                hold.charged.micros(),
                hold.created_at.millis(),
                hold.ended_at.map(Timestamp::millis)
            ],
        )?;
    }
    for (id, hold) in world.holds.updated() {
        rows.write(
            "UPDATE hold SET state = ?2, charged = ?3, ended_at = ?4 WHERE id = ?1",
            params![
                id.to_string(),
                hold.state.as_str(),
                hold.charged.micros(),
                hold.ended_at.map(Timestamp::millis)
            ],
        )?;
    }
    Ok(())
}

pub(super) fn budgets(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (key, budget) in world.budgets.updated() {
        rows.write(
            "UPDATE key_budget SET held = ?2, charged = ?3 WHERE key = ?1",
            params![key.to_string(), budget.held.micros(), budget.charged.micros()],
        )?;
    }
    Ok(())
}

pub(super) fn entries(rows: &Rows<'_>, world: &World) -> Result<()> {
    for entry in &world.entries {
        rows.write(
            "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at, \
             is_estimated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                entry.id.to_string(),
                entry.account.to_string(),
                entry.operation,
                entry.kind.as_str(),
                entry.amount.micros(),
                entry.available_change.micros(),
                entry.held_change.micros(),
                entry.owner.map(|owner| owner.to_string()),
                entry.note,
                entry.created_at.millis(),
                entry.is_estimated
            ],
        )?;
    }
    Ok(())
}
