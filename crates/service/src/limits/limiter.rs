//! The limits of one key or one account, as this process keeps them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::bucket::{Bucket, Headroom, SharedBy};
use super::{LimitOf, Limited, Limits};
use crate::ServiceError;

/// How soon a caller with too much under way may try again.
const AGAIN: Duration = Duration::from_secs(1);

/// The limits of one key or one account.
pub(super) struct Limiter {
    of: LimitOf,
    requests: Bucket,
    tokens: Bucket,
    under_way: AtomicU32,
}

impl Limiter {
    /// Of the key or account that has this name among processes.
    pub(super) fn new(of: LimitOf, name: &str) -> Self {
        let of_name = of.as_str();
        Self {
            of,
            requests: Bucket::new(format!("{of_name}:{name}:requests").into()),
            tokens: Bucket::new(format!("{of_name}:{name}:tokens").into()),
            under_way: AtomicU32::new(0),
        }
    }

    /// Takes a place among what is under way. Each process has its share of them.
    pub(super) fn enter(&self, limits: &Limits, shared: Option<&SharedBy>) -> Result<(), ServiceError> {
        let Some(concurrency) = limits.concurrency else {
            self.under_way.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        let share = shared.map_or(concurrency, |shared| (concurrency / shared.live.count()).max(1));
        let enter = |under_way: u32| (under_way < share).then_some(under_way + 1);
        match self.under_way.fetch_update(Ordering::AcqRel, Ordering::Relaxed, enter) {
            Ok(_before) => Ok(()),
            Err(_full) => Err(self.refuse(Limited::Concurrency, concurrency, AGAIN)),
        }
    }

    /// Gives the place back.
    pub(super) fn leave(&self) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// Takes one request.
    pub(super) async fn take_request(
        &self,
        limits: &Limits,
        shared: Option<&SharedBy>,
    ) -> Result<(), ServiceError> {
        let Some(a_minute) = limits.requests_per_minute else { return Ok(()) };
        let taken = self.requests.take(1, a_minute, shared).await;
        taken.map_err(|wait| self.refuse(Limited::Requests, a_minute, wait))
    }

    /// Gives one request back.
    pub(super) async fn give_request_back(&self, limits: &Limits, shared: Option<&SharedBy>) {
        if let Some(a_minute) = limits.requests_per_minute {
            self.requests.give_back(1, a_minute, shared).await;
        }
    }

    /// Takes so many tokens.
    pub(super) async fn take_tokens(
        &self,
        tokens: u64,
        limits: &Limits,
        shared: Option<&SharedBy>,
    ) -> Result<(), ServiceError> {
        let Some(a_minute) = limits.tokens_per_minute else { return Ok(()) };
        let taken = self.tokens.take(tokens, a_minute, shared).await;
        taken.map_err(|wait| self.refuse(Limited::Tokens, a_minute, wait))
    }

    /// Makes what was taken what was used.
    pub(super) async fn correct_tokens(
        &self,
        taken: u64,
        used: u64,
        limits: &Limits,
        shared: Option<&SharedBy>,
    ) {
        let Some(a_minute) = limits.tokens_per_minute else { return };
        // No more was taken than there ever is.
        let taken = taken.min(a_minute.into());
        if used > taken {
            self.tokens.owe(used - taken, a_minute, shared).await;
        } else if taken > used {
            self.tokens.give_back(taken - used, a_minute, shared).await;
        }
    }

    /// What is left of its requests.
    pub(super) fn requests(&self, limits: &Limits, shared: Option<&SharedBy>) -> Option<Headroom> {
        limits.requests_per_minute.map(|a_minute| self.requests.headroom(a_minute, shared))
    }

    /// What is left of its tokens.
    pub(super) fn tokens(&self, limits: &Limits, shared: Option<&SharedBy>) -> Option<Headroom> {
        limits.tokens_per_minute.map(|a_minute| self.tokens.headroom(a_minute, shared))
    }

    /// Whether nothing would be forgotten with it.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && self.requests.is_idle() && self.tokens.is_idle()
    }

    fn refuse(&self, limited: Limited, limit: u32, retry_after: Duration) -> ServiceError {
        ServiceError::LimitExceeded { of: self.of, limited, limit, retry_after }
    }
}
