//! Calls: paid work that answers while its caller waits. The row is written with its hold and names the
//! instance that runs it, so that the calls of a dead instance can be found and their holds given back.
//!
//! ```text
//! text, speech ─► order (checked, priced) ─► task: open_call ─► vendors of the route in turn ─► end_call ─► the last bytes
//!        └────────── listens, through a bounded channel ◄─── parts of the answer as they come ────────────┘
//! ```
//!
//! Whatever becomes of the one who listens, the task goes on until the call has ended. What each ending costs is in
//! `ending`.

mod answer;
mod attempt;
mod broken;
mod cache;
mod ending;
mod free;
mod generate;
mod keep;
mod left_over;
mod metered;
mod meters;
mod order;
mod pass;
mod record;
mod replay;
mod request;
mod service;
mod settings;
mod settle;
mod speech;
mod spool;
mod steps;
mod task;
mod work;

pub use answer::{AnswerBody, CallHead, CallReply, Interpreter, PartWriter};
pub(crate) use answer::{Outlet, answer};
pub use cache::{CacheSettings, CacheUse, FromCache};
pub use metered::{MeteredCall, MeteredEnd, MeteredHold, MeteredOutcome, MeteredWork, is_priced};
pub(crate) use order::Order;
pub use record::{Call, CallAnswer, CallState, CallView};
pub(crate) use replay::Replay;
pub use request::{CallRequest, SpeechCall};
pub use service::{CallParts, CallsService};
pub use settings::CallSettings;
pub use steps::{CallEnding, EndCall, OpenCall, OpenedCall};
pub(crate) use task::{BegunCall, CallTask};
