//! Knows the limits of every caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use fourfold_domain::{KeyId, Subject};

use super::admission::CallerLimits;
use super::bucket::SharedBy;
use super::limiter::Limiter;
use super::{LimitOf, LimitSettings};
use crate::Spawner;
use crate::keys::Identity;

/// More callers than this are remembered only after those were forgotten of whom nothing counts any more.
const REMEMBERED_MAX: usize = 16 * 1024;

/// Knows the limits of every caller. Clones share what is counted.
#[derive(Clone)]
pub struct LimitsService(Arc<Inner>);

struct Inner {
    settings: ArcSwap<LimitSettings>,
    /// Where other processes count too.
    shared: Option<SharedBy>,
    spawner: Spawner,
    keys: Limiters<KeyId>,
    accounts: Limiters<Subject>,
}

struct Limiters<K>(Mutex<HashMap<K, Arc<Limiter>>>);

impl LimitsService {
    /// With these limits for everybody, alone or shared. What others have to be told is told on the spawner.
    pub fn new(settings: LimitSettings, shared: Option<SharedBy>, spawner: Spawner) -> Self {
        let (keys, accounts) = (Limiters(Mutex::default()), Limiters(Mutex::default()));
        Self(Arc::new(Inner { settings: ArcSwap::from_pointee(settings), shared, spawner, keys, accounts }))
    }

    /// Puts other limits in force; what was counted stays.
    pub fn replace(&self, settings: LimitSettings) {
        self.0.settings.store(Arc::new(settings));
    }

    /// What holds for a caller, and for the account that he works for. Where nothing does, this looks nothing up.
    pub fn of(&self, identity: &Identity, subject: Option<&Subject>) -> CallerLimits {
        let settings = self.0.settings.load();
        let key = identity.key().map(|id| (id, identity.limits().or(settings.key)));
        let key = key.filter(|(_id, limits)| !limits.is_none());
        let account = subject.filter(|_subject| !settings.account.is_none());
        if key.is_none() && account.is_none() {
            return CallerLimits::default();
        }
        let key = key.map(|(id, limits)| {
            (self.0.keys.get(&id, || Limiter::new(LimitOf::Key, &id.to_string())), limits)
        });
        let account = account.map(|subject| {
            let limiter =
                || Limiter::new(LimitOf::Account, &format!("{}/{}", subject.realm, subject.external_id));
            (self.0.accounts.get(subject, limiter), settings.account)
        });
        CallerLimits::new(self, key, account)
    }

    pub(super) fn shared(&self) -> Option<&SharedBy> {
        self.0.shared.as_ref()
    }

    pub(super) fn start(&self, telling: impl Future<Output = ()> + Send + 'static) {
        // Nobody waits for it, and shutdown does.
        drop(self.0.spawner.start(telling));
    }
}

impl<K: Clone + Eq + Hash> Limiters<K> {
    fn get(&self, of: &K, make: impl FnOnce() -> Limiter) -> Arc<Limiter> {
        let mut limiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limiter) = limiters.get(of) {
            return limiter.clone();
        }
        if limiters.len() >= REMEMBERED_MAX && limiters.len().is_power_of_two() {
            // Whoever holds one would count apart from those who come after.
            limiters.retain(|_of, limiter| Arc::strong_count(limiter) > 1 || !limiter.is_idle());
        }
        let limiter = Arc::new(make());
        limiters.insert(of.clone(), limiter.clone());
        limiter
    }
}
