//! Faults on demand: what goes wrong with a request, and with which requests it goes wrong.

mod grammar;
mod pattern;
mod rules;
mod toothless;

use std::time::Duration;

use http::StatusCode;

pub use grammar::FaultError;
pub(crate) use pattern::Pattern;
pub use rules::FaultRule;
pub(crate) use rules::Rules;

/// The header that asks for a fault.
pub const FAULT_HEADER: &str = "x-simulator-fault";

/// What goes wrong with a request. Read it from text; `grammar.md` has the grammar.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fault {
    pub(crate) delay: Duration,
    pub(crate) hang: Option<Hang>,
    pub(crate) status: Option<AskedStatus>,
    pub(crate) accept: bool,
    pub(crate) lose: bool,
    pub(crate) malformed: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) end: Option<BodyEnd>,
    pub(crate) drip: Option<Drip>,
    pub(crate) task: Option<TaskFault>,
    pub(crate) skip: u64,
    pub(crate) times: Option<u64>,
}

/// Where a request is left without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hang {
    BeforeBody,
    AfterBody,
}

/// A status that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct AskedStatus {
    pub(crate) status: StatusCode,
    /// Whether the work is done before.
    pub(crate) accepted: bool,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) retry_after: Option<String>,
}

impl AskedStatus {
    /// What a body says where [`failed_later`](Self::failed_later).
    pub(crate) const INTERNAL_ERROR: &str = "Internal server error";

    /// Whether the vendor took the work and answered badly then. Its body must not say that the vendor was
    /// overloaded, limited or without a channel: a client takes that for work that never began.
    pub(crate) fn failed_later(&self) -> bool {
        self.accepted && self.status.as_u16() >= 500
    }
}

/// How an answer's body ends too early, after so many bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BodyEnd {
    Cut(usize),
    Stall(usize),
}

/// So many bytes at a time, with a pause between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Drip {
    pub(crate) bytes: usize,
    pub(crate) every: Duration,
}

/// What goes wrong with a task later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TaskFault {
    Fail { code: Option<String>, message: Option<String> },
    Stall,
    Forget,
}
