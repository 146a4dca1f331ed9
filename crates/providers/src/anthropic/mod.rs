//! Anthropic, and every vendor that speaks its wire.

mod chat;
mod models;
mod provider;
mod settings;
mod wire;

use fourfold_clients::http::ClientError;
use fourfold_domain::{ProviderError, Reason};

pub use provider::AnthropicProvider;
pub(crate) use provider::construct;

use crate::classify::{Codes, classify};

/// The vendor's types of errors, from its page on its API. Within a stream they are all that there is to go by.
const CODES: Codes = &[
    ("authentication_error", Reason::Unauthorized),
    ("permission_error", Reason::Unauthorized),
    ("billing_error", Reason::OutOfMoney),
    ("invalid_request_error", Reason::InvalidRequest),
    ("request_too_large", Reason::InvalidRequest),
    ("not_found_error", Reason::NotFound),
    (RATE_LIMIT, Reason::RateLimited),
    ("conflict_error", Reason::Unavailable),
    ("api_error", Reason::Unavailable),
    ("overloaded_error", Reason::Unavailable),
    ("timeout_error", Reason::Timeout),
];

const RATE_LIMIT: &str = "rate_limit_error";

/// What an error of the client's means. A limit with a code of its own, such as one on spending, is one that no wait
/// helps with.
fn said(error: ClientError) -> ProviderError {
    let last = error.last();
    let is_limit = last.status().is_some_and(|status| status.as_u16() == 429);
    let is_spent = is_limit && last.code().is_some_and(|code| code != RATE_LIMIT);
    let mut error = classify(CODES, error);
    if is_spent {
        error.reason = Reason::OutOfMoney;
    }
    error
}
