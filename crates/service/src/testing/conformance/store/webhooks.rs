//! Webhooks: the outbox, leases of deliveries, tries, what is forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use fourfold_domain::{EventId, JobState};
use uuid::Uuid;

use super::bench::{StoreBench, failed, instance, objects, succeeded, upstream};
use crate::Clock as _;
use crate::jobs::{AttemptState, Job, JobError, NextAttempt, RequestCancel, Submit};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, holds, refused, rules, same};
use crate::testing::{begin, keep_secret, submit};
use crate::webhooks::{
    ClaimDelivery, ClaimedDelivery, Delivery, DeliveryState, DeliveryView, EndTry, Redeliver, TryVerdict,
};
use crate::{Refusal, StoreError, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_webhook_needs_a_secret_and_without_leaves_no_trace,
        a_job_keeps_its_webhook,
        every_event_after_the_first_has_its_delivery,
        a_job_without_a_webhook_has_no_deliveries,
        a_delivery_is_leased_once_until_its_lease_ends,
        only_the_latest_lease_ends_a_try,
        a_try_that_failed_waits_for_the_next,
        a_delivery_that_ended_is_not_due,
        an_endpoint_takes_few_at_a_time_and_holds_up_no_other,
        a_stopped_address_gets_nothing_more_of_the_account,
        a_redelivery_is_due_at_once_with_its_id,
        a_redelivery_lets_a_stopped_address_be_sent_to_again,
        a_redelivery_is_its_accounts_own,
        a_successor_may_send_at_once,
        deliveries_page_the_newest_first_with_their_latest_tries,
        old_deliveries_are_forgotten_with_their_jobs_webhook,
    )
}

const HOOK: &str = "https://a.test/hook";
const LEASE: Duration = Duration::from_secs(30);
const PER_ENDPOINT: usize = 2;

impl StoreBench {
    /// A job that waits, with a webhook, of a user who has a secret.
    async fn hooked(&self, user: &str, url: &str) -> Result<Job, Broken> {
        self.grant(user, "10").await?;
        if let Err(StoreError::Refused(refusal)) = keep_secret(self.store.as_ref(), user).await {
            same("the refusal", refusal, Refusal::TooManyWebhookSecrets)?;
        }
        self.submit(Submit { webhook_url: Some(url.parse()?), ..submit(user, "0.04") }).await
    }

    /// A job that was begun, and the delivery that tells so.
    async fn told(&self, user: &str, url: &str) -> Result<(Job, Delivery), Broken> {
        let job = self.hooked(user, url).await?;
        let lease = self.claim(job.id).await?.lease;
        self.store.begin_attempt(begin(lease)).await?;
        let view = self.store.deliveries(job.account, None, 1).await?.pop();
        Ok((job, view.map(|view| view.delivery).ok_or(StoreError::Refused(Refusal::NotFound))?))
    }

    async fn take(&self, id: EventId) -> Result<ClaimedDelivery, StoreError> {
        let step = ClaimDelivery { id, instance: instance(), lease: LEASE, per_endpoint_max: PER_ENDPOINT };
        self.store.claim_delivery(step).await
    }

    /// The delivery under a lease.
    async fn leased(&self, id: EventId) -> Result<Delivery, Broken> {
        match self.take(id).await? {
            ClaimedDelivery::Leased(delivery) => Ok(*delivery),
            ClaimedDelivery::Stopped => {
                crate::testing::conformance::suite::broken("it is stopped".to_owned())
            }
        }
    }

    async fn end(&self, delivery: &Delivery, verdict: TryVerdict) -> Result<Delivery, StoreError> {
        let status = if verdict == TryVerdict::Delivered { 204 } else { 500 };
        let step = EndTry {
            id: delivery.id,
            token: delivery.token,
            began_at: self.clock.now(),
            duration: Duration::from_millis(12),
            status: Some(status),
            error: (status == 500).then(|| "it's \"ill\"".to_owned()),
            verdict,
        };
        self.store.end_try(step).await
    }

    /// Which are to be sent now.
    async fn due_now(&self) -> Result<BTreeSet<EventId>, StoreError> {
        Ok(self.store.due_deliveries(PER_ENDPOINT, 100).await?.now.into_iter().collect())
    }

    async fn delivery(&self, id: EventId) -> Result<DeliveryView, StoreError> {
        self.store.delivery(id).await?.ok_or(StoreError::Refused(Refusal::NotFound))
    }
}

