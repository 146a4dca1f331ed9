//! What the ledger keeps.

use std::fmt;
use std::str::FromStr;

use fourfold_domain::{
    AccountId, CallId, Credits, CreditsChange, EntryId, HoldId, InvalidName, JobId, KeyId, Price, Subject,
};

use crate::Timestamp;
use crate::named::named;

/// Who pays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id, ours.
    pub id: AccountId,
    /// Its name, the caller's.
    pub subject: Subject,
    /// What can be spent.
    pub available: Credits,
    /// What is set aside for work under way.
    pub held: Credits,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whose work a hold or an attempt belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// A job.
    Job(JobId),
    /// A call.
    Call(CallId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(id) => write!(f, "job:{id}"),
            Self::Call(id) => write!(f, "call:{id}"),
        }
    }
}

impl FromStr for Owner {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once(':') {
            Some(("job", id)) => id.parse().map(Self::Job),
            Some(("call", id)) => id.parse().map(Self::Call),
            _ => Err(InvalidName::new("owner", "job:<id> or call:<id>")),
        }
    }
}

/// Credits set aside before work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose credits.
    pub account: AccountId,
    /// What for.
    pub owner: Owner,
    /// With which key, for its budget.
    pub key: Option<KeyId>,
    /// How many.
    pub amount: Credits,
    /// The price that was in force, frozen.
    pub price: Price,
    /// Where it stands.
    pub state: HoldState,
    /// What it was turned into, once ended.
    pub charged: Credits,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a hold stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HoldState {
    /// The credits are set aside.
    Open,
    /// It was turned into a charge.
    Settled,
    /// It was given back.
    Released,
}

/// One immutable line of the ledger. For every account, `available` and `held` are the sums of
/// `available_change` and `held_change` over its entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Whose line.
    pub account: AccountId,
    /// The operation that wrote it; unique, so that nothing is written twice.
    pub operation: String,
    /// What happened.
    pub kind: EntryKind,
    /// What it is about: the grant, the hold, the charge (negative), what was given back.
    pub amount: CreditsChange,
    /// How `available` changed.
    pub available_change: CreditsChange,
    /// How `held` changed.
    pub held_change: CreditsChange,
    /// What for.
    pub owner: Option<Owner>,
    /// The operator's words.
    pub note: Option<String>,
    /// Whether the charge is our estimate, since the vendor didn't tell what was used.
    pub is_estimated: bool,
    /// When.
    pub created_at: Timestamp,
}

/// What an entry records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryKind {
    /// Credits were given to the account.
    Grant,
    /// The operator corrected what the account can spend.
    Adjust,
    /// Credits were set aside.
    Hold,
    /// A hold became a charge; what was left of it went back.
    Settle,
    /// A hold was given back.
    Release,
    /// A hold was given back because the process that ran the call died, or cut it off when it stopped.
    Interrupted,
    /// The part of a price that the hold didn't cover: the operator's loss, no change to the account.
    Overrun,
    /// What the operator pays a vendor for work that nobody was charged for: the operator's loss, no change to the
    /// account.
    Loss,
}

named!(
    HoldState,
    "state of a hold",
    "one of open, settled, released",
    Open = "open",
    Settled = "settled",
    Released = "released"
);
named!(
    EntryKind,
    "kind of an entry",
    "one of grant, adjust, hold, settle, release, interrupted, overrun, loss",
    Grant = "grant",
    Adjust = "adjust",
    Hold = "hold",
    Settle = "settle",
    Release = "release",
    Interrupted = "interrupted",
    Overrun = "overrun",
    Loss = "loss"
);
