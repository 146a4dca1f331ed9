//! The fake's jobs of every account.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use fourfold_domain::{AccountId, Credits, JobId, ModelName};

use super::{MemoryStore, newest};
use crate::Timestamp;
use crate::calls::{Call, CallState};
use crate::credits::{Account, Entry, EntryKind, Owner};
use crate::error::StoreError;
use crate::jobs::{Artifact, Attempt, AttemptState, Deletion, Job, JobView};
use crate::ports::{JobFilter, ModelCosts, OperatorStore};

#[async_trait]
impl OperatorStore for MemoryStore {
    async fn find_jobs(
        &self,
        filter: JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<(Account, JobView)>, StoreError> {
        let state = self.state();
        let account = |job: &Job| state.world.accounts.get(&job.account);
        let passes = |job: &&Job| {
            let subject = account(job).map(|account| &account.subject);
            filter.state.is_none_or(|state| state == job.state)
                && filter.model.as_ref().is_none_or(|model| *model == job.model)
                && filter.realm.as_ref().is_none_or(|realm| subject.is_some_and(|it| it.realm == *realm))
                && filter.account.as_ref().is_none_or(|id| subject.is_some_and(|it| it.external_id == *id))
        };
        let jobs = newest(state.world.jobs.values().filter(passes), |job| job.id, before, limit);
        let found = jobs.iter().filter_map(|job| Some((account(job)?.clone(), Self::view(&state, job.id)?)));
        Ok(found.collect())
    }

    async fn account_of(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().world.accounts.get(&id).cloned())
    }

    async fn accounts_with_room(&self, account_max: u32, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        let state = self.state();
        let mut running: BTreeMap<AccountId, u32> = BTreeMap::new();
        let mut waiting = BTreeSet::new();
        for due in state.world.due.values().filter(|due| due.late_until.is_none()) {
            if due.parked {
                waiting.insert(due.account);
            } else {
                *running.entry(due.account).or_default() += 1;
            }
        }
        let has_room = |account: &AccountId| {
            account_max == 0 || running.get(account).copied().unwrap_or_default() < account_max
        };
        Ok(waiting.into_iter().filter(has_room).take(limit).collect())
    }

    async fn kept_models(&self) -> Result<Vec<ModelName>, StoreError> {
        let state = self.state();
        let kept = state.world.artifacts.iter().filter(|artifact| artifact.removed_at.is_none());
        let models = kept.filter_map(|artifact| state.world.jobs.get(&artifact.job));
        let models: BTreeSet<ModelName> = models.map(|job| job.model.clone()).collect();
        Ok(models.into_iter().collect())
    }

    async fn kept_artifacts(
        &self,
        model: &ModelName,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Artifact>, StoreError> {
        let state = self.state();
        let stored_at = |artifact: &Artifact| {
            let job = state.world.jobs.get(&artifact.job).filter(|job| job.model == *model)?;
            Some(job.updated_at).filter(|stored_at| *stored_at < before)
        };
        let kept = state.world.artifacts.iter().filter(|artifact| artifact.removed_at.is_none());
        let mut kept: Vec<_> = kept.filter_map(|artifact| Some((stored_at(artifact)?, artifact))).collect();
        kept.sort_by_key(|(stored_at, artifact)| (*stored_at, artifact.job, artifact.index));
        Ok(kept.into_iter().map(|(_, artifact)| artifact.clone()).take(limit).collect())
    }

    async fn deleted_jobs(&self, limit: usize) -> Result<Vec<JobView>, StoreError> {
        let state = self.state();
        let leaving = |job: &&Job| job.deletion == Deletion::Leaving && job.state.is_final();
        let mut ids: Vec<JobId> = state.world.jobs.values().filter(leaving).map(|job| job.id).collect();
        ids.sort_unstable();
        Ok(ids.into_iter().take(limit).filter_map(|id| Self::view(&state, id)).collect())
    }

    async fn artifacts_removed(&self, artifacts: Vec<(JobId, u32)>) -> Result<(), StoreError> {
        let now = self.clock.now();
        for artifact in &mut self.state().world.artifacts {
            if artifacts.contains(&(artifact.job, artifact.index)) {
                artifact.removed_at = artifact.removed_at.or(Some(now));
            }
        }
        Ok(())
    }

    async fn attempts_in_doubt(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError> {
        let state = self.state();
        let in_doubt = |attempt: &&Attempt| {
            attempt.state == AttemptState::Uncertain && (from..to).contains(&attempt.begun_at)
        };
        let mut found: Vec<Attempt> = state.world.attempts.values().filter(in_doubt).cloned().collect();
        found.sort_by_key(|attempt| (attempt.upstream.is_none(), attempt.begun_at, attempt.owner));
        found.truncate(limit);
        Ok(found)
    }

    async fn costs_by_model(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ModelCosts>, StoreError> {
        let state = self.state();
        let mut costs: BTreeMap<ModelName, ModelCosts> = BTreeMap::new();
        let world = &state.world;
        let jobs =
            world.jobs.values().filter(|job| job.state.is_final() && (from..to).contains(&job.updated_at));
        let jobs = jobs.map(|job| (&job.model, Owner::Job(job.id), job.charged, Credits::ZERO));
        let calls =
            world.calls.values().filter(|call| call.ended_at.is_some_and(|at| (from..to).contains(&at)));
        let charged = |call: &Call| world.holds.get(&call.hold).map_or(Credits::ZERO, |hold| hold.charged);
        // Nobody knows whom an interrupted call had asked.
        let interrupted = |call: &Call| match call.state {
            CallState::Interrupted => call.cost_max.unwrap_or_default(),
            _ => Credits::ZERO,
        };
        let calls = calls.map(|call| (&call.model, Owner::Call(call.id), charged(call), interrupted(call)));
        for (model, owner, charged, interrupted) in jobs.chain(calls) {
            let of_model = costs.entry(model.clone()).or_insert_with(|| ModelCosts {
                model: model.clone(),
                jobs: 0,
                calls: 0,
                charged: Credits::ZERO,
                cost: Credits::ZERO,
                uncosted: 0,
                losses: Credits::ZERO,
            });
            match owner {
                Owner::Job(_) => of_model.jobs += 1,
                Owner::Call(_) => of_model.calls += 1,
            }
            of_model.charged = sum(of_model.charged, charged)?;
            of_model.cost = sum(of_model.cost, interrupted)?;
            for attempt in world.attempts.values().filter(|attempt| attempt.owner == owner) {
                of_model.cost = sum(of_model.cost, attempt.cost.unwrap_or_default())?;
                of_model.uncosted += u64::from(attempt.cost.is_none());
            }
            let is_loss = |entry: &&Entry| {
                entry.owner == Some(owner) && matches!(entry.kind, EntryKind::Loss | EntryKind::Overrun)
            };
            for entry in world.entries.iter().filter(is_loss) {
                let loss = Credits::from_micros(-entry.amount.micros());
                of_model.losses = sum(of_model.losses, loss.unwrap_or_default())?;
            }
        }
        Ok(costs.into_values().collect())
    }
}

fn sum(left: Credits, right: Credits) -> Result<Credits, StoreError> {
    left.checked_add(right).map_err(|error| StoreError::Failed(error.into()))
}
