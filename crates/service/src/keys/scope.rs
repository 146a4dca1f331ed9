//! What a key may be used for.

use std::fmt;

use fourfold_domain::InvalidName;

use crate::named::named;

/// A part of the surface that a key can be limited to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Chats, on whichever wire.
    Chat,
    /// Embeddings.
    Embeddings,
    /// Pictures that are waited for.
    Images,
    /// Speech and transcriptions that are waited for.
    Audio,
    /// Videos on OpenAI's wire.
    Videos,
    /// Jobs of every kind, their results and their quotes.
    Jobs,
    /// Files that are handed in.
    Files,
    /// The account's balance and entries.
    Credits,
    /// The usage log.
    Usage,
    /// The account's webhooks.
    Webhooks,
    /// The lists of models.
    Models,
    /// The forward proxy, to the targets that the key may use.
    Forward,
    /// What only admin keys may do.
    Admin,
}

named!(
    Scope,
    "scope",
    "one of chat, embeddings, images, audio, videos, jobs, files, credits, usage, webhooks, models, forward, admin",
    Chat = "chat",
    Embeddings = "embeddings",
    Images = "images",
    Audio = "audio",
    Videos = "videos",
    Jobs = "jobs",
    Files = "files",
    Credits = "credits",
    Usage = "usage",
    Webhooks = "webhooks",
    Models = "models",
    Forward = "forward",
    Admin = "admin",
);

/// What a key is limited to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scopes {
    /// Nothing: it may do all that its kind may.
    #[default]
    All,
    /// These.
    Only(ScopeSet),
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeSet(u16);

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 13] = [
        Self::Chat,
        Self::Embeddings,
        Self::Images,
        Self::Audio,
        Self::Videos,
        Self::Jobs,
        Self::Files,
        Self::Credits,
        Self::Usage,
        Self::Webhooks,
        Self::Models,
        Self::Forward,
        Self::Admin,
    ];
}

impl Scopes {
    /// From names, of which none is no limit.
    ///
    /// # Errors
    ///
    /// A name that is no scope.
    pub fn parse<T: AsRef<str>>(names: &[T]) -> Result<Self, InvalidName> {
        let scopes: Result<Vec<Scope>, _> = names.iter().map(|name| name.as_ref().parse()).collect();
        Ok(Self::of(&scopes?))
    }

    /// These, of which none is no limit.
    pub fn of(scopes: &[Scope]) -> Self {
        match scopes {
            [] => Self::All,
            scopes => Self::Only(ScopeSet(scopes.iter().fold(0, |set, scope| set | bit(*scope)))),
        }
    }

    /// As they were stored. A name that a newer version has written opens nothing here.
    pub(crate) fn stored(names: &[String]) -> Self {
        let known = names.iter().filter_map(|name| name.parse::<Scope>().ok());
        match names {
            [] => Self::All,
            _ => Self::Only(ScopeSet(known.fold(0, |set, scope| set | bit(scope)))),
        }
    }

    /// Whether this may be done.
    pub fn allow(self, scope: Scope) -> bool {
        match self {
            Self::All => true,
            Self::Only(ScopeSet(set)) => set & bit(scope) != 0,
        }
    }

    /// Their names; none where there is no limit.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            Self::All => Vec::new(),
            Self::Only(set) => set.scopes().map(Scope::as_str).collect(),
        }
    }
}

impl ScopeSet {
    fn scopes(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & bit(*scope) != 0)
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.scopes()).finish()
    }
}

const fn bit(scope: Scope) -> u16 {
    1 << scope as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_is_no_limit() {
        let all = Scopes::parse::<&str>(&[]).unwrap();
        assert!(Scope::ALL.iter().all(|scope| all.allow(*scope)));
        assert!(all.names().is_empty());
    }

    #[test]
    fn some_scopes_open_those_and_nothing_else() {
        let some = Scopes::parse(&["jobs", "chat", "jobs"]).unwrap();
        let open: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| some.allow(*scope)).collect();
        assert_eq!(open, [Scope::Chat, Scope::Jobs]);
        assert_eq!(some.names(), ["chat", "jobs"]);
    }

    #[test]
    fn an_unknown_scope_is_refused_when_it_is_given_and_opens_nothing_when_it_is_found() {
        assert!(Scopes::parse(&["chat", "everything"]).is_err());
        let newer = Scopes::stored(&["everything".to_owned()]);
        assert!(!Scope::ALL.iter().any(|scope| newer.allow(*scope)));
    }

    #[test]
    fn every_scope_is_known_by_its_name() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), scope);
        }
    }
}
