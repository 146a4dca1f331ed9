//! Money: accounts, holds, entries, and the steps that move credits.
//!
//! `available` and `held` of an account are always the sums of its entries' changes; every hold names its
//! owner and ends once. The rules live in `rules`, which every step that touches money goes through.

mod adjust;
mod budget;
mod grant;
mod open;
mod record;
pub(crate) mod rules;
mod service;

pub use adjust::Adjust;
pub use budget::Budget;
pub use grant::Grant;
pub use open::OpenAccount;
pub use record::{Account, Entry, EntryKind, Hold, HoldState, Owner};
pub use service::CreditsService;
