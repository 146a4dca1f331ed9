//! Google's errors: `{"error": {"code", "message", "status", "details"}}`, where the status is a word and the
//! details are typed. Below the base for OpenAI's clients the same comes in an array. Interactions have only a
//! message and a code, and that is a word: `invalid_request`.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{compatible, interactions};
use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{OwnRefusal, Problem, Refusal};

/// A refusal in Google's shape.
pub(super) fn refuse(refusal: &Refusal, path: &str, _request_id: &str) -> Answer {
    let error = |status, message: String| Error::new(status, message);
    let error = match refusal {
        Refusal::NoKey => error(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). Please use API \
             Key or other form of API consumer identity to call this API."
                .into(),
        ),
        Refusal::WrongKey(_) => {
            error(400, "API key not valid. Please pass a valid API key.".into()).because("API_KEY_INVALID")
        }
        Refusal::UnknownPath | Refusal::WrongMethod => error(404, format!("Method not found: {path}")),
        Refusal::TooLarge => error(400, "Request payload size exceeds the limit: 104857600 bytes.".into()),
        Refusal::RateLimited(wait) => rate_limited(*wait),
        Refusal::Unreadable(problem) => error(400, format!("Invalid JSON payload received. {problem}")),
        Refusal::Field(field, problem) => of_field(field, problem),
        Refusal::UnknownModel(name) => error(404, no_model(name, path)),
        Refusal::NotFound { what, id } => {
            error(404, format!("The {what} {id} is not found, or it belongs to another project."))
        }
        Refusal::Asked(asked) => asked_for(asked),
        Refusal::Own(own) => of_own(own),
    };
    error.answer(path)
}

/// One error before it is written.
struct Error {
    status: StatusCode,
    word: String,
    message: String,
    details: Vec<Value>,
}

impl Error {
    fn new(status: u16, message: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, word: word(status).to_owned(), message, details: Vec::new() }
    }

    /// With the reason that says more than the status.
    fn because(self, reason: &str) -> Self {
        let metadata = json!({"service": "generativelanguage.googleapis.com"});
        self.with("ErrorInfo", json!({"reason": reason, "domain": "googleapis.com", "metadata": metadata}))
    }

    /// With a status word or, where it is none, a reason; what isn't in capitals is another vendor's code.
    fn coded(mut self, code: &str) -> Self {
        if WORDS.contains(&code) {
            self.word = code.to_owned();
            return self;
        }
        let is_reason =
            !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if is_reason { self.because(code) } else { self }
    }

    /// With how long to wait before the next request.
    fn retry_after(self, seconds: &str) -> Self {
        self.with("RetryInfo", json!({"retryDelay": format!("{seconds}s")}))
    }

    fn with(mut self, kind: &str, mut detail: Value) -> Self {
        detail["@type"] = json!(format!("type.googleapis.com/google.rpc.{kind}"));
        self.details.push(detail);
        self
    }

    fn answer(self, path: &str) -> Answer {
        let Self { status, word, message, details } = self;
        if interactions::is_path(path) {
            let error = json!({"code": code_of_interaction(&word), "message": message});
            return Answer::json(&json!({"error": error})).with_status(status);
        }
        let mut error = json!({"code": status.as_u16(), "message": message, "status": word});
        if !details.is_empty() {
            error["details"] = json!(details);
        }
        let error = json!({"error": error});
        let error = if path.starts_with(compatible::PATH) { json!([error]) } else { error };
        Answer::json(&error).with_status(status)
    }
}

/// The words that stand for a status; the page has none for 402.
const WORDS: [&str; 14] = [
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "UNAUTHENTICATED",
    "PAYMENT_REQUIRED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "RESOURCE_EXHAUSTED",
    "CANCELLED",
    "INTERNAL",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "UNKNOWN",
];

fn word(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        402 => "PAYMENT_REQUIRED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        400..500 => "INVALID_ARGUMENT",
        _ => "UNKNOWN",
    }
}

/// The official SDK declares it a text; users of it report `invalid_request`, `permission_denied` and `not_found`.
fn code_of_interaction(word: &str) -> String {
    match word {
        "INVALID_ARGUMENT" => "invalid_request".into(),
        other => other.to_lowercase(),
    }
}

fn rate_limited(wait: Duration) -> Error {
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let violation = json!({"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"});
    Error::new(429, message.into())
        .with("QuotaFailure", json!({"violations": [violation]}))
        .retry_after(&wait.as_millis().div_ceil(1000).to_string())
}

fn asked_for(asked: &AskedStatus) -> Error {
    let AskedStatus { status, code, message, retry_after, .. } = asked;
    let usual = match status.as_u16() {
        _ if asked.failed_later() => AskedStatus::INTERNAL_ERROR.to_owned(),
        503 => "The model is overloaded. Please try again later.".to_owned(),
        other => format!("Simulated answer with status {other}."),
    };
    let mut error = Error::new(status.as_u16(), message.clone().unwrap_or(usual));
    if asked.failed_later() && error.word == "UNAVAILABLE" {
        error.word = "INTERNAL".into();
    }
    if let Some(code) = code {
        error = error.coded(code);
    }
    match retry_after.as_deref().filter(|seconds| seconds.parse::<f64>().is_ok()) {
        Some(seconds) => error.retry_after(seconds),
        None => error,
    }
}

fn of_own(own: &OwnRefusal) -> Error {
    Error::new(own.status.as_u16(), own.message.clone()).coded(own.code)
}

fn of_field(field: &str, problem: &Problem) -> Error {
    let message = match problem {
        Problem::Missing => format!("{field} is not specified"),
        Problem::WrongType { expected, given } => {
            format!("Invalid value at '{field}': expected {expected}, not {given}")
        }
        Problem::NotAllowed { given, allowed } => {
            format!("Invalid value at '{field}': \"{given}\"; it must be {allowed}")
        }
        Problem::TooLong { length, length_max } => {
            format!("Invalid value at '{field}': its length is {length}, and {length_max} at most")
        }
        Problem::Unsupported(reason) => reason.clone(),
    };
    let violation = json!({"field": field, "description": message});
    Error::new(400, message).with("BadRequest", json!({"fieldViolations": [violation]}))
}

/// Names the version and the method as the path has them: `/v1beta/models/m:predict`.
fn no_model(name: &str, path: &str) -> String {
    let version = path.split('/').nth(1).unwrap_or_default();
    let method = path.rsplit_once(':').map_or("this method", |(_, method)| method);
    format!(
        "models/{name} is not found for API version {version}, or is not supported for {method}. \
         Call ListModels to see the list of available models and their supported methods."
    )
}
