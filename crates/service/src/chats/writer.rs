//! How an answer is written in its caller's wire.

use bytes::Bytes;
use fourfold_domain::{Credits, MessageId, ModelName, Usage};

use super::Finish;

/// Offers the wire in which a turn is answered, so that what was sent can be kept and sent again.
pub trait TurnWriter: Send + Sync {
    /// What the answer is, such as `application/json`.
    fn media_type(&self) -> &'static str;

    /// Whether the answer goes out while it is written.
    fn is_stream(&self) -> bool;

    /// More of a stream; empty where the answer goes out at once.
    fn more(&mut self, text: &str) -> Bytes;

    /// What comes last, once it is known what the answer costs.
    fn last(&mut self, answered: &Answered) -> Bytes;
}

/// A turn that was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The answer's id.
    pub message: MessageId,
    /// All of the answer.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Who answers.
    pub model: ModelName,
    /// What it used.
    pub usage: Usage,
    /// What is charged for it.
    pub credits: Credits,
}
