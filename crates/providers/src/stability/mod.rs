//! Stability's pictures, by v2beta: one route of the vendor's, one model here.
//!
//! Its sound is music and noise, which none of our modalities means; its videos are retired, and whether its older engines
//! are still served isn't known.

mod check;
mod images;
mod models;
mod pictures;
mod provider;
mod results;
mod tasks;
mod words;

use fourfold_domain::Reason;

pub use provider::StabilityProvider;
pub(crate) use provider::construct;

use crate::classify::Codes;

/// The vendor refuses the content.
const CONTENT_MODERATION: &str = "content_moderation";

/// The vendor has blurred the content instead of refusing it, which comes as a success of this finish reason.
const CONTENT_FILTERED: &str = "CONTENT_FILTERED";

/// The names of the vendor's errors, from its page. An account that can't pay was seen under several.
const CODES: Codes = &[
    (CONTENT_MODERATION, Reason::Refused),
    (CONTENT_FILTERED, Reason::Refused),
    ("payment_required", Reason::OutOfMoney),
    ("insufficient_balance", Reason::OutOfMoney),
    ("insufficient_credits", Reason::OutOfMoney),
    ("rate_limit_exceeded", Reason::RateLimited),
];
