//! How jobs are worked on.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// The most jobs that one process works on at a time.
const WORKERS_MAX: usize = 10_000;

/// How jobs are worked on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct JobSettings {
    /// How many jobs one process works on at a time; 1 to 10 000.
    pub workers: usize,
    /// How long a worker's right to a job lasts, unless it is renewed. At least `send_margin` and 5 s.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub lease: Duration,
    /// How often leases are renewed; at most a third of `lease`.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub renew: Duration,
    /// How often what was forgotten by the queue is looked for.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub sweep: Duration,
    /// A vendor is only asked while this much of the lease is left: its connect timeout and 5 s.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub send_margin: Duration,
    /// How long after a failed attempt the next begins; doubles with each.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub backoff: Duration,
    /// The longest pause between two looks at a vendor's task, whatever the vendor advises.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub poll_max: Duration,
    /// How many jobs of one account are worked on at a time; the others wait until one of them ends. 0 is no limit.
    pub account_max: u32,
    /// How many looks at vendors' tasks one process has under way at a time; 1 to 10 000.
    pub polls: usize,
    /// How long a vendor is still asked, at a tenth of the rate, what became of a task whose job has expired: what
    /// it delivers then is the operator's loss. 0 asks no more.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub late_poll: Duration,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            workers: 64,
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            send_margin: Duration::from_secs(10),
            backoff: Duration::from_secs(1),
            poll_max: Duration::from_secs(60 * 60),
            account_max: 100,
            polls: 1_000,
            late_poll: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl JobSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if !(1..=WORKERS_MAX).contains(&self.workers) {
            return Err(("jobs.workers", format!("must be from 1 to {WORKERS_MAX}")));
        }
        if !(1..=WORKERS_MAX).contains(&self.polls) {
            return Err(("jobs.polls", format!("must be from 1 to {WORKERS_MAX}")));
        }
        if self.lease < self.send_margin + Duration::from_secs(5) && !self.send_margin.is_zero() {
            return Err(("jobs.lease", "must be at least jobs.send_margin and 5s".to_owned()));
        }
        if self.renew.is_zero() || self.renew * 3 > self.lease {
            return Err((
                "jobs.renew",
                "must be more than nothing and at most a third of jobs.lease".to_owned(),
            ));
        }
        if self.sweep.is_zero() {
            return Err(("jobs.sweep", "must be more than nothing".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let right = JobSettings::default();
        assert_eq!(right.check(), Ok(()));
        let seconds = Duration::from_secs;
        for (wrong, name) in [
            (JobSettings { workers: 0, ..right.clone() }, "jobs.workers"),
            (JobSettings { polls: 0, ..right.clone() }, "jobs.polls"),
            (JobSettings { lease: seconds(14), ..right.clone() }, "jobs.lease"),
            (JobSettings { renew: seconds(11), ..right.clone() }, "jobs.renew"),
            (JobSettings { renew: Duration::ZERO, ..right.clone() }, "jobs.renew"),
            (JobSettings { sweep: Duration::ZERO, ..right.clone() }, "jobs.sweep"),
        ] {
            assert_eq!(wrong.check().map_err(|(place, _)| place), Err(name), "{wrong:?}");
        }
        // Tests shorten all of them.
        let short = Duration::from_millis(30);
        let settings = JobSettings { lease: short, renew: short / 3, send_margin: Duration::ZERO, ..right };
        assert_eq!(settings.check(), Ok(()));
    }
}
