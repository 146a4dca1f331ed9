//! The two durable steps of a call.
//!
//! ```text
//! OpenCall → (the vendor is asked) → EndCall
//! ```

mod end_call;
mod open_call;

pub use end_call::{CallEnding, EndCall};
pub use open_call::{OpenCall, OpenedCall};
