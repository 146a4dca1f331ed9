//! How a job moves: one pure function from a state and what happened to the next state.
//!
//! ```text
//! queued → starting → running → storing → succeeded
//!   ▲ └───────┴─────────┴─────────┴──→ failed | cancelled | expired
//!   └── next attempt
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidName;

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker or for its next attempt.
    Queued,
    /// An attempt was begun; the vendor may be about to take the work.
    Starting,
    /// The vendor works on it and is polled.
    Running,
    /// The vendor is done; its results are on their way to our store.
    Storing,
    /// Every result is stored and paid for.
    Succeeded,
    /// It ended without a result.
    Failed,
    /// Its caller called it off.
    Cancelled,
    /// Its deadline passed.
    Expired,
}

/// What happens to a job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JobMove {
    /// A worker is about to ask a vendor.
    Begin,
    /// The vendor took it as a task to be polled.
    TaskTaken,
    /// The vendor gave its results.
    OutputsReady,
    /// Every result is in our store.
    Stored,
    /// This attempt is over; another may follow.
    NextAttempt,
    /// It ends without a result.
    Fail,
    /// It ends by its caller's wish.
    Cancel,
    /// It ends by its deadline.
    Expire,
}

/// A move that a state doesn't allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a job that is {from} can't take the move {by:?}")]
pub struct IllegalMove {
    /// Where the job stood.
    pub from: JobState,
    /// What was to happen.
    pub by: JobMove,
}

impl JobState {
    /// Every state, in the order of the diagram.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Storing,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The next state, or a refusal. The only place that knows which moves there are.
    pub fn after(self, by: JobMove) -> Result<Self, IllegalMove> {
        use JobMove as M;
        match (self, by) {
            (Self::Queued, M::Begin) => Ok(Self::Starting),
            (Self::Starting, M::TaskTaken) => Ok(Self::Running),
            (Self::Starting | Self::Running, M::OutputsReady) => Ok(Self::Storing),
            (Self::Storing, M::Stored) => Ok(Self::Succeeded),
            (Self::Starting | Self::Running | Self::Storing, M::NextAttempt) => Ok(Self::Queued),
            (from, M::Fail) if !from.is_final() => Ok(Self::Failed),
            (from, M::Cancel) if !from.is_final() => Ok(Self::Cancelled),
            (from, M::Expire) if !from.is_final() => Ok(Self::Expired),
            (from, by) => Err(IllegalMove { from, by }),
        }
    }

    /// True for the states that nothing follows.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired)
    }

    /// The name in JSON, events and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Storing => "storing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        const ALLOWED: &str =
            "one of queued, starting, running, storing, succeeded, failed, cancelled, expired";
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(InvalidName::new("state", ALLOWED))
    }
}

/// Which of the waiting jobs go first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before the others; for service and admin keys only.
    High,
    /// As they come.
    #[default]
    Normal,
    /// After the others.
    Low,
}

impl Priority {
    /// Every priority, the first to go first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The name in JSON and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl FromStr for Priority {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let named = Self::ALL.into_iter().find(|priority| priority.as_str() == text);
        named.ok_or(InvalidName::new("priority", "one of high, normal, low"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVES: [JobMove; 8] = [
        JobMove::Begin,
        JobMove::TaskTaken,
        JobMove::OutputsReady,
        JobMove::Stored,
        JobMove::NextAttempt,
        JobMove::Fail,
        JobMove::Cancel,
        JobMove::Expire,
    ];

    #[test]
    fn every_state_takes_exactly_these_moves() {
        use JobMove as M;
        use JobState as S;
        let table = [
            (
                S::Queued,
                vec![
                    (M::Begin, S::Starting),
                    (M::Fail, S::Failed),
                    (M::Cancel, S::Cancelled),
                    (M::Expire, S::Expired),
                ],
            ),
            (
                S::Starting,
                vec![
                    (M::TaskTaken, S::Running),
                    (M::OutputsReady, S::Storing),
                    (M::NextAttempt, S::Queued),
                    (M::Fail, S::Failed),
                    (M::Cancel, S::Cancelled),
                    (M::Expire, S::Expired),
                ],
            ),
            (
                S::Running,
                vec![
                    (M::OutputsReady, S::Storing),
                    (M::NextAttempt, S::Queued),
                    (M::Fail, S::Failed),
                    (M::Cancel, S::Cancelled),
                    (M::Expire, S::Expired),
                ],
            ),
            (
                S::Storing,
                vec![
                    (M::Stored, S::Succeeded),
                    (M::NextAttempt, S::Queued),
                    (M::Fail, S::Failed),
                    (M::Cancel, S::Cancelled),
                    (M::Expire, S::Expired),
                ],
            ),
            (S::Succeeded, vec![]),
            (S::Failed, vec![]),
            (S::Cancelled, vec![]),
            (S::Expired, vec![]),
        ];
        assert_eq!(table.iter().map(|(from, _)| *from).collect::<Vec<_>>(), JobState::ALL);
        for (from, allowed) in table {
            for by in MOVES {
                let expected = allowed.iter().find(|(allowed_by, _)| *allowed_by == by).map(|(_, to)| *to);
                assert_eq!(from.after(by).ok(), expected, "{from} {by:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in JobState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for priority in Priority::ALL {
            assert_eq!(priority.as_str().parse(), Ok(priority));
        }
    }
}
