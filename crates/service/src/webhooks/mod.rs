//! Webhooks: what happens to a job, told to an address that its caller names, after Standard Webhooks.
//!
//! ```text
//! a job's step ──► event, and in the same step its delivery ──► worker claims it ──► signed POST
//!                                                                  ▲                    │
//!                                                  a while later ──┴── refused, late ◄──┤
//!                                                                                       └► taken: delivered
//! ```
//!
//! A delivery stands in the database before anybody hears of the event, so no crash loses one. It is sent under
//! a lease, and marked after it was sent: whoever dies between the two leaves it to be sent again, with the same
//! id. So each event comes at least once, in no promised order; its `sequence` tells which is newer.

mod cipher;
mod outbox;
mod record;
mod schedule;
mod service;
mod settings;
mod signature;
mod steps;
mod url;
mod worker;

pub use cipher::SecretCipher;
pub use outbox::Outbox;
pub(crate) use record::TRIES_SHOWN;
pub use record::{Delivery, DeliveryState, DeliveryTry, DeliveryView, StoppedUrl, WebhookSecret};
pub use service::{NewSecret, WebhooksService};
pub use settings::WebhookSettings;
pub use signature::SigningSecret;
pub(crate) use steps::rules;
pub use steps::{
    ClaimDelivery, ClaimedDelivery, EndTry, KeepSecret, KeptSecret, Redeliver, RevokeSecret, SECRETS_MAX,
    TryVerdict,
};
pub use url::WebhookUrl;
pub use worker::{WebhookParts, WebhookWorker};
