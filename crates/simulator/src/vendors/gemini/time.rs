//! Times.

use std::time::SystemTime;

/// As Google writes them.
pub(super) fn written(at: SystemTime) -> String {
    humantime::format_rfc3339_micros(at).to_string()
}
