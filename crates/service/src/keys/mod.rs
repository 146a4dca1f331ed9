//! Who calls: API keys, made once, stored as a hash, rotated, revoked, and looked up on each request from memory.

mod allowed_models;
mod identity;
mod issue;
mod key;
mod request;
mod scope;
mod service;

pub use allowed_models::AllowedModels;
pub use identity::{Identity, TokenUser};
pub use issue::Issued;
pub use key::{ApiKey, KeyChange, KeyKind, KeyRotation, KeySecret, NewKey, PreviousSecret};
pub use request::{KeyIdempotency, KeyRequest, SecretSource};
pub use scope::{Scope, ScopeSet, Scopes};
pub use service::KeysService;
