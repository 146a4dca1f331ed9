//! Calls: paid work that answers while its caller waits. The row is written with its hold and names the
//! instance that runs it, so that the calls of a dead instance can be found and their holds given back.

mod steps;

pub use steps::{CallEnding, EndCall, OpenCall, OpenedCall};

use fourfold_domain::{AccountId, CallId, HoldId, InstanceId, KeyId, ModelName};

use crate::Timestamp;
use crate::named::named;

/// One paid piece of work that answers while the caller waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Who pays.
    pub account: AccountId,
    /// With which key.
    pub key: Option<KeyId>,
    /// Which process runs it.
    pub instance: InstanceId,
    /// Which model serves it.
    pub model: ModelName,
    /// Its hold.
    pub hold: HoldId,
    /// Where it stands.
    pub state: CallState,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallState {
    /// Its instance works on it.
    Open,
    /// It was charged.
    Charged,
    /// It ended without a charge.
    Released,
    /// Its instance died.
    Interrupted,
}

named!(
    CallState,
    "state of a call",
    "one of open, charged, released, interrupted",
    Open = "open",
    Charged = "charged",
    Released = "released",
    Interrupted = "interrupted"
);
