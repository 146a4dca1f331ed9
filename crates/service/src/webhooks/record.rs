//! What is kept of webhooks.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{AccountId, EventId, InstanceId, JobId, JobState, WebhookSecretId};

use super::WebhookUrl;
use crate::Timestamp;
use crate::named::named;

/// One event on its way to one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The event's id, the same in every try.
    pub id: EventId,
    /// Whose job it is.
    pub account: AccountId,
    /// Which job.
    pub job: JobId,
    /// The job's version after the event.
    pub version: u32,
    /// The job's state after the event.
    pub job_state: JobState,
    /// Where it goes.
    pub url: WebhookUrl,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// How many tries in a row have failed since it was written or last asked for again.
    pub failures: u32,
    /// Not before this moment; while it is leased, the lease's end.
    pub next_at: Timestamp,
    /// Until when somebody has a right to send it.
    pub lease_until: Option<Timestamp>,
    /// Who.
    pub leased_by: Option<InstanceId>,
    /// Rises by one with each lease, so that an old lease is known as such.
    pub token: u64,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeliveryState {
    /// It is still to be sent.
    Pending,
    /// Its receiver took it.
    Delivered,
    /// Its last try failed.
    Failed,
    /// Its receiver wants nothing more at this address.
    Gone,
}

named!(
    DeliveryState,
    "state of a delivery",
    "one of pending, delivered, failed, gone",
    Pending = "pending",
    Delivered = "delivered",
    Failed = "failed",
    Gone = "gone"
);

/// One try to deliver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryTry {
    /// Of which delivery.
    pub delivery: EventId,
    /// Which of its tries, from 1.
    pub number: u32,
    /// When it began.
    pub began_at: Timestamp,
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// A delivery with its latest tries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryView {
    /// The delivery.
    pub delivery: Delivery,
    /// At most its last fifty tries, the first first.
    pub tries: Vec<DeliveryTry>,
}

/// An address that wants nothing more of an account, until the account asks for a delivery again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoppedUrl {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub url: WebhookUrl,
    /// Since when.
    pub stopped_at: Timestamp,
}

/// A secret that signs an account's webhooks, as it is kept: encrypted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookSecret {
    /// Its id.
    pub id: WebhookSecretId,
    /// Whose.
    pub account: AccountId,
    /// The secret, sealed for this account and id.
    pub sealed: Arc<[u8]>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How many tries of a delivery are shown.
pub(crate) const TRIES_SHOWN: usize = 50;

impl Delivery {
    /// Whether somebody has a right to send it at this moment.
    pub(crate) fn is_leased(&self, now: Timestamp) -> bool {
        self.state == DeliveryState::Pending && self.lease_until.is_some_and(|until| until > now)
    }

    /// Ends it.
    pub(crate) fn end(&mut self, state: DeliveryState, now: Timestamp) {
        (self.state, self.ended_at) = (state, Some(now));
        (self.lease_until, self.leased_by) = (None, None);
    }

    /// Lets go of it until that moment.
    pub(crate) fn wait_until(&mut self, next_at: Timestamp) {
        (self.state, self.ended_at, self.next_at) = (DeliveryState::Pending, None, next_at);
        (self.lease_until, self.leased_by) = (None, None);
    }
}
