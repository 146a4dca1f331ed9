//! A store on the bench, with short words for what rules do again and again.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{CallId, Credits, InstanceId, JobId, JobState};
use serde_json::Map;
use uuid::Uuid;

use crate::chats::{BeginTurn, BegunTurn, Conversation, Message, Seen, Ticket};
use crate::credits::{Account, Entry, EntryKind, Grant};
use crate::jobs::{
    Arrived, Claim, Claimed, Delivery, Ending, Finish, Job, JobError, JobView, Lease, RecordUpstream, Submit,
    Submitted, Upstream,
};
use crate::ports::{MessagePage, Store};
use crate::testing::conformance::suite::{Broken, Verdict, broken, same};
use crate::testing::{
    TestClock, account_subject, artifact, begin, begin_turn, conversation_name, credits, end_turn, submit,
};
use crate::{Refusal, StoreError};

/// How long a lease lasts on the bench.
pub(super) const LEASE: Duration = Duration::from_secs(30);

/// A store and the clock that it was made with.
#[derive(Clone)]
pub struct StoreBench {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<TestClock>,
}

/// A turn that was begun: its ticket and its call.
pub(super) type Turn = (Ticket, CallId);

pub(super) fn instance() -> InstanceId {
    InstanceId::new(Uuid::now_v7())
}

pub(super) fn grant(user: &str, amount: &str, operation: &str) -> Grant {
    Grant {
        subject: account_subject(user),
        credits: credits(amount),
        operation: operation.to_owned(),
        note: None,
    }
}

pub(super) fn upstream(lease: Lease, upstream: Upstream) -> RecordUpstream {
    RecordUpstream { lease, upstream, vendor: Map::new() }
}

/// One stored picture.
pub(super) fn objects(job: JobId) -> Upstream {
    Upstream::Objects(Delivery {
        items: vec![artifact(job, 0).object],
        quantities: Vec::new(),
        missing: None,
    })
}

/// Success with one picture for this charge.
pub(super) fn succeeded(job: JobId, used: &str) -> Ending {
    Ending::Succeeded {
        artifacts: vec![artifact(job, 0)],
        used: credits(used),
        output: None,
        missing: None,
        arrived: None,
    }
}

/// Success by an answer that brought one picture, of which nothing was recorded before.
pub(super) fn arrived(job: JobId, used: &str) -> Ending {
    let vendor = Map::from_iter([("seed".to_owned(), 7.into())]);
    let (artifacts, arrived) = (vec![artifact(job, 0)], Some(Arrived { quantities: Vec::new(), vendor }));
    Ending::Succeeded { artifacts, used: credits(used), output: None, missing: None, arrived }
}

pub(super) fn failed() -> Ending {
    Ending::failed(JobError::new("failed", "the vendor failed"), crate::jobs::AttemptState::Failed, None)
}

/// So many of a conversation's messages, the newest first.
pub(super) fn newest(limit: usize) -> MessagePage {
    MessagePage { after: None, is_newest_first: true, limit, bytes_max: usize::MAX }
}

/// What is seen of a conversation by who reads it as it is now.
pub(super) fn seen(known: &Conversation) -> Seen {
    Seen::of(known)
}

impl StoreBench {
    pub(super) async fn grant(&self, user: &str, amount: &str) -> Result<Account, StoreError> {
        self.store.grant(grant(user, amount, &format!("grant:{}", Uuid::now_v7()))).await
    }

    pub(super) async fn submit(&self, step: Submit) -> Result<Job, Broken> {
        match self.store.submit(step).await? {
            Submitted::New(job) | Submitted::Parked(job) => Ok(*job),
            earlier @ Submitted::Earlier(_) => broken(format!("{earlier:?} instead of a new job")),
        }
    }

    /// A job of a user who has ten credits.
    pub(super) async fn queued(&self, user: &str, amount: &str) -> Result<Job, Broken> {
        self.grant(user, "10").await?;
        self.submit(submit(user, amount)).await
    }

    pub(super) async fn claim(&self, job: JobId) -> Result<Claimed, StoreError> {
        self.store.claim(Claim { job, instance: instance(), lease: LEASE }).await
    }

    /// A job whose attempt was begun.
    pub(super) async fn starting(&self, user: &str, amount: &str) -> Result<(Job, Lease), Broken> {
        let job = self.queued(user, amount).await?;
        let lease = self.claim(job.id).await?.lease;
        self.store.begin_attempt(begin(lease)).await?;
        Ok((job, lease))
    }

    /// A job whose results are stored.
    pub(super) async fn storing(&self, user: &str, amount: &str) -> Result<(Job, Lease), Broken> {
        let (job, lease) = self.starting(user, amount).await?;
        self.store.record_upstream(upstream(lease, objects(job.id))).await?;
        Ok((job, lease))
    }

    pub(super) async fn finish(&self, lease: Lease, ending: Ending) -> Result<Job, StoreError> {
        Ok(self.store.finish(Finish { lease, ending, account_max: 0 }).await?.job)
    }

