//! Configuration: settings types with their defaults, the layers that fill them, and errors that name the
//! place. Only the entry point reads the environment; it hands it in with [`Sources`].
//!
//! ```text
//! .env, environment ─► variables ──┬─────────► tree ─► coerce ─► Settings
//! fourfold.yaml ─────► yaml ─► interpolate ──►  │
//! settings types ────► shape ──────────────► unknown, docs
//! ```

mod coerce;
mod docs;
mod dot_env;
mod error;
mod interpolate;
mod load;
mod mismatch;
mod path;
mod places;
mod plain_names;
mod schema;
mod secret;
pub(crate) mod settings;
mod shape;
mod tree;
mod unknown;
mod variables;
mod yaml;

pub(crate) use docs::{configuration_markdown, env_example};
pub(crate) use load::{Sources, load};
pub(crate) use places::Places;
pub(crate) use plain_names::PLAIN_NAMES;
pub(crate) use secret::Secret;
pub(crate) use settings::Settings;
