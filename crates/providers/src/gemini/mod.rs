//! Google's Gemini: chats, vectors, pictures and speech by its contents, videos by its interactions.
//!
//! It offers no transcription: the vendor has no service for it and gives no times. A chat takes sounds, so a model that
//! listens can be asked for their words there.

mod chat;
mod embeddings;
mod images;
mod inline;
mod models;
mod provider;
mod safety;
mod speech;
mod videos;

use fourfold_clients::http::ClientError;
use fourfold_domain::{ProviderError, Reason};

pub use provider::GeminiProvider;
pub(crate) use provider::construct;

use crate::classify::{Codes, classify};

/// The vendor's codes, from its page on errors: the reasons that details have, the words of its statuses, and
/// interactions' own, which are in lower case. An error within a stream has nothing else to go by.
const CODES: Codes = &[
    // Its status is 400.
    ("API_KEY_INVALID", Reason::Unauthorized),
    ("UNAUTHENTICATED", Reason::Unauthorized),
    ("PERMISSION_DENIED", Reason::Forbidden),
    ("permission_denied", Reason::Forbidden),
    // The account's region or billing, of which a caller knows nothing.
    ("FAILED_PRECONDITION", Reason::Forbidden),
    ("INVALID_ARGUMENT", Reason::InvalidRequest),
    ("invalid_request", Reason::InvalidRequest),
    ("NOT_FOUND", Reason::NotFound),
    ("RESOURCE_EXHAUSTED", Reason::RateLimited),
    ("CANCELLED", Reason::Unavailable),
    ("INTERNAL", Reason::Unavailable),
    ("UNAVAILABLE", Reason::Unavailable),
    ("DEADLINE_EXCEEDED", Reason::Timeout),
];

fn said(error: ClientError) -> ProviderError {
    classify(CODES, error)
}
