//! Durations as people write them in settings: `"200ms"`, `"3s"`, `"10m"`, `"24h"`; bare numbers are seconds.

use std::time::Duration;

use crate::InvalidName;

const ALLOWED: InvalidName = InvalidName::new(
    "duration",
    "a number with ms, s, m or h such as \"200ms\" or \"3s\" (bare numbers are seconds)",
);

/// Reads a duration; see the module for the forms.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidName> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().map_err(|_| ALLOWED)?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(ALLOWED),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| ALLOWED)
}

/// Writes a duration in the largest unit that is whole: `90s`, `24h`, `200ms`.
pub fn duration_text(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 1000 != 0 || millis == 0 => format!("{millis}ms"),
        millis if millis % 3_600_000 == 0 => format!("{}h", millis / 3_600_000),
        millis if millis % 60_000 == 0 => format!("{}m", millis / 60_000),
        millis => format!("{}s", millis / 1000),
    }
}

/// For `#[serde(with = "serde_duration")]` on settings.
pub mod serde_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Reads a string or a bare number of seconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Seconds(f64),
            Text(String),
        }
        let text =
            match Written::deserialize(deserializer).map_err(|_| serde::de::Error::custom(super::ALLOWED))? {
                Written::Seconds(seconds) => seconds.to_string(),
                Written::Text(text) => text,
            };
        super::parse_duration(&text).map_err(serde::de::Error::custom)
    }

    /// Writes the form that people read.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::duration_text(*duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_people_write_are_read() {
        for (text, millis) in
            [("200ms", 200), ("3s", 3000), ("10m", 600_000), ("24h", 86_400_000), ("5", 5000), ("0.5", 500)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["", "s", "-1", "3 days", "1e9999", "3d"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn text_is_read_back() {
        for text in ["200ms", "90s", "10m", "24h", "0ms"] {
            assert_eq!(duration_text(parse_duration(text).unwrap()), text);
        }
    }
}
