//! What the vendors' clients share: how wire types are written down, how streams become values, and how work that
//! takes a while is awaited. Each part is built where a vendor's client needs it.

#[cfg(feature = "openai")]
pub(crate) mod events;
#[cfg(feature = "openai")]
mod failure;
#[cfg(feature = "openai")]
mod file;
#[cfg(feature = "openai")]
pub(crate) mod form;
#[cfg(feature = "openai")]
mod media;
#[cfg(feature = "openai")]
mod wait;
mod wire;

#[cfg(feature = "openai")]
pub(crate) use events::Streamed;
#[cfg(feature = "openai")]
pub(crate) use failure::obey_should_retry;
#[cfg(feature = "openai")]
pub use file::File;
#[cfg(feature = "openai")]
pub use media::Media;
#[cfg(feature = "openai")]
pub(crate) use wait::{Pace, Stand, until_over};
#[cfg(feature = "openai")]
pub use wait::{Wait, WaitError};
pub(crate) use wire::{open_enum, wire_type};
