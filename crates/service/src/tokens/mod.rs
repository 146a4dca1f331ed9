//! Tokens of others: who signs them is configured, and the user that they name is one of ours.
//!
//! A token counts where its algorithm is the one of its issuer's key, its signature is right, its issuer and audience are
//! as configured, and it has begun and not expired. HS256 goes by the shared secret alone, RS256 and ES256 by the
//! issuer's key set alone, so that neither can pass for the other.

mod key_set;
mod settings;
mod verifier;

pub use settings::{AuthSettings, IssuerSettings, SupabaseSettings};
pub use verifier::TokenVerifier;
