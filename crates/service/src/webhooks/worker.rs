//! The worker sends what is due: each delivery under a lease, few at a time to one endpoint.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{EventId, InstanceId};
use futures_util::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::schedule::next_wait;
use super::signature::signatures;
use super::{
    ClaimDelivery, ClaimedDelivery, Delivery, DeliveryState, EndTry, Outbox, SECRETS_MAX, SecretCipher,
    SigningSecret, TryVerdict, WebhookSettings,
};
use crate::ports::{EventWriter, Reception, Store, Unanswered, WebhookAnswer, WebhookMessage, WebhookSender};
use crate::{Clock, Spawner, StoreError, failpoint};

/// How often the worker looks by itself, for what other processes have written.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The shortest pause between two looks that nobody rang for.
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// What the worker is made of.
#[derive(Clone)]
pub struct WebhookParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The way out.
    pub sender: Arc<dyn WebhookSender>,
    /// Writes the bodies.
    pub writer: Arc<dyn EventWriter>,
    /// Opens the secrets.
    pub cipher: SecretCipher,
    /// Tells when there may be something to send.
    pub outbox: Outbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process.
    pub instance: InstanceId,
    /// How webhooks are delivered.
    pub settings: WebhookSettings,
    /// Chance, from 0 to 1.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

/// Sends webhooks. Clones share what is on its way.
#[derive(Clone)]
pub struct WebhookWorker {
    parts: WebhookParts,
    in_flight: Arc<Semaphore>,
}

/// Why a message wasn't taken, in words for the account.
struct Failure {
    status: Option<u16>,
    error: String,
    retry_after: Option<Duration>,
    /// Whether it could be taken another time.
    may_pass: bool,
}

/// What a try came to.
enum Tried {
    Taken { status: u16 },
    Gone { status: u16 },
    Failed(Failure),
}

impl WebhookWorker {
    /// Over these parts.
    pub fn new(parts: WebhookParts) -> Self {
        let in_flight = Arc::new(Semaphore::new(parts.settings.in_flight_max));
        Self { parts, in_flight }
    }

