//! Times as our own routes write them: RFC 3339 in UTC.

use std::time::{Duration, UNIX_EPOCH};

use fourfold_service::Timestamp;

/// With milliseconds.
pub(crate) fn write(at: Timestamp) -> String {
    let since_epoch = Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string()
}

/// A time since 1970.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let since_epoch = humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok().map(Timestamp::from_millis)
}
