//! What the vendors' clients share: how wire types are written down, how streams become values, and how work that
//! takes a while is awaited.

pub(crate) mod events;
mod file;
pub(crate) mod form;
mod media;
mod wait;
mod wire;

pub(crate) use events::Streamed;
pub use file::File;
pub use media::Media;
pub(crate) use wait::{Pace, Stand, until_over};
pub use wait::{Wait, WaitError};
pub(crate) use wire::{open_enum, wire_type};
