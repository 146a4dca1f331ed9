//! How work stands, in the words of many channels.

use serde_json::Value;

use crate::vendor::open_enum;

open_enum! {
    /// How work stands, as the channel says it. What a word means, whoever says it, the methods know.
    pub enum TaskStatus {
        /// It waits.
        Queued = "queued",
        /// It is being made.
        InProgress = "in_progress",
        /// It is there.
        Completed = "completed",
        /// It won't be made.
        Failed = "failed",
    }
}

impl TaskStatus {
    /// Whether the work is done, in any spelling.
    pub fn is_completed(&self) -> bool {
        self.is_one_of(&[
            "completed",
            "complete",
            "succeeded",
            "succeed",
            "success",
            "done",
            "finished",
            "ready",
        ])
    }

    /// Whether the work won't be done, or can't be had any more, in any spelling. What is neither this nor
    /// [completed](Self::is_completed) is still running.
    pub fn is_failed(&self) -> bool {
        self.is_one_of(&[
            "failed",
            "failure",
            "fail",
            "error",
            "cancelled",
            "canceled",
            "expired",
            "rejected",
            "request moderated",
            "content moderated",
            "task not found",
        ])
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.as_str().trim().eq_ignore_ascii_case(word))
    }
}

/// The code in an `error` of any shape.
pub(super) fn code_in(error: Option<&Value>) -> Option<String> {
    error.and_then(|error| text(&error["code"]))
}

/// The words in an `error` of any shape.
pub(super) fn message_in(error: Option<&Value>) -> Option<String> {
    let error = error?;
    text(error).or_else(|| text(&error["message"])).or_else(|| text(&error["detail"]))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
