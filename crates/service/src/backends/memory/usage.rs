//! The fake of the usage log. For tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{Credits, CreditsError};

use crate::Timestamp;
use crate::credits::Owner;
use crate::error::StoreError;
use crate::ports::UsageStore;
use crate::usage::{
    DAY_MILLIS, UsageAmounts, UsageGroups, UsageKey, UsageOutcome, UsageQuery, UsageRow, UsageTotals,
};

/// A usage log in memory, held to the same conformance suite as the real ones. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryUsage {
    rows: Arc<Mutex<BTreeMap<Owner, UsageRow>>>,
}

impl MemoryUsage {
    /// All rows, in the order of their owners.
    pub fn rows(&self) -> Vec<UsageRow> {
        self.state().values().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<Owner, UsageRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl UsageStore for MemoryUsage {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let mut state = self.state();
        for row in rows {
            state.entry(row.owner).or_insert(row);
        }
        Ok(())
    }

    async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageTotals>, StoreError> {
        let UsageQuery { from, to, filter, groups, after, limit } = query;
        let mut groups_of: BTreeMap<UsageKey, Vec<UsageRow>> = BTreeMap::new();
        for row in self.rows() {
            let passes = (from..to).contains(&row.ended_at)
                && filter.account.is_none_or(|account| account == row.account)
                && filter.realm.as_ref().is_none_or(|realm| *realm == row.realm)
                && filter.provider.as_ref().is_none_or(|provider| Some(provider) == row.provider.as_ref());
            let key = key_of(&row, groups);
            if passes && after.as_ref().is_none_or(|after| key > *after) {
                groups_of.entry(key).or_default().push(row);
            }
        }
        let totals = groups_of.into_iter().take(limit).map(|(key, rows)| total(key, &rows));
        totals.collect::<Result<_, _>>().map_err(|error| StoreError::Failed(error.into()))
    }

    async fn forget_usage(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let mut state = self.state();
        let mut old: Vec<_> = state.values().filter(|row| row.ended_at < before).collect();
        old.sort_by_key(|row| row.ended_at);
        let old: Vec<_> = old.into_iter().take(limit).map(|row| row.owner).collect();
        old.iter().for_each(|owner| {
            state.remove(owner);
        });
        Ok(old.len() as u64)
    }
}

fn key_of(row: &UsageRow, groups: UsageGroups) -> UsageKey {
    UsageKey {
        day: groups.day.then(|| row.ended_at.millis() / DAY_MILLIS),
        model: groups.model.then(|| row.model.clone()),
        key: row.key.filter(|_| groups.key),
        account: groups.account.then_some(row.account),
        realm: groups.realm.then(|| row.realm.clone()),
        provider: row.provider.clone().filter(|_| groups.provider),
    }
}

fn total(key: UsageKey, rows: &[UsageRow]) -> Result<UsageTotals, CreditsError> {
    let charged = rows.iter().try_fold(Credits::ZERO, |sum, row| sum.checked_add(row.charged))?;
    let mut amounts = [0; 7];
    for row in rows {
        amounts.iter_mut().zip(row.amounts.to_array()).for_each(|(sum, amount)| *sum += amount);
    }
    let firsts: Vec<Duration> = rows.iter().filter_map(|row| row.first_part).collect();
    Ok(UsageTotals {
        key,
        outcomes: UsageOutcome::EACH
            .map(|outcome| rows.iter().filter(|row| row.outcome == outcome).count() as u64),
        attempts: rows.iter().map(|row| u64::from(row.attempts)).sum(),
        amounts: UsageAmounts::from_array(amounts),
        charged,
        estimated: rows.iter().filter(|row| row.is_estimated).count() as u64,
        duration: mean(rows.iter().map(|row| row.duration)).unwrap_or_default(),
        first_part: mean(firsts.into_iter()),
    })
}

fn mean(durations: impl ExactSizeIterator<Item = Duration>) -> Option<Duration> {
    let count = u128::try_from(durations.len()).ok().filter(|count| *count > 0)?;
    let millis = durations.map(|duration| duration.as_millis()).sum::<u128>() / count;
    u64::try_from(millis).ok().map(Duration::from_millis)
}
