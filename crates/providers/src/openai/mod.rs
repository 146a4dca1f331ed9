//! OpenAI, and every vendor that speaks its wire.

pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod images;
pub(crate) mod model_options;
pub(crate) mod models;
mod provider;
mod settings;
pub(crate) mod speech;
pub(crate) mod transcriptions;
pub(crate) mod videos;
pub(crate) mod wire;

use fourfold_domain::Reason;

pub use provider::OpenAiProvider;
pub(crate) use provider::construct;

use crate::classify::Codes;

/// The vendor's codes, from its page on errors.
pub(crate) const CODES: Codes = &[
    ("moderation_blocked", Reason::Refused),
    ("content_policy_violation", Reason::Refused),
    ("content_filter", Reason::Refused),
    ("insufficient_quota", Reason::OutOfMoney),
    ("credit_balance_exhausted", Reason::OutOfMoney),
    ("billing_hard_limit_reached", Reason::OutOfMoney),
    ("model_not_found", Reason::NotFound),
    ("invalid_api_key", Reason::Unauthorized),
    ("rate_limit_exceeded", Reason::RateLimited),
    ("slow_down", Reason::RateLimited),
    ("server_is_overloaded", Reason::Unavailable),
];
