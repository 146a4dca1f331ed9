//! What a vendor's error answer says: its code and words, whether to try again, whether work may have begun.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::error::{ClientError, Effect, ErrorKind};
use super::retry::RETRYABLE_STATUSES;

/// Reads a vendor's error answers. Clients of vendors whose statuses mislead have one of their own.
pub trait FailureReader: Send + Sync {
    /// What the answer says; [`Failure::read`] knows what most vendors do.
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure;
}

/// An answer whose status isn't a success.
#[derive(Clone, Copy)]
pub struct FailedAnswer<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: &'a HeaderMap,
    /// The first bytes of the answer's body, at most 64 KiB.
    pub body: &'a [u8],
}

/// What an error answer says.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    /// The vendor's own code.
    pub code: Option<String>,
    /// The vendor's own words.
    pub message: Option<String>,
    /// Whether paid work may exist.
    pub effect: Effect,
    /// Whether the same request may succeed later.
    pub is_retryable: bool,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
}

impl fmt::Debug for FailedAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Leaves the message out, which may quote a user.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message: _, effect, is_retryable, retry_after, request_id } = self;
        let mut out = f.debug_struct("Failure");
        out.field("code", code)
            .field("effect", effect)
            .field("is_retryable", is_retryable)
            .field("retry_after", retry_after)
            .field("request_id", request_id)
            .finish_non_exhaustive()
    }
}

/// Reads the shapes that most vendors share.
#[derive(Clone, Copy, Debug)]
pub struct CommonFailures;

impl FailureReader for CommonFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        Failure::read(answer)
    }
}

impl Failure {
    /// Reads `{"error": {"code", "type", "message"}}`, `{"error": "…"}`, `{"code", "message"}`,
    /// `{"name", "errors": […]}` and `{"detail"}`, and beside them `request_id` where no header has it; what the status
    /// means follows the client's table.
    pub fn read(answer: &FailedAnswer<'_>) -> Self {
        let body = serde_json::from_slice(answer.body).unwrap_or_default();
        let (code, message) = code_and_message(&body);
        Self {
            effect: effect(answer.status, answer.body),
            is_retryable: RETRYABLE_STATUSES.contains(&answer.status.as_u16()),
            retry_after: retry_after(answer.headers),
            request_id: request_id(answer.headers).or_else(|| text(&body["request_id"])),
            code,
            message,
        }
    }
}

/// Whether paid work may exist after this error answer.
fn effect(status: StatusCode, body: &[u8]) -> Effect {
    match status.as_u16() {
        408 => Effect::MayHaveStarted,
        400..=499 => Effect::NotStarted,
        503 | 529 if says_not_accepted(body) => Effect::NotStarted,
        // These two repeat the request elsewhere; the other redirects may follow work that was done.
        307 | 308 => Effect::NotStarted,
        _ => Effect::MayHaveStarted,
    }
}

fn says_not_accepted(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    text.contains("overloaded") || text.contains("not accepted")
}

fn code_and_message(value: &Value) -> (Option<String>, Option<String>) {
    let error = value.get("error").unwrap_or(value);
    if error.is_string() {
        return (text(&value["code"]), text(error));
    }
    let code = ["code", "type", "status", "name"].iter().find_map(|key| text(&error[*key]));
    let message = ["message", "detail", "errors", "error"].iter().find_map(|key| text(&error[*key]));
    (code, message)
}

/// A string, a number or a list of strings as text; nothing for what is empty or nested.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The error for an answer whose status isn't a success. Its message has the credential taken out.
pub(crate) fn status_error(
    reader: &dyn FailureReader,
    answer: &FailedAnswer<'_>,
    body: Bytes,
    secret: Option<&str>,
) -> ClientError {
    let failure = reader.read(answer);
    let hide = |text: String| match secret {
        Some(secret) if !secret.is_empty() => text.replace(secret, "[hidden]"),
        _ => text,
    };
    ClientError::new(ErrorKind::Status, failure.effect)
        .with_status(answer.status)
        .with_code(failure.code.map(hide))
        .with_message(failure.message.map(hide))
        .with_request_id(failure.request_id.map(hide))
        .with_retry_after(failure.retry_after)
        .with_retryable(failure.is_retryable)
        .with_body(body)
}

/// The vendor's id of a request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value =
        ["x-request-id", "request-id", "apigw-requestid"].iter().find_map(|name| headers.get(*name))?;
    value.to_str().ok().map(str::to_owned)
}

/// How long the vendor asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
    if let Some(wait) = text("retry-after-ms").and_then(seconds) {
        return Some(wait / 1000);
    }
    let asked = text(header::RETRY_AFTER.as_str())?;
    if let Some(wait) = seconds(asked) {
        return Some(wait);
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    // The vendor's own clock, where it tells it, so that ours need not agree.
    let now = text(header::DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(until.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}
