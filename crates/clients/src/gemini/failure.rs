//! What Google's errors say, beyond what their status does.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::http::{FailedAnswer, Failure, FailureReader, RETRYABLE_STATUSES};

/// Reads `{"error": {"code", "message", "status", "details"}}`, alone or in an array. The code is the reason that the
/// details have, such as `API_KEY_INVALID`, or else the word of the status, such as `INVALID_ARGUMENT`.
#[derive(Clone, Copy, Debug)]
pub struct GeminiFailures;

impl FailureReader for GeminiFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        // Below the vendor's base for OpenAI's clients errors come in an array.
        let error = &body.get(0).unwrap_or(&body)["error"];
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        failure.message = text(&error["message"]).or(failure.message);
        failure.code = detail(error, "ErrorInfo")
            .and_then(|info| text(&info["reason"]))
            .or_else(|| text(&error["status"]))
            .or(failure.code);
        if answer.status == StatusCode::OK {
            // An event of a stream, whose status stands in the error alone.
            let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
            failure.is_retryable = status.is_some_and(|status| RETRYABLE_STATUSES.contains(&status));
        }
        failure.retry_after = retry_delay(error).or(failure.retry_after);
        if is_out_for_today(error) {
            // It lasts until midnight in California, whatever delay is told beside it.
            failure.is_retryable = false;
            failure.retry_after = None;
        }
        failure
    }
}

fn detail<'e>(error: &'e Value, kind: &str) -> Option<&'e Value> {
    let is_kind = |detail: &&Value| {
        detail["@type"].as_str().and_then(|name| name.rsplit('.').next()).is_some_and(|name| name == kind)
    };
    error["details"].as_array()?.iter().find(is_kind)
}

/// The seconds of `RetryInfo`, as in `"37s"`.
fn retry_delay(error: &Value) -> Option<Duration> {
    let delay = detail(error, "RetryInfo")?["retryDelay"].as_str()?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

fn is_out_for_today(error: &Value) -> bool {
    let violations = detail(error, "QuotaFailure").and_then(|quota| quota["violations"].as_array());
    violations
        .into_iter()
        .flatten()
        .any(|violation| violation["quotaId"].as_str().is_some_and(|id| id.contains("PerDay")))
}
