//! Where two layers meet that don't know each other: ports of one, filled with parts of another.

mod forward;
mod forward_meter;
mod forward_recorder;
mod keys;
mod limits;
mod media;
mod providers;
mod recorder;
mod webhooks;

use fourfold_forward::CollectBudget;

pub(crate) use forward::{LiveTargets, TargetTable};
pub(crate) use forward_meter::ForwardCalls;
pub(crate) use keys::HttpKeys;
pub(crate) use limits::VendorLimits;
pub(crate) use media::HttpMedia;
pub(crate) use providers::{LiveProviders, ProviderTable};
pub(crate) use webhooks::HttpWebhooks;

/// What is made before that which it works with, and filled in once that is there. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Links {
    /// What the vendors' clients count their calls by.
    pub(crate) limits: VendorLimits,
    /// What forwarded requests are paid as.
    pub(crate) calls: ForwardCalls,
    /// What the bodies of forwarded requests may come to together that are collected.
    pub(crate) bodies: CollectBudget,
}
