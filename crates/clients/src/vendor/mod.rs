//! What the vendors' clients share: how wire types are written down, how streams become values, and how work that
//! takes a while is awaited. Each part is built where a vendor's client needs it.

#[cfg(feature = "vendor-base-urls")]
mod base_url;
#[cfg(feature = "vendor-downloads")]
mod download;
#[cfg(feature = "vendor-events")]
pub(crate) mod events;
#[cfg(feature = "vendor-failures")]
mod failure;
#[cfg(feature = "vendor-files")]
mod file;
#[cfg(feature = "vendor-files")]
pub(crate) mod form;
#[cfg(feature = "vendor-lines")]
pub(crate) mod lines;
#[cfg(feature = "vendor-links")]
mod link;
#[cfg(feature = "vendor-media")]
mod media;
#[cfg(feature = "vendor-packed")]
mod packed;
#[cfg(feature = "vendor-tagged")]
mod tagged;
#[cfg(feature = "vendor-waits")]
mod wait;
mod wire;

#[cfg(feature = "vendor-base-urls")]
pub(crate) use base_url::without_version;
#[cfg(feature = "aihubmix")]
pub(crate) use download::REDIRECTS_MAX;
#[cfg(feature = "vendor-downloads")]
pub(crate) use download::download;
#[cfg(feature = "vendor-events")]
pub(crate) use events::Streamed;
#[cfg(feature = "vendor-failures")]
pub(crate) use failure::obey_should_retry;
#[cfg(feature = "vendor-files")]
pub use file::File;
#[cfg(feature = "vendor-links")]
pub(crate) use link::link;
#[cfg(feature = "vendor-media")]
pub use media::Media;
#[cfg(feature = "vendor-packed")]
pub(crate) use packed::unpacked;
#[cfg(feature = "vendor-tagged")]
pub(crate) use tagged::{Tagged, tagged_enum};
#[cfg(feature = "vendor-waits")]
pub(crate) use wait::{Pace, Stand, until_over};
#[cfg(feature = "vendor-waits")]
pub use wait::{Wait, WaitError};
pub(crate) use wire::{open_enum, silent_debug, wire_type};