    /// Starts to send. What is on its way when shutdown begins is brought to its end.
    pub fn start(self, spawner: &Spawner) {
        let sending = spawner.clone();
        spawner.start(async move {
            while !sending.stopping().is_cancelled() {
                let pause = self.look(&sending).await.unwrap_or_else(|error| {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "webhooks couldn't be looked for"
                    );
                    LOOK_AGAIN
                });
                tokio::select! {
                    () = sending.stopping().cancelled() => return,
                    () = self.parts.outbox.rung() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    /// Begins to send what is due, and tells how long nothing more is to be expected.
    async fn look(&self, spawner: &Spawner) -> Result<Duration, StoreError> {
        let free = self.in_flight.available_permits();
        if free == 0 {
            // Whichever ends next rings.
            return Ok(LOOK_AGAIN);
        }
        let due =
            self.parts.store.due_deliveries(self.parts.settings.in_flight_per_endpoint_max, free).await?;
        // Side by side, so that they share a commit.
        for claimed in join_all(due.now.into_iter().map(|id| self.claim(id))).await {
            let Some((delivery, permit)) = claimed else { continue };
            let worker = self.clone();
            spawner.start(async move {
                worker.deliver(*delivery).await;
                drop(permit);
                worker.parts.outbox.ring();
            });
        }
        let wait = due.next_at.map_or(LOOK_AGAIN, |at| at.since(self.parts.clock.now()));
        Ok(wait.clamp(PAUSE_MIN, LOOK_AGAIN))
    }

    /// A delivery under a lease; nothing where another was faster or nothing is to be sent.
    async fn claim(&self, id: EventId) -> Option<(Box<Delivery>, OwnedSemaphorePermit)> {
        let permit = self.in_flight.clone().try_acquire_owned().ok()?;
        let settings = &self.parts.settings;
        let step = ClaimDelivery {
            id,
            instance: self.parts.instance,
            lease: settings.lease(),
            per_endpoint_max: settings.in_flight_per_endpoint_max,
        };
        match self.parts.store.claim_delivery(step).await {
            Ok(ClaimedDelivery::Leased(delivery)) => Some((delivery, permit)),
            Ok(ClaimedDelivery::Stopped) | Err(StoreError::Refused(_)) => None,
            Err(error) => {
                tracing::warn!(event.id = %id, error = &error as &dyn std::error::Error,
                    "a delivery couldn't be claimed");
                None
            }
        }
    }

    /// Sends once and writes down what came of it. Where that can't be written, the lease's end brings it back.
    async fn deliver(&self, delivery: Delivery) {
        let (began_at, began) = (self.parts.clock.now(), Instant::now());
        let tried = match self.message(&delivery).await {
            Ok(message) => self.send(message).await,
            Err(failure) => Tried::Failed(failure),
        };
        failpoint::reach("after_webhook_send");
        let (status, error, verdict) = self.judge(&delivery, tried);
        let (id, token, duration) = (delivery.id, delivery.token, began.elapsed());
        let step = EndTry { id, token, began_at, duration, status, error, verdict };
        match self.parts.store.end_try(step.clone()).await {
            Ok(delivery) => tell(&delivery, &step),
            Err(error) => {
                tracing::warn!(event.id = %id, error = &error as &dyn std::error::Error,
                    "what came of a webhook couldn't be written down; it is sent again");
            }
        }
        if verdict == TryVerdict::Gone
            && let Err(error) = self.parts.store.stop_deliveries(delivery.account, &delivery.url).await
        {
            tracing::warn!(event.id = %id, error = &error as &dyn std::error::Error,
                "what else was to go to a stopped address ends when it is due");
        }
    }

    /// The message with all its signatures.
    async fn message(&self, delivery: &Delivery) -> Result<WebhookMessage, Failure> {
        let body = self.body(delivery).await?;
        let secrets = self.secrets(delivery).await?;
        let (id, timestamp) = (delivery.id.to_string(), self.parts.clock.now().millis().div_euclid(1000));
        let signature = signatures(&secrets, &id, timestamp, &body);
        let timeout = self.parts.settings.timeout;
        Ok(WebhookMessage { url: delivery.url.clone(), id, timestamp, signature, body, timeout })
    }

    async fn body(&self, delivery: &Delivery) -> Result<Bytes, Failure> {
        let store = &self.parts.store;
        let events = store.events(delivery.job, delivery.version.saturating_sub(1)).await.map_err(ours)?;
        let event = events.into_iter().find(|event| event.id == delivery.id);
        let (Some(event), Some(view)) = (event, store.job(delivery.job).await.map_err(ours)?) else {
            let error = "the job is no longer there".to_owned();
            return Err(Failure { status: None, error, retry_after: None, may_pass: false });
        };
        self.parts.writer.write(&event, &view.at(&event)).map_err(ours)
    }

    async fn secrets(&self, delivery: &Delivery) -> Result<Vec<SigningSecret>, Failure> {
        let kept =
            self.parts.store.webhook_secrets(delivery.account, None, SECRETS_MAX).await.map_err(ours)?;
        let mut secrets = Vec::with_capacity(kept.len());
        for secret in &kept {
            match self.parts.cipher.open(secret.account, secret.id, &secret.sealed) {
                Ok(secret) => secrets.push(secret),
                Err(error) => {
                    tracing::error!(secret.id = %secret.id, account.id = %secret.account,
                        error = &error as &dyn std::error::Error, "a secret for webhooks can't be opened");
                }
            }
        }
        if secrets.is_empty() {
            let error = if kept.is_empty() {
                "the account has no secret to sign with"
            } else {
                "no secret of the account can be read; make a new one"
            };
            return Err(Failure { status: None, error: error.to_owned(), retry_after: None, may_pass: true });
        }
        Ok(secrets)
    }

    async fn send(&self, message: WebhookMessage) -> Tried {
        match self.parts.sender.send(message).await {
            Ok(WebhookAnswer { status, reception: Reception::Taken }) => Tried::Taken { status },
            Ok(WebhookAnswer { status, reception: Reception::Gone }) => Tried::Gone { status },
            Ok(WebhookAnswer { status, reception: Reception::Refused { retry_after } }) => {
                let error = format!("the receiver answered with the status {status}");
                Tried::Failed(Failure { status: Some(status), error, retry_after, may_pass: true })
            }
            Err(Unanswered { reason, may_pass }) => {
                let error = reason.to_owned();
                Tried::Failed(Failure { status: None, error, retry_after: None, may_pass })
            }
        }
    }

    fn judge(&self, delivery: &Delivery, tried: Tried) -> (Option<u16>, Option<String>, TryVerdict) {
        match tried {
            Tried::Taken { status } => (Some(status), None, TryVerdict::Delivered),
            Tried::Gone { status } => {
                let error = "the receiver wants nothing more at this address".to_owned();
                (Some(status), Some(error), TryVerdict::Gone)
            }
            Tried::Failed(failure) => {
                let (schedule, failures) = (&self.parts.settings.schedule, delivery.failures + 1);
                let wait = next_wait(schedule, failures, failure.retry_after, (self.parts.random)());
                let verdict = wait.filter(|_| failure.may_pass).map_or(TryVerdict::Failed, TryVerdict::Again);
                (failure.status, Some(failure.error), verdict)
            }
        }
    }
}

/// A failure of ours; the account learns only that.
fn ours(error: impl Into<crate::BoxError>) -> Failure {
    let error = error.into();
    tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a webhook's message can't be made");
    Failure {
        status: None,
        error: "the message couldn't be made".to_owned(),
        retry_after: None,
        may_pass: true,
    }
}

/// The one line and the count of a try.
fn tell(delivery: &Delivery, ended: &EndTry) {
    let outcome = match ended.verdict {
        TryVerdict::Delivered => "delivered",
        TryVerdict::Gone => "gone",
        TryVerdict::Again(_) => "again",
        TryVerdict::Failed => "failed",
    };
    metrics::counter!("fourfold_webhook_tries_total", "outcome" => outcome).increment(1);
    let duration_ms = u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX);
    if delivery.state == DeliveryState::Delivered {
        tracing::info!(event.id = %delivery.id, job.id = %delivery.job, account.id = %delivery.account,
            tries = delivery.tries, duration_ms, "a webhook was delivered");
    } else {
        tracing::warn!(event.id = %delivery.id, job.id = %delivery.job, account.id = %delivery.account, outcome,
            status = ended.status, error = ended.error, tries = delivery.tries, duration_ms,
            "a webhook wasn't delivered");
    }
}