/// Not even with another account's.
pub async fn a_webhook_needs_a_secret_and_without_leaves_no_trace(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    keep_secret(bench.store.as_ref(), "u2").await?;
    let before = bench.all_of(&["u1", "u2"]).await?;
    for user in ["u1", "u3"] {
        let step = Submit { webhook_url: Some(HOOK.parse()?), ..submit(user, "0.04") };
        refused(bench.store.submit(step).await, &Refusal::NoWebhookSecret)?;
    }
    same("what there is", bench.all_of(&["u1", "u2"]).await?, before)?;
    bench.hooked("u1", HOOK).await.map(|_job| ())
}

/// To its end.
pub async fn a_job_keeps_its_webhook(bench: StoreBench) -> Verdict {
    let (job, _) = bench.told("u1", HOOK).await?;
    same("the webhook", job.webhook_url.clone(), Some(HOOK.parse()?))?;
    same("as it is read", bench.view(job.id).await?.job.webhook_url, job.webhook_url)
}

/// Through every state, one for each change, with the event's id, in the step that changed it.
pub async fn every_event_after_the_first_has_its_delivery(bench: StoreBench) -> Verdict {
    let job = bench.hooked("u1", HOOK).await?;
    same("after the submission", bench.store.deliveries(job.account, None, 10).await?, Vec::new())?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    let again = NextAttempt {
        lease,
        state: AttemptState::NotSent,
        effect: fourfold_domain::Effect::NotStarted,
        error: JobError::new("not_sent", "no"),
        vendor: serde_json::Map::new(),
        after: Duration::ZERO,
    };
    bench.store.next_attempt(again).await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    bench.store.record_upstream(upstream(lease, objects(job.id))).await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    let called_off = bench.hooked("u1", HOOK).await?;
    bench
        .store
        .request_cancel(RequestCancel { job: called_off.id, account: job.account, account_max: 0 })
        .await?;

    let mut deliveries = bench.store.deliveries(job.account, None, 10).await?;
    deliveries.reverse();
    let states: Vec<_> = deliveries.iter().map(|view| view.delivery.job_state).collect();
    use JobState::{Cancelled, Queued, Starting, Storing, Succeeded};
    same("the states", states, [Starting, Queued, Starting, Storing, Succeeded, Cancelled])?;
    let mut events = bench.store.events(job.id, 1).await?;
    events.extend(bench.store.events(called_off.id, 1).await?);
    for (view, event) in deliveries.iter().zip(&events) {
        let expected = Delivery {
            id: event.id,
            account: job.account,
            job: event.job,
            version: event.version,
            job_state: event.state,
            url: HOOK.parse()?,
            state: DeliveryState::Pending,
            tries: 0,
            failures: 0,
            next_at: event.created_at,
            lease_until: None,
            leased_by: None,
            token: 0,
            created_at: event.created_at,
            ended_at: None,
        };
        same("the delivery", view, &DeliveryView { delivery: expected, tries: Vec::new() })?;
        same("by its id", Some(view), bench.store.delivery(event.id).await?.as_ref())?;
    }
    same("how many", (deliveries.len(), events.len()), (6, 6))?;
    bench.is_clean().await
}

/// None at all.
pub async fn a_job_without_a_webhook_has_no_deliveries(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    same("the deliveries", bench.store.deliveries(job.account, None, 10).await?, Vec::new())?;
    same("what is due", bench.due_now().await?, BTreeSet::new())?;
    bench.is_clean().await
}

/// Whoever is second is refused; when the lease has ended another may have it.
pub async fn a_delivery_is_leased_once_until_its_lease_ends(bench: StoreBench) -> Verdict {
    let (_, delivery) = bench.told("u1", HOOK).await?;
    same("what is due", bench.due_now().await?, BTreeSet::from([delivery.id]))?;
    let both = futures_util::future::join(bench.take(delivery.id), bench.take(delivery.id)).await;
    let leased = [both.0, both.1].into_iter().flatten().count();
    same("how many have it", leased, 1)?;
    same("what is due", bench.due_now().await?, BTreeSet::new())?;
    let next_at = bench.store.due_deliveries(PER_ENDPOINT, 10).await?.next_at;
    same("when it is due again", next_at, Some(bench.clock.now().after(LEASE)))?;
    refused(bench.take(delivery.id).await, &Refusal::NotDue)?;
    bench.pass(LEASE.as_secs());
    same("what is due", bench.due_now().await?, BTreeSet::from([delivery.id]))?;
    same("the token", bench.leased(delivery.id).await?.token, 2)?;
    refused(bench.take(EventId::new(Uuid::now_v7())).await, &Refusal::NotDue)
}

