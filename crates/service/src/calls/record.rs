//! What is kept of a call.

use bytes::Bytes;
use fourfold_domain::{AccountId, CallId, Credits, HoldId, InstanceId, KeyId, ModelName, ProviderKey};

use crate::Timestamp;
use crate::jobs::Attempt;
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
    /// The most that the vendor who is asked first charges for it; nothing where the catalog doesn't say.
    pub cost_max: Option<Credits>,
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
    /// Its instance died, or cut it off when it stopped.
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

/// A call with those who were asked.
#[derive(Clone, PartialEq, Debug)]
pub struct CallView {
    /// The call.
    pub call: Call,
    /// Its attempts, the first first; written when it ends.
    pub attempts: Vec<Attempt>,
}

/// What the caller of a charged call was sent, kept so that the same request is answered the same again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallAnswer {
    /// Who served it.
    pub provider: ProviderKey,
    /// What it is, where what was asked doesn't say.
    pub media_type: Option<String>,
    /// The bytes in their order; nothing where they were too many to be kept.
    pub body: Option<Bytes>,
    /// Whether it came to its end.
    pub is_whole: bool,
}
