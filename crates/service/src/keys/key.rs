//! A key and its secret.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fourfold_domain::{Credits, ExternalId, InvalidName, KeyId, Realm};
use sha2::{Digest, Sha256};

use super::request::random;
use super::{AllowedModels, Scopes};
use crate::credits::Budget;
use crate::limits::Limits;
use crate::named::named;
use crate::{StoreError, Timestamp};

/// What a key may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// Everything, for the operator.
    Admin,
    /// Work on behalf of its realm's users.
    Service,
    /// Work on behalf of one user.
    User,
}

named!(KeyKind, "kind", "one of admin, service, user", Admin = "admin", Service = "service", User = "user");

/// A key as it is stored: without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// What it may do.
    pub kind: KeyKind,
    /// Whose users it works for.
    pub realm: Realm,
    /// A user key's user; another key's default user.
    pub account: Option<ExternalId>,
    /// The operator's name for it.
    pub name: Option<String>,
    /// What it is limited to.
    pub scopes: Scopes,
    /// Which models it may use.
    pub models: AllowedModels,
    /// How much may be done with it at a time.
    pub limits: Limits,
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// The secret before that, while it still counts.
    pub previous: Option<PreviousSecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it doesn't count.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What it may spend in all, as of when it was read; nothing is no limit.
    pub budget: Option<Budget>,
}

impl ApiKey {
    /// Whether it counts at this moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    /// As it is with this change. None where its budget is to be changed and it has none, or more was spent of it.
    pub(crate) fn changed(self, change: KeyChange) -> Option<Self> {
        let budget = match (self.budget, change.budget) {
            (budget, None) => budget,
            (None, Some(_)) => return None,
            (Some(budget), Some(limit)) => {
                let changed = Budget { limit, ..budget };
                if changed.is_exceeded() {
                    return None;
                }
                Some(changed)
            }
        };
        Some(Self {
            name: change.name.unwrap_or(self.name),
            scopes: change.scopes.unwrap_or(self.scopes),
            models: change.models.unwrap_or(self.models),
            limits: change.limits.unwrap_or(self.limits),
            expires_at: change.expires_at.unwrap_or(self.expires_at),
            budget,
            ..self
        })
    }

    /// As it is once it was rotated, which it may be already. None where its secret is another than the one that was to
    /// be replaced.
    pub(crate) fn rotated(self, rotation: &KeyRotation) -> Option<Self> {
        if self.hash == rotation.hash {
            return Some(self);
        }
        let previous = PreviousSecret { hash: self.hash, until: rotation.until };
        let is_expected = self.hash == rotation.replaces;
        is_expected.then_some(Self { hash: rotation.hash, previous: Some(previous), ..self })
    }

    /// Refuses to be kept where its id is there already, unless it is the very same, whose first answer was lost.
    pub(crate) fn check_same(&self, known: &Self) -> Result<(), StoreError> {
        if self == known {
            return Ok(());
        }
        Err(StoreError::Failed("another key with this id is there already".into()))
    }

    /// Whether the secret with this hash opens anything at this moment.
    pub fn is_opened_by(&self, hash: &[u8; 32], now: Timestamp) -> bool {
        let is_previous =
            || self.previous.is_some_and(|previous| previous.hash == *hash && previous.until > now);
        self.is_live(now) && (self.hash == *hash || is_previous())
    }
}

impl NewKey {
    /// Without any limit.
    pub fn new(kind: KeyKind, realm: Realm, account: Option<ExternalId>) -> Self {
        Self {
            kind,
            realm,
            account,
            name: None,
            scopes: Scopes::default(),
            models: AllowedModels::default(),
            limits: Limits::default(),
            expires_at: None,
            budget: None,
        }
    }
}

/// A secret that was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreviousSecret {
    /// Its SHA-256.
    pub hash: [u8; 32],
    /// From when on it doesn't count.
    pub until: Timestamp,
}

/// What a new key is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    /// What it may do.
    pub kind: KeyKind,
    /// Whose users it works for.
    pub realm: Realm,
    /// A user key's user (required there); another key's default user.
    pub account: Option<ExternalId>,
    /// The operator's name for it.
    pub name: Option<String>,
    /// What it is limited to.
    pub scopes: Scopes,
    /// Which models it may use.
    pub models: AllowedModels,
    /// How much may be done with it at a time.
    pub limits: Limits,
    /// From when on it doesn't count.
    pub expires_at: Option<Timestamp>,
    /// What it may spend in all; nothing is no limit.
    pub budget: Option<Credits>,
}

/// What of a key is to be another; what is nothing stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyChange {
    /// The operator's name for it, or none.
    pub name: Option<Option<String>>,
    /// What it is limited to.
    pub scopes: Option<Scopes>,
    /// Which models it may use.
    pub models: Option<AllowedModels>,
    /// How much may be done with it at a time, all of it.
    pub limits: Option<Limits>,
    /// From when on it doesn't count, or never.
    pub expires_at: Option<Option<Timestamp>>,
    /// What it may spend in all. Only a key that has a budget can be given another.
    pub budget: Option<Credits>,
}

/// Another secret for a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyRotation {
    /// SHA-256 of the secret that it has. Where it has another by now, the rotation comes too late.
    pub replaces: [u8; 32],
    /// SHA-256 of the new one.
    pub hash: [u8; 32],
    /// From when on the one that is replaced doesn't count.
    pub until: Timestamp,
}

/// The secret of a key, `ff_` and 43 characters. Doesn't print; [`KeySecret::expose`] shows it, once.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// A new one, from the system's source of randomness.
    pub fn random() -> Self {
        Self::new(random())
    }

    /// From 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("ff_{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its SHA-256, by which the key is found.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl FromStr for KeySecret {
    type Err = InvalidName;

    /// Takes any text of 16 to 256 visible ASCII characters, since an operator may set the first one.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if (16..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::new("key", "16 to 256 visible ASCII characters"))
        }
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::credits;

    #[test]
    fn what_was_spent_is_compared_only_where_the_budget_is_changed() {
        let spent = Budget { charged: credits("3"), ..Budget::new(credits("2")) };
        let key = ApiKey {
            id: KeyId::new(Uuid::nil()),
            kind: KeyKind::Service,
            realm: Realm::default(),
            account: None,
            name: None,
            scopes: Scopes::default(),
            models: AllowedModels::default(),
            limits: Limits::default(),
            hash: [1; 32],
            previous: None,
            created_at: Timestamp::default(),
            expires_at: None,
            revoked_at: None,
            budget: Some(spent),
        };
        let named = KeyChange { name: Some(Some("fox".to_owned())), ..KeyChange::default() };
        let changed = key.clone().changed(named).unwrap();
        assert_eq!((changed.name.as_deref(), changed.budget), (Some("fox"), Some(spent)));
        for (limit, is_changed) in [("2.5", false), ("3", true)] {
            let change = KeyChange { budget: Some(credits(limit)), ..KeyChange::default() };
            assert_eq!(key.clone().changed(change).is_some(), is_changed, "{limit}");
        }
    }
}
