//! Limits that all processes keep together, by Redis's own clock. A key is forgotten once its window has run empty.

use std::time::Duration;

use async_trait::async_trait;
use redis::Script;

use super::RedisLink;
use crate::ports::{LimitsError, Permits, Rate, SharedLimits, Taking};

/// Limits that all processes keep together.
pub struct RedisLimits {
    link: RedisLink,
    take: Script,
    give_back: Script,
}

impl RedisLimits {
    /// Limits on this Redis.
    pub fn new(link: RedisLink) -> Self {
        // It is seen before it counts.
        takings_lost().increment(0);
        Self {
            link,
            take: Script::new(include_str!("limits.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
        }
    }
}

#[async_trait]
impl SharedLimits for RedisLimits {
    async fn take(&self, key: &str, taking: Taking) -> Result<Permits, LimitsError> {
        let Taking { rate, least, most, used_within } = taking.bounded();
        let mut script = self.take.prepare_invoke();
        script.key(self.link.key(&format!("limit:{key}")));
        script.arg(rate.count).arg(millis(rate.per)).arg(least).arg(most).arg(millis(used_within));
        match self.link.run::<(u32, u64)>(&script).await {
            Ok((0, wait)) => Ok(Permits::After(Duration::from_millis(wait))),
            Ok((count, left)) => {
                Ok(Permits::Granted { count, left: u32::try_from(left).unwrap_or(u32::MAX) })
            }
            Err(error) => {
                takings_lost().increment(1);
                Err(LimitsError(error.into()))
            }
        }
    }

    async fn give_back(&self, key: &str, _rate: Rate, count: u32) -> Result<(), LimitsError> {
        let mut script = self.give_back.prepare_invoke();
        script.key(self.link.key(&format!("limit:{key}"))).arg(count);
        self.link.run::<()>(&script).await.map_err(|error| {
            takings_lost().increment(1);
            LimitsError(error.into())
        })
    }

    async fn health(&self) -> Result<(), String> {
        self.link.health().await
    }
}

/// Counts what couldn't be taken, since Redis didn't answer.
fn takings_lost() -> metrics::Counter {
    metrics::counter!("fourfold_limit_takings_lost_total")
}

/// Rounded up.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
