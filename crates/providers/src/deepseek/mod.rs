//! DeepSeek, which speaks OpenAI's wire and thinks before it answers.
//!
//! Filling in what is missing between two texts (`/beta/completions`) is no chat and isn't offered. Nor is `user_id`:
//! whoever may choose it shares what the vendor has cached for another.

mod chat;
mod models;
mod provider;

use fourfold_clients::deepseek::INSUFFICIENT_SYSTEM_RESOURCE;
use fourfold_domain::Reason;

pub use provider::DeepSeekProvider;
pub(crate) use provider::construct;

use crate::classify::Codes;

/// The vendor's codes, from its page. Its errors have codes that say nothing, so their status counts: 402 is an
/// account without money.
pub(crate) const CODES: Codes = &[(INSUFFICIENT_SYSTEM_RESOURCE, Reason::Unavailable)];
