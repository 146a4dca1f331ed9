//! What is known of the vendors' credentials: one that is bad or out of money is set aside, one that has asked
//! too much rests. Known to this process and forgotten with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fourfold_domain::{ProviderError, ProviderKey, Reason};

use crate::{Clock, Timestamp};

/// How long a credential is set aside before one piece of work tries it again: a vendor may be wrong once. Each time
/// that it is refused once more, that is [`LONGER`] times as long.
const SET_ASIDE: Duration = Duration::from_secs(10);

/// How long one piece of work tries a credential before another may try it too, since the first may never tell.
const TRY: Duration = Duration::from_secs(10);

const LONGER: u32 = 4;

/// The longest that a credential is set aside.
const SET_ASIDE_MAX: Duration = Duration::from_secs(10 * 60);

/// How long a credential rests where the vendor doesn't say.
const REST: Duration = Duration::from_secs(10);

/// The longest rest that a vendor is believed.
const REST_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a credential can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CredentialState {
    /// It can.
    Ready,
    /// The vendor has had too many requests from it.
    Resting {
        /// Until then.
        until: Timestamp,
    },
    /// The vendor refuses it, or its account is out of money: the operator has to act.
    SetAside {
        /// Since then.
        since: Timestamp,
        /// One piece of work may try it again from then on.
        until: Timestamp,
        /// Unauthorized, or out of money.
        reason: Reason,
        /// The vendor's own words.
        message: String,
    },
}

/// The states of all credentials. Clones share them.
#[derive(Clone)]
pub struct CredentialStates {
    clock: Arc<dyn Clock>,
    /// Those that aren't ready. Held for a look-up or a change, never longer.
    troubled: Arc<Mutex<BTreeMap<(ProviderKey, String), Trouble>>>,
}

/// What is known of a credential that isn't ready, or that nobody has tried with success since.
struct Trouble {
    state: CredentialState,
    /// How long it was set aside; nothing where it rests.
    length: Option<Duration>,
    /// One piece of work tries it, and what becomes of that is news.
    is_tried: bool,
}

