//! A request that was let in, and what it takes along until it ends.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bucket::{Headroom, SharedBy};
use super::limiter::Limiter;
use super::{Limits, LimitsService};
use crate::ServiceError;
use crate::keys::Identity;

/// What holds for one caller: nothing, or the limits of a key, of an account, or of both. Cheap to clone.
#[derive(Clone, Default)]
pub struct CallerLimits(Option<Arc<Both>>);

struct Both {
    service: LimitsService,
    key: Option<(Arc<Limiter>, Limits)>,
    account: Option<(Arc<Limiter>, Limits)>,
}

/// What is left to a caller, of the key's and the account's limits the one that is nearer to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Of requests a minute.
    pub requests: Option<Headroom>,
    /// Of tokens a minute.
    pub tokens: Option<Headroom>,
}

/// A request that was let in. Its place is given back, and what it took of tokens made what it used, when the last of
/// its clones is dropped.
#[derive(Clone, Default)]
pub struct Admission {
    identity: Option<Identity>,
    held: Option<Arc<Held>>,
}

struct Held {
    limits: Arc<Both>,
    taken: AtomicU64,
    used: AtomicU64,
}

impl CallerLimits {
    pub(super) fn new(
        service: &LimitsService,
        key: Option<(Arc<Limiter>, Limits)>,
        account: Option<(Arc<Limiter>, Limits)>,
    ) -> Self {
        Self(Some(Arc::new(Both { service: service.clone(), key, account })))
    }

    /// Lets a request in, or refuses it with [`ServiceError::LimitExceeded`], which takes nothing.
    pub async fn admit(&self, identity: Identity) -> Result<Admission, ServiceError> {
        let Some(both) = &self.0 else { return Ok(Admission { identity: Some(identity), held: None }) };
        let shared = both.shared();
        let mut entered = Entered(both, 0);
        for (limiter, limits) in both.each() {
            limiter.enter(limits, shared)?;
            entered.1 += 1;
        }
        if let Some((limiter, limits)) = &both.key {
            limiter.take_request(limits, shared).await?;
        }
        if let Some((limiter, limits)) = &both.account
            && let Err(refused) = limiter.take_request(limits, shared).await
        {
            if let Some((key, limits)) = &both.key {
                key.give_request_back(limits, shared).await;
            }
            return Err(refused);
        }
        // From here on the places are given back with what is held.
        entered.1 = 0;
        let held = Held { limits: both.clone(), taken: AtomicU64::new(0), used: AtomicU64::new(0) };
        Ok(Admission { identity: Some(identity), held: Some(Arc::new(held)) })
    }

    /// What is left to the caller; nothing where nothing is limited.
    pub fn standing(&self) -> Standing {
        let Some(both) = &self.0 else { return Standing::default() };
        let nearer = |of: fn(&Limiter, &Limits, Option<&SharedBy>) -> Option<Headroom>| {
            let left = both.each().filter_map(|(limiter, limits)| of(limiter, limits, both.shared()));
            left.min_by_key(|headroom| headroom.remaining)
        };
        Standing { requests: nearer(Limiter::requests), tokens: nearer(Limiter::tokens) }
    }
}

impl Admission {
    /// Of work that nobody limits, such as our own.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Refuses a model that its caller may not use.
    pub fn check_model(&self, model: &str) -> Result<(), ServiceError> {
        match &self.identity {
            Some(identity) if !identity.models().allow(model) => {
                Err(ServiceError::ModelNotAllowed(model.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Takes the tokens that a call may come to by our estimate, or refuses it with
    /// [`ServiceError::LimitExceeded`], which takes nothing. Once for each call.
    pub async fn take_tokens(&self, estimate: impl FnOnce() -> u64) -> Result<(), ServiceError> {
        let Some(held) = &self.held else { return Ok(()) };
        let (both, shared) = (&held.limits, held.limits.shared());
        if both.each().all(|(_limiter, limits)| limits.tokens_per_minute.is_none()) {
            return Ok(());
        }
        let estimate = estimate();
        if let Some((limiter, limits)) = &both.key {
            limiter.take_tokens(estimate, limits, shared).await?;
        }
        if let Some((limiter, limits)) = &both.account
            && let Err(refused) = limiter.take_tokens(estimate, limits, shared).await
        {
            if let Some((key, limits)) = &both.key {
                key.correct_tokens(estimate, 0, limits, shared).await;
            }
            return Err(refused);
        }
        held.taken.fetch_add(estimate, Ordering::AcqRel);
        Ok(())
    }

    /// Whether its caller may use only so many tokens.
    pub fn limits_tokens(&self) -> bool {
        let limited = |held: &Arc<Held>| {
            held.limits.each().any(|(_limiter, limits)| limits.tokens_per_minute.is_some())
        };
        self.held.as_ref().is_some_and(limited)
    }

    /// Says what a call has used, which counts in place of the estimate once the request has ended.
    pub fn used_tokens(&self, used: u64) {
        if let Some(held) = &self.held {
            held.used.fetch_add(used, Ordering::AcqRel);
        }
    }
}

impl Both {
    fn each(&self) -> impl Iterator<Item = &(Arc<Limiter>, Limits)> {
        self.key.iter().chain(&self.account)
    }

    fn shared(&self) -> Option<&SharedBy> {
        self.service.shared()
    }
}

/// The places that a request has entered so far; a caller may leave while he is let in.
struct Entered<'a>(&'a Both, usize);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.each().take(self.1).for_each(|(limiter, _limits)| limiter.leave());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.limits.each().for_each(|(limiter, _limits)| limiter.leave());
        let (taken, used) = (*self.taken.get_mut(), *self.used.get_mut());
        if taken == used {
            return;
        }
        let both = self.limits.clone();
        // The others may have to be told, which nobody waits for.
        self.limits.service.start(async move {
            for (limiter, limits) in both.each() {
                limiter.correct_tokens(taken, used, limits, both.shared()).await;
            }
        });
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("is_limited", &self.held.is_some()).finish_non_exhaustive()
    }
}
