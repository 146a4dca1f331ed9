//! What Runway's errors say, where their status alone would mislead.

use http::StatusCode;
use serde_json::Value;

use crate::http::{FailedAnswer, Failure, FailureReader};

/// The code of a refusal for want of credits. The vendor has no codes, so it is told by its words.
pub const NO_CREDITS: &str = "no_credits";

/// The code of a refusal because of the day's generations, which hours help with and no retry. It is told by its words.
pub const DAILY_LIMIT: &str = "daily_limit";

/// Reads `{"error": "…", "issues"?: [{"message", "path"}]}`. What the issues say is part of the message.
#[derive(Clone, Copy, Debug)]
pub struct RunwayFailures;

impl FailureReader for RunwayFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        let words = failure.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        match answer.status {
            StatusCode::BAD_REQUEST if words.contains("enough credits") => {
                failure.code = Some(NO_CREDITS.to_owned());
            }
            StatusCode::TOO_MANY_REQUESTS if words.contains("daily") => {
                failure.code = Some(DAILY_LIMIT.to_owned());
                failure.is_retryable = false;
            }
            _ => {}
        }
        let said: Vec<_> = failure.message.into_iter().chain(issues(answer.body)).collect();
        failure.message = Some(said.join("; ")).filter(|message| !message.is_empty());
        failure
    }
}

/// What is wrong, and where: `promptImage.0.uri: Invalid asset`.
fn issues(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let issues = body["issues"].as_array().into_iter().flatten();
    let said = issues.filter_map(|issue| {
        let (path, problem) = (path(&issue["path"]), issue["message"].as_str()?);
        Some(if path.is_empty() { problem.to_owned() } else { format!("{path}: {problem}") })
    });
    said.collect()
}

/// `["promptImage", 0, "uri"]` as `promptImage.0.uri`.
fn path(steps: &Value) -> String {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    steps.as_array().into_iter().flatten().map(step).collect::<Vec<_>>().join(".")
}
