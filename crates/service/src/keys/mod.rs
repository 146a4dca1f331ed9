//! API keys: made once, stored as a hash, revoked, and looked up on each request from memory.

mod key;
mod service;

pub use key::{ApiKey, KeyKind, KeySecret, NewKey};
pub use service::KeysService;