impl CredentialStates {
    /// All are ready.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, troubled: Arc::default() }
    }

    /// Whether this one can be used now.
    pub fn of(&self, provider: &ProviderKey, credential: &str) -> CredentialState {
        let troubled = self.troubled();
        if troubled.is_empty() {
            return CredentialState::Ready;
        }
        let known = troubled.get(&(provider.clone(), credential.to_owned())).map(|known| &known.state);
        known.filter(|state| state.until() > self.clock.now()).cloned().unwrap_or(CredentialState::Ready)
    }

    /// Makes all of them ready again: the operator has acted.
    pub fn forgive(&self) {
        self.troubled().clear();
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes this one for a piece of work; nothing where it can be used, else the state that is in the way. One that
    /// was set aside is taken by one piece of work at a time, until it has worked.
    pub(super) fn take(&self, provider: &ProviderKey, credential: &str) -> Option<CredentialState> {
        let mut troubled = self.troubled();
        if troubled.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let known = troubled.get_mut(&(provider.clone(), credential.to_owned()))?;
        if known.state.until() > now {
            return Some(known.state.clone());
        }
        if let CredentialState::SetAside { until, .. } = &mut known.state {
            (*until, known.is_tried) = (now.after(TRY), true);
        }
        None
    }

    pub(super) fn worked(&self, provider: &ProviderKey, credential: &str) {
        let mut troubled = self.troubled();
        if troubled.is_empty() {
            return;
        }
        let known = troubled.remove(&(provider.clone(), credential.to_owned()));
        drop(troubled);
        if known.is_some() {
            tracing::info!(%provider, credential, "a credential works again");
        }
    }

    pub(super) fn failed(&self, provider: &ProviderKey, credential: &str, failure: &ProviderError) {
        let is_refused = match failure.reason {
            Reason::Unauthorized | Reason::OutOfMoney => true,
            Reason::RateLimited => false,
            _ => return,
        };
        let labels = [
            ("provider", provider.to_string()),
            ("credential", credential.to_owned()),
            ("reason", failure.reason.as_str().to_owned()),
        ];
        metrics::counter!("fourfold_credential_troubles_total", &labels).increment(1);
        let rest = failure.retry_after.unwrap_or(REST).min(REST_MAX);
        if is_refused {
            if let Some(length) = self.set_aside(provider, credential, failure) {
                tracing::error!(%provider, credential, reason = failure.reason.as_str(), error = failure as &dyn std::error::Error,
                    for_ms = length.as_millis(),
                    "a credential is set aside; mend it at the vendor or in the configuration, then reload");
            }
        } else if self.rest(provider, credential, rest) {
            tracing::warn!(%provider, credential, rest_ms = rest.as_millis(), "a credential rests");
        }
    }

    /// For how long it is set aside by this; nothing where it was already known not to be ready.
    fn set_aside(
        &self,
        provider: &ProviderKey,
        credential: &str,
        failure: &ProviderError,
    ) -> Option<Duration> {
        let (now, mut troubled) = (self.clock.now(), self.troubled());
        let known = troubled.get(&(provider.clone(), credential.to_owned()));
        let length = known.map_or(SET_ASIDE, Trouble::next_length);
        let until = now.after(length);
        // A rest that ends later stays.
        if known.is_some_and(|known| known.stands(now) || known.rests_past(until)) {
            return None;
        }
        let state = CredentialState::SetAside {
            since: now,
            until,
            reason: failure.reason,
            message: failure.message.clone(),
        };
        let trouble = Trouble { state, length: Some(length), is_tried: false };
        troubled.insert((provider.clone(), credential.to_owned()), trouble);
        Some(length)
    }

    /// Whether it rests by this: one that is set aside isn't taken back for a rest, nor is a longer rest cut.
    fn rest(&self, provider: &ProviderKey, credential: &str, rest: Duration) -> bool {
        let (now, mut troubled) = (self.clock.now(), self.troubled());
        let known = troubled.get(&(provider.clone(), credential.to_owned()));
        let until = now.after(rest);
        if known.is_some_and(|known| known.stands(now) || known.rests_past(until)) {
            return false;
        }
        let trouble = Trouble { state: CredentialState::Resting { until }, length: None, is_tried: false };
        troubled.insert((provider.clone(), credential.to_owned()), trouble);
        true
    }

    fn troubled(&self) -> MutexGuard<'_, BTreeMap<(ProviderKey, String), Trouble>> {
        self.troubled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trouble {
    /// How long it is set aside if it is refused once more.
    fn next_length(&self) -> Duration {
        self.length.map_or(SET_ASIDE, |length| (length * LONGER).min(SET_ASIDE_MAX))
    }

    /// It is set aside and nobody tries it: what work that was under way before says of it isn't news.
    fn stands(&self, now: Timestamp) -> bool {
        self.length.is_some() && !self.is_tried && self.state.until() > now
    }

    /// It rests for longer than that.
    fn rests_past(&self, until: Timestamp) -> bool {
        self.length.is_none() && self.state.until() > until
    }
}

impl CredentialState {
    /// When it may be used again.
    pub(super) fn until(&self) -> Timestamp {
        match self {
            Self::Ready => Timestamp::default(),
            Self::Resting { until } | Self::SetAside { until, .. } => *until,
        }
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::Effect;

    use super::*;
    use crate::testing::TestClock;

    fn check(reason: Reason, retry_after: Option<u64>, seconds: u64) {
        let clock = Arc::new(TestClock::default());
        let states = CredentialStates::new(clock.clone());
        let key: ProviderKey = "acme".parse().unwrap();
        let retry_after = retry_after.map(Duration::from_secs);
        let failure = ProviderError { retry_after, ..ProviderError::new(reason, Effect::NotStarted, "no") };
        states.failed(&key, "main", &failure);
        assert_eq!(states.of(&key, "spare"), CredentialState::Ready, "another isn't touched");
        if seconds > 0 {
            assert_ne!(states.of(&key, "main"), CredentialState::Ready, "{reason:?}");
            clock.advance(Duration::from_secs(seconds));
        }
        assert_eq!(states.of(&key, "main"), CredentialState::Ready, "{reason:?}");
    }

    #[test]
    fn what_a_vendor_says_of_a_credential_lasts_for_its_time() {
        check(Reason::Unauthorized, None, 10);
        check(Reason::OutOfMoney, Some(1), 10);
        check(Reason::RateLimited, Some(90), 90);
        check(Reason::RateLimited, None, 10);
        check(Reason::RateLimited, Some(1_000_000), 24 * 60 * 60);
        check(Reason::Forbidden, None, 0);
        check(Reason::Unavailable, Some(90), 0);
        check(Reason::Refused, None, 0);
    }

    #[test]
    fn a_credential_is_set_aside_for_longer_each_time_that_it_is_refused_again() {
        let clock = Arc::new(TestClock::default());
        let states = CredentialStates::new(clock.clone());
        let key: ProviderKey = "acme".parse().unwrap();
        let refused = ProviderError::new(Reason::Unauthorized, Effect::NotStarted, "no");
        let set_aside_for = || {
            states.failed(&key, "main", &refused);
            let state = states.of(&key, "main");
            let CredentialState::SetAside { since, until, .. } = state.clone() else { panic!("it is ready") };
            // Another piece of work, asked at the same time, hears of it later.
            clock.advance(Duration::from_secs(4));
            states.failed(&key, "main", &refused);
            assert_eq!(states.of(&key, "main"), state);
            clock.advance(until.since(clock.now()));
            until.since(since).as_secs()
        };
        assert_eq!([0; 5].map(|_| set_aside_for()), [10, 40, 160, 600, 600]);
        states.worked(&key, "main");
        assert_eq!(set_aside_for(), 10);
    }

    #[test]
    fn one_piece_of_work_at_a_time_tries_what_was_set_aside() {
        let clock = Arc::new(TestClock::default());
        let states = CredentialStates::new(clock.clone());
        let key: ProviderKey = "acme".parse().unwrap();
        let failed =
            |reason| states.failed(&key, "main", &ProviderError::new(reason, Effect::NotStarted, "no"));
        let is_taken = || states.take(&key, "main").is_none();
        assert!(is_taken() && is_taken(), "nothing is known against it");
        failed(Reason::Unauthorized);
        assert!(!is_taken());
        clock.advance(SET_ASIDE);
        assert_eq!(states.of(&key, "main"), CredentialState::Ready);
        assert!(is_taken() && !is_taken(), "one tries it");
        assert_ne!(states.of(&key, "main"), CredentialState::Ready);
        clock.advance(TRY);
        assert!(is_taken() && !is_taken(), "the first never told");
        failed(Reason::OutOfMoney);
        clock.advance(SET_ASIDE * LONGER - Duration::from_millis(1));
        assert!(!is_taken(), "it was refused once more");
        clock.advance(Duration::from_millis(1));
        assert!(is_taken());
        states.worked(&key, "main");
        assert!(is_taken() && is_taken(), "it works again");
        failed(Reason::RateLimited);
        clock.advance(REST);
        assert!(is_taken() && is_taken(), "a rest needs no try");
    }

    #[test]
    fn a_credential_that_works_or_is_forgiven_is_ready() {
        let states = CredentialStates::new(Arc::new(TestClock::default()));
        let key: ProviderKey = "acme".parse().unwrap();
        let failure = ProviderError::new(Reason::OutOfMoney, Effect::NotStarted, "no");
        let mends: [fn(&CredentialStates, &ProviderKey); 2] =
            [|states, key| states.worked(key, "main"), |states, _key| states.forgive()];
        for mend in mends {
            states.failed(&key, "main", &failure);
            mend(&states, &key);
            assert_eq!(states.of(&key, "main"), CredentialState::Ready);
        }
    }
}