/// Whoever had it before changes nothing.
pub async fn only_the_latest_lease_ends_a_try(bench: StoreBench) -> Verdict {
    let (_, delivery) = bench.told("u1", HOOK).await?;
    refused(bench.end(&delivery, TryVerdict::Delivered).await, &Refusal::LeaseLost)?;
    let first = bench.leased(delivery.id).await?;
    bench.pass(LEASE.as_secs());
    let second = bench.leased(delivery.id).await?;
    refused(bench.end(&first, TryVerdict::Delivered).await, &Refusal::LeaseLost)?;
    same("its tries", bench.delivery(delivery.id).await?.tries, Vec::new())?;
    bench.end(&second, TryVerdict::Delivered).await?;
    refused(bench.end(&second, TryVerdict::Failed).await, &Refusal::LeaseLost)?;
    same("its state", bench.delivery(delivery.id).await?.delivery.state, DeliveryState::Delivered)
}

/// Then it is due again, and its tries are told in order.
pub async fn a_try_that_failed_waits_for_the_next(bench: StoreBench) -> Verdict {
    let (_, delivery) = bench.told("u1", HOOK).await?;
    let (began_at, wait) = (bench.clock.now(), Duration::from_secs(5));
    let ended = bench.end(&bench.leased(delivery.id).await?, TryVerdict::Again(wait)).await?;
    same("tries and failures", (ended.state, ended.tries, ended.failures), (DeliveryState::Pending, 1, 1))?;
    same("what is due", bench.due_now().await?, BTreeSet::new())?;
    let due = bench.store.due_deliveries(PER_ENDPOINT, 10).await?;
    same("when it is due", due.next_at, Some(bench.clock.now().after(wait)))?;
    bench.pass(4);
    refused(bench.take(delivery.id).await, &Refusal::NotDue)?;
    bench.pass(1);
    bench.end(&bench.leased(delivery.id).await?, TryVerdict::Delivered).await?;
    let view = bench.delivery(delivery.id).await?;
    let tries: Vec<_> =
        view.tries.iter().map(|ended| (ended.number, ended.status, ended.error.as_deref())).collect();
    same("the tries", tries, [(1, Some(500), Some("it's \"ill\"")), (2, Some(204), None)])?;
    let began: Vec<_> = view.tries.iter().map(|ended| (ended.began_at, ended.duration)).collect();
    let took = Duration::from_millis(12);
    same("when they began", began, [(began_at, took), (began_at.after(wait), took)])?;
    same("when it ended", view.delivery.ended_at, Some(bench.clock.now()))
}

/// However it ended.
pub async fn a_delivery_that_ended_is_not_due(bench: StoreBench) -> Verdict {
    for (verdict, state) in [
        (TryVerdict::Delivered, DeliveryState::Delivered),
        (TryVerdict::Failed, DeliveryState::Failed),
        (TryVerdict::Gone, DeliveryState::Gone),
    ] {
        let (_, delivery) = bench.told("u1", &format!("{HOOK}/{}", state.as_str())).await?;
        bench.end(&bench.leased(delivery.id).await?, verdict).await?;
        bench.pass(1_000_000);
        same("what is due", bench.due_now().await?, BTreeSet::new())?;
        refused(bench.take(delivery.id).await, &Refusal::NotDue)?;
        same("its state", bench.delivery(delivery.id).await?.delivery.state, state)?;
    }
    Ok(())
}

