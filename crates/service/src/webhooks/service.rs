//! What callers ask of webhooks: secrets, the history, another delivery.

use std::sync::Arc;

use aws_lc_rs::aead::NONCE_LEN;
use fourfold_domain::{AccountId, Effect, EventId, Subject, WebhookSecretId};
use uuid::Uuid;

use super::signature::SECRET_BYTES;
use super::{
    DeliveryView, KeepSecret, KeptSecret, Outbox, Redeliver, RevokeSecret, SecretCipher, SigningSecret,
    WebhookSecret,
};
use crate::credits::OpenAccount;
use crate::ports::Store;
use crate::{Idempotency, Refusal, ServiceError, StoreError};

/// Webhooks, as callers see them. Clones share them.
#[derive(Clone)]
pub struct WebhooksService {
    store: Arc<dyn Store>,
    cipher: SecretCipher,
    outbox: Outbox,
}

/// A secret that was made just now, or by the same request before.
#[derive(Debug)]
pub struct NewSecret {
    /// What is kept of it.
    pub kept: WebhookSecret,
    /// The secret itself, to be shown to who made it and never again.
    pub secret: SigningSecret,
}

impl WebhooksService {
    /// Over this store.
    pub fn new(store: Arc<dyn Store>, cipher: SecretCipher, outbox: Outbox) -> Self {
        Self { store, cipher, outbox }
    }

    /// Makes a secret beside those that the account has; from now on it signs too. With the same idempotency key the
    /// first secret is given again, as long as it is there.
    ///
    /// # Errors
    ///
    /// The account has as many as it may, the idempotency key was used for another request, or the first secret can't
    /// be opened any more, since the server's secret key is another now.
    pub async fn make_secret(
        &self,
        subject: Subject,
        idempotency: Option<Idempotency>,
    ) -> Result<NewSecret, ServiceError> {
        let account = self.store.open_account(OpenAccount { subject: subject.clone() }).await?.id;
        let id = WebhookSecretId::new(Uuid::now_v7());
        let secret = SigningSecret::new(random::<SECRET_BYTES>()?);
        let sealed = self.cipher.seal(account, id, &secret, random::<NONCE_LEN>()?).into();
        let step = KeepSecret { id, subject, account, sealed, idempotency };
        match self.store.keep_webhook_secret(step).await? {
            KeptSecret::New(kept) => {
                tracing::info!(account.id = %account, secret.id = %id, "a secret for webhooks was made");
                Ok(NewSecret { kept, secret })
            }
            KeptSecret::Earlier(kept) => {
                let opened = self.cipher.open(account, kept.id, &kept.sealed);
                let secret = opened.map_err(|error| {
                    let (error, id) = (&error as &dyn std::error::Error, kept.id);
                    tracing::warn!(error, account.id = %account, secret.id = %id, "a secret for webhooks can't be opened");
                    let because = "can't be shown again";
                    ServiceError::AlreadyMade { what: "secret", id: id.to_string(), because }
                })?;
                Ok(NewSecret { kept, secret })
            }
        }
    }

    /// An account's secrets, the newest first, older than `before`.
    pub async fn secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, ServiceError> {
        Ok(self.store.webhook_secrets(account, before, limit).await?)
    }

    /// Takes a secret of the subject's away; what is sent from now on isn't signed with it.
    pub async fn revoke_secret(&self, subject: Subject, id: WebhookSecretId) -> Result<(), ServiceError> {
        let revoked = self.store.revoke_webhook_secret(RevokeSecret { id, subject }).await;
        revoked.map_err(|error| not_found(error, "secret"))?;
        tracing::info!(secret.id = %id, "a secret for webhooks was revoked");
        Ok(())
    }

    /// An account's deliveries with their tries, the newest first, older than `before`.
    pub async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, ServiceError> {
        Ok(self.store.deliveries(account, before, limit).await?)
    }

    /// Sends an account's own delivery once more, with its id. Again is the same.
    pub async fn redeliver(&self, account: AccountId, id: EventId) -> Result<DeliveryView, ServiceError> {
        let delivery = self.store.redeliver(Redeliver { id, account }).await;
        delivery.map_err(|error| not_found(error, "delivery"))?;
        self.outbox.ring();
        self.store.delivery(id).await?.ok_or(ServiceError::NotFound("delivery"))
    }
}

fn not_found(error: StoreError, what: &'static str) -> ServiceError {
    match error {
        StoreError::Refused(Refusal::NotFound) => ServiceError::NotFound(what),
        other => other.into(),
    }
}

fn random<const N: usize>() -> Result<[u8; N], ServiceError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|error| ServiceError::Internal {
        what: "the system gives no random bytes",
        effect: Effect::NotStarted,
        source: error.into(),
    })?;
    Ok(bytes)
}
