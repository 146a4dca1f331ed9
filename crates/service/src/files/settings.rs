//! How much callers may hand in, and how long it is kept.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

use super::FileUsage;
use crate::error::Refusal;

/// How much callers may hand in, and how long it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FileSettings {
    /// The largest file that is taken, uploaded, in a request or from an address; a larger one is answered 413.
    pub file_bytes_max: u64,
    /// How many files an account may keep.
    pub account_count_max: u64,
    /// How many bytes the files of an account may have together.
    pub account_bytes_max: u64,
    /// How long after its last use a file is deleted that no job needs.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub unused_ttl: Duration,
    /// How long a caller may take to send a file.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub upload_timeout: Duration,
}

/// What an account may keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileLimits {
    /// How many files.
    pub count_max: u64,
    /// How many bytes together.
    pub bytes_max: u64,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            file_bytes_max: 128 * 1024 * 1024,
            account_count_max: 1000,
            account_bytes_max: 2 * 1024 * 1024 * 1024,
            unused_ttl: Duration::from_secs(24 * 60 * 60),
            upload_timeout: Duration::from_secs(10 * 60),
        }
    }
}

impl FileSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let more_than_nothing = || "must be more than nothing".to_owned();
        if self.file_bytes_max == 0 {
            return Err(("files.file_bytes_max", more_than_nothing()));
        }
        if self.upload_timeout.is_zero() {
            return Err(("files.upload_timeout", more_than_nothing()));
        }
        Ok(())
    }

    pub(super) fn limits(&self) -> FileLimits {
        FileLimits { count_max: self.account_count_max, bytes_max: self.account_bytes_max }
    }
}

impl FileLimits {
    /// Refuses what would be more than is allowed, with so much more beside what is there.
    pub(super) fn check(self, there: FileUsage, count: u64, size_bytes: u64) -> Result<(), Refusal> {
        let fits = there.count.saturating_add(count) <= self.count_max
            && there.size_bytes.saturating_add(size_bytes) <= self.bytes_max;
        if fits { Ok(()) } else { Err(Refusal::TooManyFiles(self)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let right = FileSettings::default();
        assert_eq!(right.check(), Ok(()));
        for (wrong, name) in [
            (FileSettings { file_bytes_max: 0, ..right.clone() }, "files.file_bytes_max"),
            (FileSettings { upload_timeout: Duration::ZERO, ..right.clone() }, "files.upload_timeout"),
        ] {
            assert_eq!(wrong.check().map_err(|(place, _)| place), Err(name));
        }
        // An operator who wants no uploads says so by a count of nothing.
        assert_eq!(FileSettings { account_count_max: 0, ..right }.check(), Ok(()));
    }

    #[test]
    fn a_limit_is_reached_and_not_passed() {
        let limits = FileLimits { count_max: 2, bytes_max: 10 };
        let there = FileUsage { count: 1, size_bytes: 4 };
        assert_eq!(limits.check(there, 1, 6), Ok(()));
        for (count, size_bytes) in [(2, 0), (1, 7), (0, u64::MAX), (u64::MAX, 0)] {
            let refusal = Err(Refusal::TooManyFiles(limits));
            assert_eq!(limits.check(there, count, size_bytes), refusal, "{count} {size_bytes}");
        }
    }
}
