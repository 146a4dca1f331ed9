//! Calls: paid work that answers while its caller waits. The row is written with its hold and names the
//! instance that runs it, so that the calls of a dead instance can be found and their holds given back.

mod record;
mod steps;

pub use record::{Call, CallAnswer, CallState, CallView};
pub use steps::{CallEnding, EndCall, OpenCall, OpenedCall};
