//! The durable steps of webhooks, one file each, over the rules that they share with the steps of jobs.

mod claim;
mod end_try;
mod redeliver;
pub(crate) mod rules;
mod secrets;

pub use claim::{ClaimDelivery, ClaimedDelivery};
pub use end_try::{EndTry, TryVerdict};
pub use redeliver::Redeliver;
pub use secrets::{KeepSecret, KeptSecret, RevokeSecret, SECRETS_MAX};
