//! Numbers that the vendor's channels write in two ways.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number, as it is written: as such, or as a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// As a number.
    Plain(serde_json::Number),
    /// As a text, such as `5` or `30%`.
    Text(String),
}

impl Number {
    /// The number, or the one that the text begins with but for a `%`; none for any other text.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Plain(number) => number.as_f64(),
            Self::Text(text) => text.trim().trim_end_matches('%').parse().ok(),
        }
    }

    /// The number, if it is a whole one.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Plain(number) => number.as_u64(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self::Plain(number.into())
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Number {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
