//! What is known of the vendors' credentials: one that is bad or out of money is set aside, one that has asked
//! too much rests. Known to this process and forgotten with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fourfold_domain::{ProviderError, ProviderKey, Reason};

use crate::{Clock, Timestamp};

/// How long a credential is set aside before one piece of work may try it again: a vendor may be wrong once. Each time
/// that it is refused once more, that is [`LONGER`] times as long.
const SET_ASIDE: Duration = Duration::from_secs(10);

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
    troubled: Arc<Mutex<BTreeMap<(ProviderKey, String), CredentialState>>>,
}

impl CredentialStates {
    /// All are ready.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, troubled: Arc::default() }
    }

    /// Whether this one can be used now.
    pub fn of(&self, provider: &ProviderKey, credential: &str) -> CredentialState {
        let troubled = self.troubled();
        let state = troubled.get(&(provider.clone(), credential.to_owned()));
        state.filter(|state| state.until() > self.clock.now()).cloned().unwrap_or(CredentialState::Ready)
    }

    /// Makes all of them ready again: the operator has acted.
    pub fn forgive(&self) {
        self.troubled().clear();
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn worked(&self, provider: &ProviderKey, credential: &str) {
        if self.troubled().remove(&(provider.clone(), credential.to_owned())).is_some() {
            tracing::info!(%provider, credential, "a credential works again");
        }
    }

    pub(super) fn failed(&self, provider: &ProviderKey, credential: &str, failure: &ProviderError) {
        let now = self.clock.now();
        let mut troubled = self.troubled();
        let known = troubled.get(&(provider.clone(), credential.to_owned()));
        let state = match failure.reason {
            Reason::Unauthorized | Reason::OutOfMoney => {
                let length = known.map_or(SET_ASIDE, |known| known.next_length(now));
                tracing::error!(%provider, credential, reason = failure.reason.as_str(), message = failure.message,
                    for_ms = length.as_millis(),
                    "a credential is set aside; mend it at the vendor or in the configuration, then reload");
                CredentialState::SetAside {
                    since: now,
                    until: now.after(length),
                    reason: failure.reason,
                    message: failure.message.clone(),
                }
            }
            Reason::RateLimited => {
                let rest = failure.retry_after.unwrap_or(REST).min(REST_MAX);
                tracing::warn!(%provider, credential, rest_ms = rest.as_millis(), "a credential rests");
                CredentialState::Resting { until: now.after(rest) }
            }
            _ => return,
        };
        let labels = [
            ("provider", provider.to_string()),
            ("credential", credential.to_owned()),
            ("reason", failure.reason.as_str().to_owned()),
        ];
        metrics::counter!("fourfold_credential_troubles_total", &labels).increment(1);
        // One that is set aside isn't taken back for a rest that ends sooner.
        if known.is_none_or(|known| known.until() <= state.until()) {
            troubled.insert((provider.clone(), credential.to_owned()), state);
        }
    }

    fn troubled(&self) -> MutexGuard<'_, BTreeMap<(ProviderKey, String), CredentialState>> {
        self.troubled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CredentialState {
    /// How long one of this state is set aside that is refused now. Work that was under way when it was set aside
    /// says nothing new.
    fn next_length(&self, now: Timestamp) -> Duration {
        match self {
            Self::SetAside { until, .. } if *until > now => until.since(now),
            Self::SetAside { since, until, .. } => (until.since(*since) * LONGER).min(SET_ASIDE_MAX),
            Self::Ready | Self::Resting { .. } => SET_ASIDE,
        }
    }

    fn until(&self) -> Timestamp {
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
            // Another piece of work, asked at the same time.
            states.failed(&key, "main", &refused);
            let CredentialState::SetAside { until, .. } = states.of(&key, "main") else {
                panic!("it is ready")
            };
            let length = until.since(clock.now());
            clock.advance(length);
            length.as_secs()
        };
        assert_eq!([0; 5].map(|_| set_aside_for()), [10, 40, 160, 600, 600]);
        states.worked(&key, "main");
        assert_eq!(set_aside_for(), 10);
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
