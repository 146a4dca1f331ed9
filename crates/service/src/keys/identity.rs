//! Who calls, whatever showed it.

use std::sync::Arc;

use fourfold_domain::{ExternalId, KeyId, Realm};

use super::{AllowedModels, ApiKey, KeyKind, Scopes};
use crate::Timestamp;
use crate::limits::Limits;

/// Who calls: the holder of a key or of a token.
#[derive(Clone, Debug)]
pub enum Identity {
    /// By a key of ours.
    Key(Arc<ApiKey>),
    /// By a token that somebody signed whom the operator trusts.
    Token(Arc<TokenUser>),
}

/// The user that a token was signed for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenUser {
    /// Whose user it is.
    pub realm: Realm,
    /// Which of them.
    pub account: ExternalId,
    /// What the tokens of its issuer are limited to.
    pub scopes: Scopes,
    /// Which models they may use.
    pub models: AllowedModels,
    /// From when on the token doesn't count.
    pub expires_at: Timestamp,
}

impl Identity {
    /// The key, where it is one.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Key(key) => Some(key.id),
            Self::Token(_) => None,
        }
    }

    /// What it may do.
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Key(key) => key.kind,
            Self::Token(_) => KeyKind::User,
        }
    }

    /// Whose users it works for.
    pub fn realm(&self) -> &Realm {
        match self {
            Self::Key(key) => &key.realm,
            Self::Token(user) => &user.realm,
        }
    }

    /// A user's own account; another's default.
    pub fn account(&self) -> Option<&ExternalId> {
        match self {
            Self::Key(key) => key.account.as_ref(),
            Self::Token(user) => Some(&user.account),
        }
    }

    /// What it is limited to.
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Key(key) => key.scopes,
            Self::Token(user) => user.scopes,
        }
    }

    /// Which models it may use.
    pub fn models(&self) -> &AllowedModels {
        match self {
            Self::Key(key) => &key.models,
            Self::Token(user) => &user.models,
        }
    }

    /// The limits of its own; a token has none.
    pub fn limits(&self) -> Limits {
        match self {
            Self::Key(key) => key.limits,
            Self::Token(_) => Limits::default(),
        }
    }
}
