//! How much callers may do: requests and tokens a minute, and how many at a time, of each key and of each account.
//!
//! A request is admitted when its caller is known, and its [`Admission`] goes with it to its end:
//!
//! ```text
//! who calls ──► LimitsService::of ──► Callers limits ──► admit ──► Admission ──► take_tokens ──► used_tokens ──► dropped
//!                                        │ headroom                    (the estimate)    (what was used)   (place given back)
//! ```

mod admission;
mod bucket;
mod gcra;
mod limiter;
mod service;
mod settings;

use std::fmt;

pub use admission::{Admission, CallerLimits, Standing};
pub use bucket::{Headroom, SharedBy};
pub use service::LimitsService;
pub use settings::{LimitSettings, Limits};

/// Whose limit it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitOf {
    /// A key's.
    Key,
    /// An account's.
    Account,
}

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limited {
    /// Requests a minute.
    Requests,
    /// Tokens a minute.
    Tokens,
    /// Requests under way at the same time.
    Concurrency,
}

impl LimitOf {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Account => "account",
        }
    }
}

impl fmt::Display for LimitOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requests => "requests a minute",
            Self::Tokens => "tokens a minute",
            Self::Concurrency => "requests at the same time",
        })
    }
}