    pub(super) async fn view(&self, job: JobId) -> Result<JobView, StoreError> {
        self.store.job(job).await?.ok_or(StoreError::Refused(Refusal::NotFound))
    }

    pub(super) async fn account(&self, user: &str) -> Result<Account, StoreError> {
        self.store.account(&account_subject(user)).await?.ok_or(StoreError::Refused(Refusal::NotFound))
    }

    /// All of a user's entries, the oldest first.
    pub(super) async fn entries(&self, user: &str) -> Result<Vec<Entry>, StoreError> {
        let mut entries = self.store.entries(self.account(user).await?.id, None, 10_000).await?;
        entries.reverse();
        Ok(entries)
    }

    /// Broken unless the user has so much available and held.
    pub(super) async fn has(&self, user: &str, available: &str, held: &str) -> Verdict {
        let account = self.account(user).await?;
        same("available and held", (account.available, account.held), (credits(available), credits(held)))
    }

    /// Broken unless these are the kinds and amounts of the user's entries, the oldest first.
    pub(super) async fn has_entries(&self, user: &str, expected: &[(EntryKind, &str)]) -> Verdict {
        let entries = self.entries(user).await?;
        let found: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.amount.to_string())).collect();
        let found: Vec<_> = found.iter().map(|(kind, amount)| (*kind, amount.as_str())).collect();
        same("the entries", found.as_slice(), expected)
    }

    /// Broken unless the job stands so and was charged this.
    pub(super) async fn stands(&self, job: JobId, state: JobState, charged: &str) -> Verdict {
        let job = self.view(job).await?.job;
        same("state and charge", (job.state, job.charged), (state, credits(charged)))
    }

    /// Broken unless the audit finds nothing.
    pub(super) async fn is_clean(&self) -> Verdict {
        let audit = self.store.audit().await?;
        same("the findings of the audit", audit.findings, Vec::new())
    }

    /// All that can be read of these users, to show that nothing changed.
    pub(super) async fn all_of(&self, users: &[&str]) -> Result<String, StoreError> {
        let mut all = String::new();
        for user in users {
            let account = self.store.account(&account_subject(user)).await?;
            all.push_str(&format!("{account:?}\n"));
            let Some(account) = account else { continue };
            all.push_str(&format!("{:?}\n", self.store.entries(account.id, None, 10_000).await?));
            for view in self.store.jobs(account.id, None, 10_000).await? {
                all.push_str(&format!("{view:?}\n{:?}\n", self.store.events(view.job.id, 0).await?));
            }
        }
        let everything = Some(crate::Timestamp::from_millis(i64::MAX));
        all.push_str(&format!("{:?}\n", self.store.due(everything, 10_000).await?.len()));
        all.push_str(&format!("{:?}\n", self.store.audit().await?.counts));
        Ok(all)
    }

    /// Begins a turn of a conversation as it is now.
    pub(super) async fn turn(&self, user: &str, conversation: &str) -> Result<Turn, Broken> {
        self.turn_like(user, conversation, |_step| {}).await
    }

    /// Likewise, with this change.
    pub(super) async fn turn_like(
        &self,
        user: &str,
        conversation: &str,
        change: impl FnOnce(&mut BeginTurn),
    ) -> Result<Turn, Broken> {
        let seen = self.conversation(conversation).await?.map(|(known, _)| seen(&known));
        let mut step = BeginTurn { seen, ..begin_turn(user, conversation, "0.5") };
        change(&mut step);
        match self.store.begin_turn(step).await? {
            BegunTurn::Begun { ticket, call, .. } => Ok((ticket, call.id)),
            other => broken(format!("{other:?} instead of a turn")),
        }
    }

    /// Ends a turn with an answer.
    pub(super) async fn answered(&self, conversation: &str, turn: Turn, answer: &str) -> Verdict {
        let step = end_turn(conversation, turn, "0.2", Some(answer));
        same("the charge", self.store.end_turn(step).await?, credits("0.2"))
    }

    /// A turn from its beginning to its end.
    pub(super) async fn said(&self, user: &str, conversation: &str, answer: &str) -> Verdict {
        let turn = self.turn(user, conversation).await?;
        self.answered(conversation, turn, answer).await
    }

    pub(super) async fn conversation(
        &self,
        name: &str,
    ) -> Result<Option<(Conversation, Vec<Message>)>, Broken> {
        Ok(self.store.conversation(&conversation_name(name), newest(100)).await?)
    }

    pub(super) async fn known(&self, name: &str) -> Result<(Conversation, Vec<Message>), Broken> {
        match self.conversation(name).await? {
            Some(known) => Ok(known),
            None => broken(format!("there is no conversation {name}")),
        }
    }

    /// Broken unless these are the messages of a conversation, the oldest first.
    pub(super) async fn has_messages(&self, name: &str, expected: &[&str]) -> Verdict {
        let (_, messages) = self.known(name).await?;
        let found: Vec<_> = messages.iter().rev().map(|message| message.content.as_str()).collect();
        same("the messages", found, expected)
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(super) const NOTHING: Credits = Credits::ZERO;