/// Two on this bench. An address of the same host and port is the same endpoint, another account's too.
pub async fn an_endpoint_takes_few_at_a_time_and_holds_up_no_other(bench: StoreBench) -> Verdict {
    let mut slow = Vec::new();
    for user in ["u1", "u2", "u1", "u2"] {
        slow.push(bench.told(user, &format!("https://slow.test/{user}")).await?.1.id);
        bench.pass(1);
    }
    let (_, other) = bench.told("u1", "https://slow.test:8443/").await?;
    let offered = bench.due_now().await?;
    same("what is offered", &offered, &BTreeSet::from([slow[0], slow[1], other.id]))?;
    let few = bench.store.due_deliveries(PER_ENDPOINT, 1).await?.now;
    same("of all the one that waits longest", few, [slow[0]])?;
    let first = bench.leased(slow[0]).await?;
    bench.leased(slow[1]).await?;
    refused(bench.take(slow[2]).await, &Refusal::NotDue)?;
    same("what is offered", bench.due_now().await?, BTreeSet::from([other.id]))?;
    bench.leased(other.id).await?;
    bench.end(&first, TryVerdict::Delivered).await?;
    bench.leased(slow[2]).await?;
    refused(bench.take(slow[3]).await, &Refusal::NotDue)?;
    // A lease that ended counts no more.
    bench.pass(LEASE.as_secs());
    bench.leased(slow[3]).await.map(|_delivery| ())
}

/// What waits ends at once, what comes later when it is due; another account's and other addresses go on.
pub async fn a_stopped_address_gets_nothing_more_of_the_account(bench: StoreBench) -> Verdict {
    let (job, first) = bench.told("u1", HOOK).await?;
    let (_, waiting) = bench.told("u1", HOOK).await?;
    let (_, elsewhere) = bench.told("u1", "https://a.test/other").await?;
    let (_, others) = bench.told("u2", HOOK).await?;
    let url = HOOK.parse()?;
    same("nothing is stopped yet", bench.store.stop_deliveries(job.account, &url).await?, 0)?;
    let ended = bench.end(&bench.leased(first.id).await?, TryVerdict::Gone).await?;
    same("its state", (ended.state, ended.ended_at), (DeliveryState::Gone, Some(bench.clock.now())))?;
    same("how many are stopped", bench.store.stop_deliveries(job.account, &url).await?, 1)?;
    same("one that waits", bench.delivery(waiting.id).await?.delivery.state, DeliveryState::Gone)?;
    let (_, later) = bench.told("u1", HOOK).await?;
    same("one that comes later", bench.take(later.id).await?, ClaimedDelivery::Stopped)?;
    let later = bench.delivery(later.id).await?;
    same("its state", (later.delivery.state, later.tries.len()), (DeliveryState::Gone, 0))?;
    for id in [elsewhere.id, others.id] {
        bench.leased(id).await?;
    }
    bench.is_clean().await
}

/// Whatever came of it, with the whole schedule before it; while it is on its way it stays as it is.
pub async fn a_redelivery_is_due_at_once_with_its_id(bench: StoreBench) -> Verdict {
    let (job, delivery) = bench.told("u1", HOOK).await?;
    let redeliver = Redeliver { id: delivery.id, account: job.account };
    let again = TryVerdict::Again(Duration::from_secs(3600));
    for (count, verdict) in [again, TryVerdict::Failed, TryVerdict::Delivered].into_iter().enumerate() {
        let leased = bench.leased(delivery.id).await?;
        same("on its way", bench.store.redeliver(redeliver).await?, leased.clone())?;
        bench.end(&leased, verdict).await?;
        bench.pass(1);
        let due = bench.store.redeliver(redeliver).await?;
        let expected = (DeliveryState::Pending, 0, bench.clock.now(), None);
        same("after it", (due.state, due.failures, due.next_at, due.ended_at), expected)?;
        same("what is due", bench.due_now().await?, BTreeSet::from([delivery.id]))?;
        same("its tries", bench.delivery(delivery.id).await?.tries.len(), count + 1)?;
    }
    Ok(())
}

/// For all that waits for it, until it says again that it wants nothing.
pub async fn a_redelivery_lets_a_stopped_address_be_sent_to_again(bench: StoreBench) -> Verdict {
    let (job, first) = bench.told("u1", HOOK).await?;
    for _ in 0..2 {
        bench.end(&bench.leased(first.id).await?, TryVerdict::Gone).await?;
        let (_, stopped) = bench.told("u1", HOOK).await?;
        same("one that comes later", bench.take(stopped.id).await?, ClaimedDelivery::Stopped)?;
        bench.store.redeliver(Redeliver { id: first.id, account: job.account }).await?;
    }
    let (_, second) = bench.told("u1", HOOK).await?;
    bench.leased(first.id).await?;
    bench.leased(second.id).await.map(|_delivery| ())
}

