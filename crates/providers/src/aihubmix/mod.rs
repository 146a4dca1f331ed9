//! AIHubMix: the models of many vendors behind OpenAI's wire, with pictures and videos of their own shapes.

mod chat;
mod errors;
mod images;
mod models;
mod provider;
mod settings;
mod task;
mod transcriptions;
mod videos;

use fourfold_domain::Reason;

pub use provider::AihubmixProvider;
pub(crate) use provider::construct;

use crate::classify::Codes;

/// The vendor's codes, from its page on errors, and those of the models' own vendors, which it passes on.
pub(crate) const CODES: Codes = &[
    ("insufficient_user_quota", Reason::OutOfMoney),
    ("no_valid_channel_error", Reason::Unavailable),
    ("prompt_missing", Reason::InvalidRequest),
    ("prompt_too_long", Reason::InvalidRequest),
    ("text_too_long", Reason::InvalidRequest),
    ("size_not_supported", Reason::InvalidRequest),
    ("n_not_within_range", Reason::InvalidRequest),
    ("moderation_blocked", Reason::Refused),
    ("content_policy_violation", Reason::Refused),
    ("content_filter", Reason::Refused),
    ("Request Moderated", Reason::Refused),
    ("Content Moderated", Reason::Refused),
    ("insufficient_system_resource", Reason::Unavailable),
];
