//! Answers that are given again where the same account asks exactly the same, of models whose operator wants that.
//!
//! ```text
//! request ─► AnswerKey (account, wire, headers, bytes) ─► AnswerCache ─► there: CacheTurn::Given, nobody is asked
//!                                                              ▲   └──► not there: CacheTurn::Asked
//!                                                              └───────── a whole answer that was charged ◄─┘
//! ```
//!
//! It is in memory, each process has its own, and it is bounded by bytes and by time.

mod answers;
mod key;
mod settings;
mod turn;

pub(super) use answers::{AnswerCache, KeptAnswer};
pub(super) use key::AnswerKey;
pub use settings::CacheSettings;
pub(super) use turn::CacheTurn;
pub use turn::{CacheUse, FromCache};
