//! Webhooks: their rows in the database, and the way out to their receivers.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{AccountId, EventId, WebhookSecretId};

use crate::Timestamp;
use crate::commit::Commit;
use crate::error::{BoxError, StoreError};
use crate::jobs::{JobEvent, JobView};
use crate::webhooks::{
    ClaimDelivery, ClaimedDelivery, Delivery, DeliveryView, EndTry, KeepSecret, KeptSecret, Redeliver,
    RevokeSecret, WebhookSecret, WebhookUrl,
};

/// Deliveries and the secrets that sign them.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Keeps a new secret.
    async fn keep_webhook_secret(&self, step: KeepSecret) -> Result<KeptSecret, StoreError>;
    /// Takes a secret away.
    async fn revoke_webhook_secret(&self, step: RevokeSecret) -> Result<(), StoreError>;
    /// Takes the lease of a delivery that is due.
    async fn claim_delivery(&self, step: ClaimDelivery) -> Result<ClaimedDelivery, StoreError>;
    /// Records a try and what follows from it.
    async fn end_try(&self, step: EndTry) -> Result<Delivery, StoreError>;
    /// Makes a delivery due again.
    async fn redeliver(&self, step: Redeliver) -> Result<Delivery, StoreError>;

    /// An account's secrets, the newest first, older than `before`.
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError>;

    /// A delivery with its latest tries.
    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError>;

    /// An account's deliveries with their latest tries, the newest first, older than `before`.
    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError>;

    /// What is to be sent now, at most so many to one endpoint, the longest due first; none to an endpoint that as
    /// many are on their way to.
    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError>;

    /// Ends as gone what an account still has to be sent to an address that wants nothing more, where nobody is at
    /// it. Nothing where the address may be sent to.
    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError>;

    /// Forgets the deliveries, their tries and the webhook of final jobs of which the last has ended before this
    /// moment; tells of how many jobs, at most so many.
    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;
}

/// What is to be sent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DueDeliveries {
    /// Now.
    pub now: Vec<EventId>,
    /// When the next of the others is due.
    pub next_at: Option<Timestamp>,
}

/// What a backend reads and does of webhooks besides steps.
#[async_trait]
pub(crate) trait WebhookReads: Send + Sync {
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError>;
    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError>;
    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError>;
    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError>;
    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError>;
    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;
}

#[async_trait]
impl<B: Commit + WebhookReads> WebhookStore for B {
    async fn keep_webhook_secret(&self, step: KeepSecret) -> Result<KeptSecret, StoreError> {
        self.commit(step).await
    }
    async fn revoke_webhook_secret(&self, step: RevokeSecret) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn claim_delivery(&self, step: ClaimDelivery) -> Result<ClaimedDelivery, StoreError> {
        self.commit(step).await
    }
    async fn end_try(&self, step: EndTry) -> Result<Delivery, StoreError> {
        self.commit(step).await
    }
    async fn redeliver(&self, step: Redeliver) -> Result<Delivery, StoreError> {
        self.commit(step).await
    }
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError> {
        WebhookReads::webhook_secrets(self, account, before, limit).await
    }
    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError> {
        WebhookReads::delivery(self, id).await
    }
    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError> {
        WebhookReads::deliveries(self, account, before, limit).await
    }
    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError> {
        WebhookReads::due_deliveries(self, per_endpoint_max, limit).await
    }
    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError> {
        WebhookReads::stop_deliveries(self, account, url).await
    }
    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        WebhookReads::forget_deliveries(self, before, limit).await
    }
}

/// A message on its way to a receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookMessage {
    /// Where it goes.
    pub url: WebhookUrl,
    /// The same in every try.
    pub id: String,
    /// When it is sent, in seconds since 1970.
    pub timestamp: i64,
    /// One signature for each secret of the account.
    pub signature: String,
    /// What is signed.
    pub body: Bytes,
    /// How long all of it may take.
    pub timeout: Duration,
}

/// What a receiver answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WebhookAnswer {
    /// The status, for the history.
    pub status: u16,
    /// What it means.
    pub reception: Reception,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reception {
    /// The receiver has it.
    Taken,
    /// The receiver wants nothing more at this address.
    Gone,
    /// The receiver doesn't take it now.
    Refused {
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Why nobody answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// In words for the account; names no address.
    pub reason: &'static str,
    /// Whether it could be otherwise another time.
    pub may_pass: bool,
}

/// Sends messages to receivers.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends a message once and follows no redirect.
    async fn send(&self, message: WebhookMessage) -> Result<WebhookAnswer, Unanswered>;
}

/// Writes events as their receivers read them.
pub trait EventWriter: Send + Sync {
    /// The body for an event of the job that is seen as it was right after it, without its input.
    fn write(&self, event: &JobEvent, view: &JobView) -> Result<Bytes, BoxError>;
}
