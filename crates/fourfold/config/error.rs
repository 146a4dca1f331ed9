//! Why a configuration is refused: every problem with the setting, the place where it is written, and what
//! to do. A secret is never quoted.

use std::fmt;

use super::path::SettingPath;
use super::tree::Origin;

/// All that is wrong with a configuration, one line each.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    /// The setting and its place, or the place alone.
    subject: String,
    /// What is wrong and what is allowed.
    message: String,
}

impl Problem {
    /// A setting that is wrong, written at a known place.
    pub(super) fn at(path: &SettingPath, origin: &Origin, message: impl Into<String>) -> Self {
        Self { subject: format!("{path} ({origin})"), message: message.into() }
    }

    /// A file or a variable that is wrong as a whole.
    pub(super) fn of(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { subject: place.to_string(), message: message.into() }
    }
}

impl From<Vec<Problem>> for ConfigError {
    fn from(problems: Vec<Problem>) -> Self {
        Self { problems }
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}
