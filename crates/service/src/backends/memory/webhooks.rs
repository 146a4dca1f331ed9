//! Reading the fake's webhooks.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use fourfold_domain::{AccountId, EventId, InstanceId, JobId, WebhookSecretId};

use super::{MemoryStore, State, newest};
use crate::Timestamp;
use crate::commit::World;
use crate::error::StoreError;
use crate::ports::{DueDeliveries, WebhookReads};
use crate::webhooks::{Delivery, DeliveryState, DeliveryView, TRIES_SHOWN, WebhookSecret, WebhookUrl};

#[async_trait]
impl WebhookReads for MemoryStore {
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError> {
        let state = self.state();
        let own = state.world.webhook_secrets.values().filter(|secret| secret.account == account);
        Ok(newest(own, |secret| secret.id, before, limit))
    }

    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError> {
        let state = self.state();
        Ok(state.world.deliveries.get(&id).cloned().map(|delivery| view(&state, delivery)))
    }

    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError> {
        let state = self.state();
        let own = state.world.deliveries.values().filter(|delivery| delivery.account == account);
        let page = newest(own, |delivery| delivery.id, before, limit);
        Ok(page.into_iter().map(|delivery| view(&state, delivery)).collect())
    }

    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError> {
        let now = self.clock.now();
        let state = self.state();
        let all = || state.world.deliveries.values();
        let pending = || all().filter(|delivery| delivery.state == DeliveryState::Pending);
        let mut by_endpoint: BTreeMap<String, Vec<&Delivery>> = BTreeMap::new();
        for delivery in pending().filter(|delivery| delivery.next_at <= now) {
            by_endpoint.entry(delivery.url.endpoint()).or_default().push(delivery);
        }
        by_endpoint.retain(|endpoint, _| {
            let on_their_way =
                all().filter(|other| other.is_leased(now) && other.url.endpoint() == *endpoint);
            on_their_way.count() < per_endpoint_max
        });
        let mut due = Vec::new();
        for mut waiting in by_endpoint.into_values() {
            waiting.sort_by_key(|delivery| delivery.next_at);
            due.extend(waiting.into_iter().take(per_endpoint_max));
        }
        due.sort_by_key(|delivery| delivery.next_at);
        let next_at = pending().map(|delivery| delivery.next_at).filter(|at| *at > now).min();
        Ok(DueDeliveries { now: due.iter().take(limit).map(|delivery| delivery.id).collect(), next_at })
    }

    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        if state.world.stopped_urls.get(&(account, url.clone())).is_none() {
            return Ok(0);
        }
        let is_to_stop = |delivery: &&Delivery| {
            let is_its = delivery.account == account && delivery.url == *url;
            is_its && delivery.state == DeliveryState::Pending && !delivery.is_leased(now)
        };
        let stopped: Vec<EventId> =
            state.world.deliveries.values().filter(is_to_stop).map(|delivery| delivery.id).collect();
        for id in &stopped {
            if let Some(delivery) = state.world.deliveries.get_mut(id) {
                delivery.end(DeliveryState::Gone, now);
            }
        }
        Ok(stopped.len() as u64)
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let mut state = self.state();
        let world = &mut state.world;
        let is_old = |job: JobId| {
            let mut of_job = world.deliveries.values().filter(|delivery| delivery.job == job);
            of_job.all(|delivery| delivery.ended_at.is_some_and(|ended_at| ended_at < before))
        };
        let jobs = world.jobs.values().filter(|job| {
            job.webhook_url.is_some() && job.state.is_final() && job.updated_at < before && is_old(job.id)
        });
        let jobs: BTreeSet<JobId> = jobs.map(|job| job.id).take(limit).collect();
        let deliveries = world.deliveries.values().filter(|delivery| jobs.contains(&delivery.job));
        let deliveries: BTreeSet<EventId> = deliveries.map(|delivery| delivery.id).collect();
        world.deliveries.retain(|delivery| !deliveries.contains(&delivery.id));
        world.tries.retain(|ended| !deliveries.contains(&ended.delivery));
        for job in &jobs {
            if let Some(job) = world.jobs.get_mut(job) {
                job.webhook_url = None;
            }
        }
        Ok(jobs.len() as u64)
    }
}

/// Nobody but this instance is at anything any more.
pub(super) fn supersede(world: &mut World, instance: InstanceId) {
    let others =
        world.deliveries.values().filter(|delivery| delivery.leased_by.is_some_and(|by| by != instance));
    let others: Vec<EventId> = others.map(|delivery| delivery.id).collect();
    for id in others {
        if let Some(delivery) = world.deliveries.get_mut(&id) {
            delivery.wait_until(delivery.created_at);
        }
    }
}

fn view(state: &State, delivery: Delivery) -> DeliveryView {
    let tries = state.world.tries.iter().filter(|ended| ended.delivery == delivery.id);
    let mut tries: Vec<_> = tries.cloned().collect();
    let shown_from = tries.len().saturating_sub(TRIES_SHOWN);
    DeliveryView { tries: tries.split_off(shown_from), delivery }
}
