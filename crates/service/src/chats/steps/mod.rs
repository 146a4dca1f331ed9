//! The durable steps of conversations.
//!
//! ```text
//! BeginTurn (waits, or begins) → RenewTurn … → EndTurn
//!    └─► LeaveLine
//! ```

mod begin_turn;
mod change;
mod delete;
mod end_turn;
mod leave_line;
mod renew_turn;
mod rules;

pub use begin_turn::{BeginTurn, BegunTurn, Seen};
pub use change::ChangeConversation;
pub use delete::DeleteConversation;
pub use end_turn::{EndTurn, TurnOutcome};
pub use leave_line::LeaveLine;
pub use renew_turn::RenewTurn;
