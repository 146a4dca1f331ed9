//! What a client needs of others who call the same vendor with the same credential, so that all of them together keep
//! to the limit.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::http::auth::Credential;
use crate::http::error::BoxError;

/// Permits on their way.
pub type PermitsOnTheirWay = Pin<Box<dyn Future<Output = Result<TakenPermits, BoxError>> + Send>>;

/// What came of a taking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permits {
    /// So many were taken, from 1 to as many as were wanted.
    Granted(u32),
    /// None was; one may be free after this time.
    After(Duration),
}

/// What came of a taking, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakenPermits {
    /// What came of it.
    pub permits: Permits,
    /// How long after the taking was asked for the answer was there, whenever somebody looked at it.
    pub took: Duration,
}

/// What is wanted of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WantedPermits {
    /// How many calls may begin in any span of `per`.
    pub calls: u32,
    /// The length of the span.
    pub per: Duration,
    /// How many permits at most.
    pub most: u32,
    /// How long after the taking was asked for they are used at the latest; no more than a second. Longer where
    /// answers have taken long.
    pub used_within: Duration,
}

/// Counts the calls of all processes that share credentials. A client that has one takes its permits from it, in
/// blocks; while it errs the client keeps to its share by itself and asks again about once a second.
pub trait SharedRateLimit: Send + Sync {
    /// Takes permits for calls with a credential, by a name that doesn't show it and that every process gives it.
    ///
    /// The taking goes on whether or not anybody looks at it, as a task does, and ends by itself: one that is given up
    /// only loses its permits.
    fn take(&self, credential: &str, wanted: WantedPermits) -> PermitsOnTheirWay;

    /// How many processes call with these credentials, at least 1.
    fn processes(&self) -> u32;

    /// Whether others call with them at all; where none do, the client counts by itself.
    fn is_shared(&self) -> bool {
        true
    }
}

/// The name of a credential at a vendor: 128 bits of a SHA-256 as hex digits.
pub(super) fn name_of(base_url: &Url, credential: &Credential) -> String {
    let mut hasher = Sha256::new();
    hasher.update(base_url.as_str());
    hasher.update([0]);
    hasher.update(credential.secret().unwrap_or_default());
    hasher.finalize().iter().take(16).fold(String::with_capacity(32), |mut name, byte| {
        write!(name, "{byte:02x}").expect("a String takes everything");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::AuthScheme;

    fn name(base_url: &str, key: &str) -> String {
        let credential = Credential::new(&AuthScheme::Bearer(key.to_owned().into())).unwrap();
        name_of(&base_url.parse().unwrap(), &credential)
    }

    #[test]
    fn a_name_is_the_same_for_every_process_and_another_for_every_credential() {
        let known = name("https://vendor.test/v1", "sk-1");
        // Written down, so that a change that splits the processes of a deployment is seen.
        assert_eq!(known, "6486c99e52bfd352a57ddeaf6a5185ec");
        assert_ne!(known, name("https://vendor.test/v1", "sk-2"));
        assert_ne!(known, name("https://other.test/v1", "sk-1"));
    }
}
