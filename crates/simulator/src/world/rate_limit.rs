//! How many requests a key may send.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use crate::{RateLimit, Vendor};

/// Remembers when each key sent its newest requests, so that no stretch of time holds too many.
pub(crate) struct RateLimits {
    limits: BTreeMap<Vendor, RateLimit>,
    sent_at: BTreeMap<(Vendor, String), VecDeque<SystemTime>>,
}

impl RateLimits {
    /// With what the vendors document, but for those that are named here.
    pub(crate) fn new(changed: &BTreeMap<Vendor, Option<RateLimit>>) -> Self {
        let limit = |vendor: Vendor| changed.get(&vendor).copied().unwrap_or(vendor.documented_rate_limit());
        let limits = Vendor::ALL.into_iter().filter_map(|vendor| Some((vendor, limit(vendor)?))).collect();
        Self { limits, sent_at: BTreeMap::new() }
    }

    pub(crate) fn set(&mut self, vendor: Vendor, limit: Option<RateLimit>) {
        match limit {
            Some(limit) => self.limits.insert(vendor, limit),
            None => self.limits.remove(&vendor),
        };
    }

    /// Counts a request; where it is one too many, counts nothing and says how long to wait.
    pub(crate) fn admit(&mut self, vendor: Vendor, key: &str, now: SystemTime) -> Result<(), Duration> {
        let Some(limit) = self.limits.get(&vendor) else { return Ok(()) };
        let sent_at = self.sent_at.entry((vendor, key.to_owned())).or_default();
        let ago = |at: &SystemTime| now.duration_since(*at).unwrap_or_default();
        while sent_at.front().is_some_and(|at| ago(at) >= limit.per) {
            sent_at.pop_front();
        }
        if sent_at.len() < limit.requests {
            sent_at.push_back(now);
            return Ok(());
        }
        Err(sent_at.front().map_or(limit.per, |oldest| limit.per - ago(oldest)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn no_stretch_of_time_holds_too_many() {
        let limit = RateLimit { requests: 2, per: Duration::from_secs(10) };
        let mut limits = RateLimits::new(&BTreeMap::from([(Vendor::OpenAi, Some(limit))]));
        let mut admit = |key, seconds| {
            limits
                .admit(Vendor::OpenAi, key, UNIX_EPOCH + Duration::from_secs(seconds))
                .map_err(|wait| wait.as_secs())
        };
        assert_eq!(admit("one", 0), Ok(()));
        assert_eq!(admit("one", 6), Ok(()));
        assert_eq!(admit("one", 9), Err(1));
        assert_eq!(admit("other", 9), Ok(()));
        assert_eq!(admit("one", 10), Ok(()));
        assert_eq!(admit("one", 11), Err(5));
    }
}
