//! Runway: videos, pictures and speech of its own and of other makers' models, all made in tasks.

mod assets;
mod fields;
mod film;
mod images;
mod models;
mod provider;
mod speech;
mod tasks;
mod videos;

use fourfold_clients::runway::{DAILY_LIMIT, NO_CREDITS};
use fourfold_domain::Reason;

pub use provider::RunwayProvider;
pub(crate) use provider::construct;

use crate::classify::Codes;

/// What the client tells errors by, and the vendor's codes of tasks that failed, from its page on failures. A code
/// stands for all that begin with it and a dot.
const CODES: Codes = &[
    (NO_CREDITS, Reason::OutOfMoney),
    (DAILY_LIMIT, Reason::RateLimited),
    ("SAFETY", Reason::Refused),
    ("INPUT_PREPROCESSING.SAFETY", Reason::Refused),
    ("THIRD_PARTY.SAFETY", Reason::Refused),
    ("ASSET.INVALID", Reason::InvalidRequest),
    ("THIRD_PARTY.UNAVAILABLE", Reason::Unavailable),
    ("INPUT_PREPROCESSING.INTERNAL", Reason::Failed),
    ("INTERNAL", Reason::Failed),
];
