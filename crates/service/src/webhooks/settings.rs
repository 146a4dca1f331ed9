//! How webhooks are delivered.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// The most waits that a schedule may have.
const SCHEDULE_MAX: usize = 32;

/// The most deliveries of one process that are on their way at a time.
const IN_FLIGHT_MAX: usize = 10_000;

/// How webhooks are delivered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// How long after each try that failed the next is made, with up to a tenth more by chance; after the last of
    /// them a delivery has failed. 1 to 32 waits.
    #[serde(with = "durations")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub schedule: Vec<Duration>,
    /// How long a receiver may take to answer; more than nothing and at most 5m.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timeout: Duration,
    /// How many deliveries one process has on their way at a time; 1 to 10 000.
    pub in_flight_max: usize,
    /// How many deliveries are on their way to one host and port at a time, so that a slow one keeps up nobody else.
    pub in_flight_per_endpoint_max: usize,
    /// How long deliveries and their tries are kept after the last of a job has ended.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub kept: Duration,
    /// Lets webhooks go anywhere, into the server's own network too, and over plain HTTP. Whoever may submit a job
    /// could then send signed requests to whatever the server can reach.
    pub allow_private_urls: bool,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        let (minute, hour) = (60, 60 * 60);
        let schedule =
            [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
        Self {
            schedule: schedule.map(Duration::from_secs).to_vec(),
            timeout: Duration::from_secs(15),
            in_flight_max: 64,
            in_flight_per_endpoint_max: 4,
            kept: Duration::from_secs(30 * 24 * 60 * 60),
            allow_private_urls: false,
        }
    }
}

impl WebhookSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if !(1..=SCHEDULE_MAX).contains(&self.schedule.len()) {
            return Err(("webhooks.schedule", format!("must have 1 to {SCHEDULE_MAX} waits")));
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_secs(5 * 60) {
            return Err(("webhooks.timeout", "must be more than nothing and at most 5m".to_owned()));
        }
        if !(1..=IN_FLIGHT_MAX).contains(&self.in_flight_max) {
            return Err(("webhooks.in_flight_max", format!("must be from 1 to {IN_FLIGHT_MAX}")));
        }
        if !(1..=self.in_flight_max).contains(&self.in_flight_per_endpoint_max) {
            let allowed = "must be from 1 to webhooks.in_flight_max".to_owned();
            return Err(("webhooks.in_flight_per_endpoint_max", allowed));
        }
        Ok(())
    }

    /// How long the right to a delivery lasts: a try, and time to write down what came of it.
    pub(super) fn lease(&self) -> Duration {
        self.timeout + Duration::from_secs(15)
    }
}

/// A list of durations.
mod durations {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Written(#[serde(with = "fourfold_domain::serde_duration")] Duration);

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
        let written = Vec::<Written>::deserialize(deserializer)?;
        Ok(written.into_iter().map(|written| written.0).collect())
    }

    pub(super) fn serialize<S: Serializer>(waits: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(waits.iter().map(|wait| Written(*wait)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let right = WebhookSettings::default();
        assert_eq!(right.check(), Ok(()));
        let seconds = Duration::from_secs;
        for (wrong, name) in [
            (WebhookSettings { schedule: Vec::new(), ..right.clone() }, "webhooks.schedule"),
            (WebhookSettings { schedule: vec![seconds(1); 33], ..right.clone() }, "webhooks.schedule"),
            (WebhookSettings { timeout: Duration::ZERO, ..right.clone() }, "webhooks.timeout"),
            (WebhookSettings { timeout: seconds(301), ..right.clone() }, "webhooks.timeout"),
            (WebhookSettings { in_flight_max: 0, ..right.clone() }, "webhooks.in_flight_max"),
            (
                WebhookSettings { in_flight_per_endpoint_max: 0, ..right.clone() },
                "webhooks.in_flight_per_endpoint_max",
            ),
            (
                WebhookSettings { in_flight_per_endpoint_max: 65, ..right.clone() },
                "webhooks.in_flight_per_endpoint_max",
            ),
        ] {
            assert_eq!(wrong.check().map_err(|(place, _)| place), Err(name), "{wrong:?}");
        }
    }

    #[test]
    fn a_schedule_is_written_as_people_write_durations() {
        let written = json!({"schedule": ["200ms", 3, "5m"]});
        let settings: WebhookSettings = serde_json::from_value(written).unwrap();
        let (millis, seconds) = (Duration::from_millis, Duration::from_secs);
        assert_eq!(settings.schedule, [millis(200), seconds(3), seconds(300)]);
        assert_eq!(serde_json::to_value(settings).unwrap()["schedule"], json!(["200ms", "3s", "5m"]));
    }
}
