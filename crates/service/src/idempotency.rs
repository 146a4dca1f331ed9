//! The same request sent twice does its work once.

use std::fmt;
use std::str::FromStr;

use fourfold_domain::{AccountId, FileId, InvalidName, Subject, WebhookSecretId};

use crate::Timestamp;
use crate::commit::{Needs, World};
use crate::credits::Owner;
use crate::error::Refusal;

/// What a caller sent to make a request idempotent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idempotency {
    /// The request's method.
    pub method: String,
    /// The request's path as it was sent.
    pub path: String,
    /// The caller's key.
    pub key: String,
    /// SHA-256 of the request's body.
    pub fingerprint: [u8; 32],
}

/// Where a key counts: one account, method and path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdempotencyScope {
    /// Whose key.
    pub subject: Subject,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The key.
    pub key: String,
}

/// A key that was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyRecord {
    /// Whose key.
    pub account: AccountId,
    /// SHA-256 of the body that it came with.
    pub fingerprint: [u8; 32],
    /// What was made.
    pub made: Made,
    /// When.
    pub created_at: Timestamp,
}

/// What a request made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Made {
    /// Paid work.
    Work(Owner),
    /// A file.
    File(FileId),
    /// A secret for webhooks.
    WebhookSecret(WebhookSecretId),
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(owner) => owner.fmt(f),
            Self::File(id) => write!(f, "file:{id}"),
            Self::WebhookSecret(id) => write!(f, "webhook_secret:{id}"),
        }
    }
}

impl FromStr for Made {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once(':') {
            Some(("file", id)) => id.parse().map(Self::File),
            Some(("webhook_secret", id)) => id.parse().map(Self::WebhookSecret),
            _ => text.parse().map(Self::Work),
        }
    }
}

impl Idempotency {
    pub(crate) fn scope(&self, subject: &Subject) -> IdempotencyScope {
        IdempotencyScope {
            subject: subject.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            key: self.key.clone(),
        }
    }

    pub(crate) fn needs(&self, subject: &Subject, needs: &mut Needs) {
        needs.idempotency.push(self.scope(subject));
    }

    /// What was made under this key before, or a refusal where that was another request.
    pub(crate) fn earlier(&self, world: &World, subject: &Subject) -> Result<Option<Made>, Refusal> {
        match world.idempotency.get(&self.scope(subject)) {
            None => Ok(None),
            Some(record) if record.fingerprint == self.fingerprint => Ok(Some(record.made)),
            Some(_) => Err(Refusal::IdempotencyMismatch),
        }
    }

    /// The work that was made under this key before.
    pub(crate) fn earlier_work(&self, world: &World, subject: &Subject) -> Result<Option<Owner>, Refusal> {
        match self.earlier(world, subject)? {
            None => Ok(None),
            Some(Made::Work(owner)) => Ok(Some(owner)),
            Some(Made::File(_) | Made::WebhookSecret(_)) => Err(Refusal::IdempotencyMismatch),
        }
    }

    /// Remembers what was made, in place of what was made before and is no longer there.
    pub(crate) fn record(&self, world: &mut World, subject: &Subject, account: AccountId, made: Made) {
        let record =
            IdempotencyRecord { account, fingerprint: self.fingerprint, made, created_at: world.now };
        let scope = self.scope(subject);
        match world.idempotency.get_mut(&scope) {
            Some(known) => *known = record,
            None => world.idempotency.insert(scope, record),
        }
    }
}
