//! The targets that there are, and who may use them. The composition fills them in.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use fourfold_domain::{KeyId, Subject};
use fourfold_forward::Forwarder;
use fourfold_service::ServiceError;
use fourfold_service::keys::{Identity, KeyKind};
use fourfold_service::limits::Admission;

/// The targets of the forward proxy, exchanged as a whole at a reload. Clones share them.
#[derive(Clone, Default)]
pub struct ForwardTargets(Arc<ArcSwap<BTreeMap<String, Arc<ForwardTarget>>>>);

/// A target, and who may use it.
#[derive(Clone)]
pub struct ForwardTarget {
    /// What passes requests on.
    pub forwarder: Forwarder,
    /// Who may use it.
    pub access: ForwardAccess,
}

/// Who may use a target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForwardAccess {
    /// Callers of these kinds.
    pub kinds: Vec<KeyKind>,
    /// Where there are any, of these only the holders of these keys, by id or name.
    pub keys: Vec<String>,
}

/// Who makes a forwarded request, as a target's meter finds it among the request's extensions.
#[derive(Clone, Debug)]
pub struct ForwardCaller {
    /// The account that works for, if any is named.
    pub subject: Option<Subject>,
    /// The key, where it wasn't a token.
    pub key: Option<KeyId>,
    /// What holds for the caller; the request's place is held as long as any clone is.
    pub admission: Admission,
}

/// Why a target's meter refuses a request, in words that callers are told.
#[derive(Debug, thiserror::Error)]
pub enum ForwardRefusal {
    /// It has to be paid for, and nobody is named who does.
    #[error("a target with a price needs an account that pays")]
    MissingUser,
    /// What it may cost can't be told from it.
    #[error("{0}")]
    Unpriced(&'static str),
    /// By the service's word.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl ForwardTarget {
    /// What the books call what goes through the target of this name. A key that is limited to models must have it among
    /// them: which of the vendor's models a request names, nobody looks at.
    pub fn model_of(name: &str) -> String {
        format!("forward/{name}")
    }
}

impl ForwardTargets {
    /// Puts other targets in force. Requests under way go on with those that they began with.
    pub fn replace(&self, targets: BTreeMap<String, Arc<ForwardTarget>>) {
        self.0.store(Arc::new(targets));
    }

    /// The target of this name.
    pub fn get(&self, name: &str) -> Option<Arc<ForwardTarget>> {
        self.0.load().get(name).cloned()
    }

    /// All of them, by name.
    pub fn all(&self) -> Arc<BTreeMap<String, Arc<ForwardTarget>>> {
        self.0.load_full()
    }
}

impl ForwardAccess {
    /// Refuses who may not, with what it takes.
    pub(crate) fn check(&self, caller: &Identity) -> Result<(), String> {
        if !self.kinds.contains(&caller.kind()) {
            let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.as_str()).collect();
            return Err(format!("this target takes a key of the kind {}", kinds.join(" or ")));
        }
        if self.keys.is_empty() || self.names(caller) {
            return Ok(());
        }
        Err("this target takes one of the keys that are named for it".to_owned())
    }

    fn names(&self, caller: &Identity) -> bool {
        let Identity::Key(key) = caller else { return false };
        let id = key.id.to_string();
        self.keys.iter().any(|known| *known == id || key.name.as_ref() == Some(known))
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::Realm;
    use fourfold_service::Timestamp;
    use fourfold_service::keys::{AllowedModels, Scopes, TokenUser};

    use super::*;

    #[test]
    fn a_token_is_a_users_and_no_key() {
        let token = Identity::Token(Arc::new(TokenUser {
            realm: Realm::default(),
            account: "u1".parse().unwrap(),
            scopes: Scopes::All,
            models: AllowedModels::default(),
            expires_at: Timestamp::default(),
        }));
        let access = |kinds: &[KeyKind], keys: &[&str]| ForwardAccess {
            kinds: kinds.to_vec(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let refused = access(&[KeyKind::Admin, KeyKind::Service], &[]).check(&token).unwrap_err();
        assert_eq!(refused, "this target takes a key of the kind admin or service");
        assert!(access(&[KeyKind::User], &[]).check(&token).is_ok());
        assert!(access(&[KeyKind::User], &["u1"]).check(&token).is_err());
    }
}
