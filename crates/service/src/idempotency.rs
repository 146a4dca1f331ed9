//! The same request sent twice does its work once.

use fourfold_domain::{AccountId, Subject};

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
    pub owner: Owner,
    /// When.
    pub created_at: Timestamp,
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
    pub(crate) fn earlier(&self, world: &World, subject: &Subject) -> Result<Option<Owner>, Refusal> {
        match world.idempotency.get(&self.scope(subject)) {
            None => Ok(None),
            Some(record) if record.fingerprint == self.fingerprint => Ok(Some(record.owner)),
            Some(_) => Err(Refusal::IdempotencyMismatch),
        }
    }

    pub(crate) fn record(&self, world: &mut World, subject: &Subject, account: AccountId, owner: Owner) {
        let record =
            IdempotencyRecord { account, fingerprint: self.fingerprint, owner, created_at: world.now };
        world.idempotency.insert(self.scope(subject), record);
    }
}
