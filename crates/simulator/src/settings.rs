//! What a simulator is told at its start.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Vendor;

/// The settings of a simulator. The default is the vendor at its best: every key is right and nothing takes
/// time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulatorSettings {
    /// The right keys of each vendor. A vendor that isn't named takes any key that isn't empty.
    pub keys: BTreeMap<Vendor, Vec<String>>,
    /// Names of models that every vendor has besides its own, for every kind of work.
    pub extra_models: Vec<String>,
    /// How long things take.
    pub timings: Timings,
    /// How many requests a key may send. A vendor that isn't named has the limit that it documents.
    pub rate_limits: BTreeMap<Vendor, Option<RateLimit>>,
    /// What the account behind each key may do, at vendors that count it: Runway. A vendor that isn't named gives
    /// each key its largest account.
    pub accounts: BTreeMap<Vendor, Account>,
    /// Which time it is.
    pub clock: Clock,
    /// How many requests are remembered; the oldest are forgotten first. Default 10 000.
    pub received_max: usize,
    /// How much of a request's body is remembered. Default 1 MiB.
    pub received_body_bytes_max: usize,
    /// How much of all bodies together is remembered. Default 64 MiB.
    pub received_bodies_bytes_max: usize,
}

/// How long things take. What isn't said takes no time; what is over 10 years takes 10 years.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timings {
    /// From a request to its answer.
    #[serde(with = "duration_text")]
    pub answer: Duration,
    /// Between two events of a stream, or two pieces of audio.
    #[serde(with = "duration_text")]
    pub pace: Duration,
    /// How long a task waits before it runs.
    #[serde(with = "duration_text")]
    pub task_queued: Duration,
    /// How long a task runs.
    #[serde(with = "duration_text")]
    pub task_running: Duration,
    /// How long a task's result is kept. Default 24 hours.
    #[serde(with = "duration_text")]
    pub results_kept: Duration,
    /// How long a link to media works. Default 1 hour.
    #[serde(with = "duration_text")]
    pub links_work: Duration,
    /// How often a link to media redirects before the bytes come.
    pub link_redirects: u32,
}

/// At most so many requests in any stretch of time of this length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many requests.
    pub requests: usize,
    /// In which time.
    #[serde(with = "duration_text")]
    pub per: Duration,
}

/// What an account may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// How many of the vendor's credits it begins with.
    pub credits: u64,
    /// How many generations of a model run at once; the others wait.
    pub generations_at_once: usize,
    /// How many generations of a model it may ask for in any 24 hours.
    pub generations_daily: u64,
}

/// Which time it is for the vendors. [`Simulator::advance`](crate::Simulator::advance) moves either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Starts at the machine's time and goes with the runtime's clock, so that tokio's paused time pauses it.
    Running,
    /// Stands at this time.
    Fixed(SystemTime),
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            extra_models: Vec::new(),
            timings: Timings::default(),
            rate_limits: BTreeMap::new(),
            accounts: BTreeMap::new(),
            clock: Clock::Running,
            received_max: 10_000,
            received_body_bytes_max: 1 << 20,
            received_bodies_bytes_max: 64 << 20,
        }
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            answer: Duration::ZERO,
            pace: Duration::ZERO,
            task_queued: Duration::ZERO,
            task_running: Duration::ZERO,
            results_kept: Duration::from_secs(24 * 60 * 60),
            links_work: Duration::from_secs(60 * 60),
            link_redirects: 0,
        }
    }
}

/// The longest time that the simulator is told: 10 years. It keeps every date that comes of it one that a vendor
/// could write.
pub(crate) const DURATION_MAX: Duration = Duration::from_secs(10 * 31_557_600);

/// The duration, or a sentence that names the field where it is too long.
pub(crate) fn at_most_max(field: &str, duration: Duration) -> Result<Duration, String> {
    let is_too_long = duration > DURATION_MAX;
    if is_too_long { Err(format!("`{field}` must be at most 10 years")) } else { Ok(duration) }
}

impl Timings {
    /// The same, where nothing is longer than [`DURATION_MAX`].
    pub(crate) fn clamped(mut self) -> Self {
        for (_, duration) in self.durations_mut() {
            *duration = DURATION_MAX.min(*duration);
        }
        self
    }

    /// Names the first one that is too long.
    pub(crate) fn checked(mut self) -> Result<Self, String> {
        for (name, duration) in self.durations_mut() {
            at_most_max(name, *duration)?;
        }
        Ok(self)
    }

    fn durations_mut(&mut self) -> [(&'static str, &mut Duration); 6] {
        let Self { answer, pace, task_queued, task_running, results_kept, links_work, link_redirects: _ } =
            self;
        [
            ("answer", answer),
            ("pace", pace),
            ("task_queued", task_queued),
            ("task_running", task_running),
            ("results_kept", results_kept),
            ("links_work", links_work),
        ]
    }
}

/// Durations as people write them: `200ms`, `1m 30s`.
pub(crate) mod duration_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(|problem| {
            de::Error::custom(format!("`{text}` is no duration such as `200ms` or `3s`: {problem}"))
        })
    }
}
