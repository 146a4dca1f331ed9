//! How the usage log is kept.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// The most rows that may wait to be written.
const WAITING_MAX: usize = 1_000_000;

/// The longest that rows may be gathered.
const GATHER_MAX: Duration = Duration::from_secs(60);

/// How the usage log is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct UsageSettings {
    /// How long a row is kept after its call or job has ended. 0 keeps them for good.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub retention: Duration,
    /// How long rows are gathered before they are written together, unless there are 500 sooner; more than nothing and at
    /// most 1m. As much of the log is lost when the process dies.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub gather: Duration,
    /// How many rows of a process may wait to be written, while its database is slow or gone; what comes then is lost,
    /// and counted by `fourfold_usage_rows_lost_total`. 1 to 1 000 000.
    pub waiting_max: usize,
}

impl Default for UsageSettings {
    fn default() -> Self {
        Self {
            retention: Duration::from_secs(90 * 24 * 60 * 60),
            gather: Duration::from_secs(1),
            waiting_max: 10_000,
        }
    }
}

impl UsageSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.gather.is_zero() || self.gather > GATHER_MAX {
            return Err(("usage.gather", "must be more than nothing and at most 1m".to_owned()));
        }
        if !(1..=WAITING_MAX).contains(&self.waiting_max) {
            return Err(("usage.waiting_max", format!("must be from 1 to {WAITING_MAX}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let right = UsageSettings::default();
        assert_eq!(right.check(), Ok(()));
        for (wrong, name) in [
            (UsageSettings { gather: Duration::ZERO, ..right.clone() }, "usage.gather"),
            (UsageSettings { gather: Duration::from_secs(61), ..right.clone() }, "usage.gather"),
            (UsageSettings { waiting_max: 0, ..right.clone() }, "usage.waiting_max"),
            (UsageSettings { waiting_max: 1_000_001, ..right.clone() }, "usage.waiting_max"),
        ] {
            assert_eq!(wrong.check().map_err(|(place, _)| place), Err(name), "{wrong:?}");
        }
    }
}
