//! Settings that can't be.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::InvalidTransformer;

/// A setting out of its bounds: its place, and what is allowed. Holds no secret.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place} {allowed}")]
pub struct InvalidSetting {
    /// The place, such as `forward.targets.openai.base_url`.
    pub place: String,
    /// Completes the sentence that begins with the place.
    pub allowed: String,
}

impl InvalidSetting {
    pub(super) fn new(place: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { place: place.into(), allowed: allowed.into() }
    }

    /// The same, seen from outside of a section.
    pub(super) fn within(self, section: impl Display) -> Self {
        let place = match self.place.as_str() {
            "" => section.to_string(),
            place => format!("{section}.{place}"),
        };
        Self { place, ..self }
    }
}

impl From<InvalidTransformer> for InvalidSetting {
    fn from(error: InvalidTransformer) -> Self {
        Self { place: error.part, allowed: error.allowed }
    }
}

/// An error unless a setting is left out or in its bounds.
pub(super) fn check_range<T: PartialOrd + Display>(
    place: &str,
    value: Option<T>,
    bounds: RangeInclusive<T>,
) -> Result<(), InvalidSetting> {
    match value {
        Some(value) if !bounds.contains(&value) => {
            let allowed = format!("must be from {} to {}", bounds.start(), bounds.end());
            Err(InvalidSetting::new(place, allowed))
        }
        _ => Ok(()),
    }
}

/// An error unless a duration is left out or at most this long.
pub(super) fn check_at_most(
    place: &str,
    value: Option<Duration>,
    most: Duration,
) -> Result<(), InvalidSetting> {
    match value {
        Some(value) if value > most => {
            let allowed = match most {
                DAY => "must be at most a day".to_owned(),
                most => format!("must be at most {} minutes", most.as_secs() / 60),
            };
            Err(InvalidSetting::new(place, allowed))
        }
        _ => Ok(()),
    }
}

/// An error unless a duration is left out, or something and at most a day.
pub(super) fn check_some_time(place: &str, value: Option<Duration>) -> Result<(), InvalidSetting> {
    match value {
        Some(Duration::ZERO) => Err(InvalidSetting::new(place, "must be more than zero")),
        value => check_at_most(place, value, DAY),
    }
}

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(super) const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);
