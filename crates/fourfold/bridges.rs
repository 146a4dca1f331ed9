//! Where two layers meet that don't know each other: ports of one, filled with parts of another.

mod keys;
mod limits;
mod media;
mod providers;
mod recorder;
mod webhooks;

pub(crate) use keys::HttpKeys;
pub(crate) use limits::VendorLimits;
pub(crate) use media::HttpMedia;
pub(crate) use providers::{LiveProviders, ProviderTable};
pub(crate) use webhooks::HttpWebhooks;
