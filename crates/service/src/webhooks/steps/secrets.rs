//! Secrets come and go.

use std::sync::Arc;

use fourfold_domain::{AccountId, Subject, WebhookSecretId};

use super::rules::secrets_of;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::idempotency::{Idempotency, Made};
use crate::webhooks::WebhookSecret;

/// How many secrets an account may have at a time.
pub const SECRETS_MAX: usize = 10;

/// Keeps a new secret beside those that there are. Refused with [`Refusal::TooManyWebhookSecrets`] where there would
/// be too many. The same idempotency key gives the same secret while that is there.
#[derive(Clone, Debug)]
pub struct KeepSecret {
    /// Its id.
    pub id: WebhookSecretId,
    /// Whose.
    pub subject: Subject,
    /// The account that it was sealed for, which must be the subject's.
    pub account: AccountId,
    /// The sealed secret.
    pub sealed: Arc<[u8]>,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
}

/// What came of [`KeepSecret`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeptSecret {
    /// It is kept.
    New(WebhookSecret),
    /// The same request had made this one before.
    Earlier(WebhookSecret),
}

impl Step for KeepSecret {
    type Answer = KeptSecret;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.webhook_secrets.push(self.subject.clone());
        if let Some(idempotency) = &self.idempotency {
            idempotency.needs(&self.subject, needs);
        }
    }

    fn decide(&self, world: &mut World) -> Result<KeptSecret, Refusal> {
        if world.subjects.get(&self.subject) != Some(&self.account) {
            return Err(Refusal::NotFound);
        }
        if let Some(idempotency) = &self.idempotency
            && let Some(made) = idempotency.earlier(world, &self.subject)?
        {
            let Made::WebhookSecret(earlier) = made else { return Err(Refusal::IdempotencyMismatch) };
            if let Some(earlier) = world.webhook_secrets.get(&earlier) {
                return Ok(KeptSecret::Earlier(earlier.clone()));
            }
        }
        if secrets_of(world, self.account) >= SECRETS_MAX {
            return Err(Refusal::TooManyWebhookSecrets);
        }
        let secret = WebhookSecret {
            id: self.id,
            account: self.account,
            sealed: self.sealed.clone(),
            created_at: world.now,
        };
        world.webhook_secrets.insert(self.id, secret.clone());
        if let Some(idempotency) = &self.idempotency {
            idempotency.record(world, &self.subject, self.account, Made::WebhookSecret(self.id));
        }
        Ok(KeptSecret::New(secret))
    }
}

/// Takes a secret away: it signs nothing any more.
#[derive(Clone, Debug)]
pub struct RevokeSecret {
    /// Which.
    pub id: WebhookSecretId,
    /// Whose; another account's isn't found.
    pub subject: Subject,
}

impl Step for RevokeSecret {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.webhook_secrets.push(self.subject.clone());
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let account = world.subjects.get(&self.subject);
        let secret = world.webhook_secrets.get(&self.id).filter(|secret| Some(&secret.account) == account);
        secret.ok_or(Refusal::NotFound)?;
        world.webhook_secrets.remove(&self.id);
        Ok(())
    }
}