/// Another's isn't found.
pub async fn a_redelivery_is_its_accounts_own(bench: StoreBench) -> Verdict {
    let (_, delivery) = bench.told("u1", HOOK).await?;
    let (job, _) = bench.told("u2", "https://b.test/").await?;
    let before = bench.delivery(delivery.id).await?;
    let redeliver = |id| bench.store.redeliver(Redeliver { id, account: job.account });
    refused(redeliver(delivery.id).await, &Refusal::NotFound)?;
    refused(redeliver(EventId::new(Uuid::now_v7())).await, &Refusal::NotFound)?;
    same("the delivery", bench.delivery(delivery.id).await?, before)
}

/// What an earlier process had on its way is due, and its word no longer counts.
pub async fn a_successor_may_send_at_once(bench: StoreBench) -> Verdict {
    let (_, delivery) = bench.told("u1", HOOK).await?;
    let leased = bench.leased(delivery.id).await?;
    bench.store.supersede(instance()).await?;
    refused(bench.end(&leased, TryVerdict::Delivered).await, &Refusal::LeaseLost)?;
    same("what is due", bench.due_now().await?, BTreeSet::from([delivery.id]))?;
    bench.leased(delivery.id).await.map(|_delivery| ())
}

/// Page by page; of one that was tried often, the last fifty tries.
pub async fn deliveries_page_the_newest_first_with_their_latest_tries(bench: StoreBench) -> Verdict {
    let mut ids = Vec::new();
    let (job, often) = bench.told("u1", HOOK).await?;
    ids.push(often.id);
    for _ in 0..3 {
        ids.push(bench.told("u1", HOOK).await?.1.id);
    }
    bench.told("u2", HOOK).await?;
    ids.reverse();
    let page = async |before| {
        let views = bench.store.deliveries(job.account, before, 2).await;
        views.map(|views| views.iter().map(|view| view.delivery.id).collect::<Vec<_>>())
    };
    same("the first page", page(None).await?.as_slice(), &ids[..2])?;
    same("the second page", page(Some(ids[1])).await?.as_slice(), &ids[2..])?;
    for _ in 0..52 {
        bench.end(&bench.leased(often.id).await?, TryVerdict::Again(Duration::ZERO)).await?;
    }
    let tries = bench.delivery(often.id).await?.tries;
    same(
        "its tries",
        tries.iter().map(|ended| ended.number).collect::<Vec<_>>(),
        (3..=52).collect::<Vec<u32>>(),
    )
}

/// Once the last of a final job has ended long ago. What is left adds up.
pub async fn old_deliveries_are_forgotten_with_their_jobs_webhook(bench: StoreBench) -> Verdict {
    let mut jobs = Vec::new();
    for ends in [true, true, false] {
        let (job, delivery) = bench.told("u1", HOOK).await?;
        bench.end(&bench.leased(delivery.id).await?, TryVerdict::Delivered).await?;
        if ends {
            bench.pass(LEASE.as_secs());
            let lease = bench.claim(job.id).await?;
            bench.finish(lease.lease, failed()).await?;
        }
        jobs.push((job, delivery));
    }
    let account = jobs[0].0.account;
    let last_of = async |job: &Job| -> Result<Delivery, StoreError> {
        let all = bench.store.deliveries(account, None, 100).await?;
        let of_job = all.into_iter().find(|view| view.delivery.job == job.id);
        of_job.map(|view| view.delivery).ok_or(StoreError::Refused(Refusal::NotFound))
    };
    let last = last_of(&jobs[0].0).await?;
    bench.end(&bench.leased(last.id).await?, TryVerdict::Failed).await?;
    let later = || Timestamp::from_millis(bench.clock.now().millis() + 1);
    let ended_at = bench.clock.now();
    bench.pass(1);
    same("what ended too late", bench.store.forget_deliveries(ended_at, 10).await?, 0)?;
    same("what is old", bench.store.forget_deliveries(later(), 10).await?, 1)?;
    same("again", bench.store.forget_deliveries(later(), 10).await?, 0)?;
    same("a try of it", bench.store.delivery(jobs[0].1.id).await?, None)?;
    same("its job's webhook", bench.view(jobs[0].0.id).await?.job.webhook_url, None)?;
    holds("one still to be sent is kept", bench.store.delivery(jobs[1].1.id).await?.is_some())?;
    holds("one of an open job is kept", bench.store.delivery(jobs[2].1.id).await?.is_some())?;
    bench.is_clean().await
}
