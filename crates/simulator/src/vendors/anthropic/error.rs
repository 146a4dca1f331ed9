//! Anthropic's errors: `{"type": "error", "error": {"type", "message"}, "request_id"}`, where the error may have
//! `"details": {"error_code"}` that say more than its type.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in Anthropic's shape.
pub(in super::super) fn refuse(refusal: &Refusal, path: &str, request_id: &str) -> Answer {
    let error = described(refusal, path);
    let answer = Answer::json(&error.body(request_id)).with_status(error.status);
    match refusal {
        Refusal::RateLimited(wait) => {
            answer.with_header(RETRY_AFTER, &wait.as_millis().div_ceil(1000).to_string())
        }
        _ => answer,
    }
}

/// The body alone, for messages that are refused within a batch.
pub(super) fn body(refusal: &Refusal, path: &str, request_id: &str) -> Value {
    described(refusal, path).body(request_id)
}

fn described<'a>(refusal: &'a Refusal, path: &str) -> Error<'a> {
    match refusal {
        Refusal::NoKey => Error::new(
            401,
            "Authentication required: send the key as `x-api-key` or as `Authorization: Bearer`.".into(),
        ),
        Refusal::WrongKey(_) => Error::new(401, "invalid x-api-key".into()),
        Refusal::UnknownPath => Error::new(404, format!("Not found: {path}")),
        Refusal::WrongMethod => Error::new(405, "Method Not Allowed".into()),
        Refusal::TooLarge => Error::new(413, "Request exceeds the maximum size of 32 MB".into()),
        Refusal::RateLimited(_) => {
            Error::new(429, "This request would exceed the rate limit of your organization.".into())
        }
        Refusal::Unreadable(problem) => {
            Error::new(400, format!("The request body could not be read: {problem}"))
        }
        Refusal::Field(field, problem) => Error::new(400, format!("{field}: {}", of_field(problem))),
        Refusal::UnknownModel(name) => Error::new(404, format!("model: {name}")),
        Refusal::NotFound { what, id } => Error::new(404, format!("{what}: {id}")),
        Refusal::Asked(asked) => asked_for(asked),
        Refusal::Own(own) => {
            let error = Error::new(own.status.as_u16(), own.message.clone());
            Error { error_code: Some(own.code), ..error }
        }
    }
}

/// One error before it is written.
struct Error<'a> {
    status: StatusCode,
    kind: &'static str,
    message: String,
    /// The cause within what the type covers.
    error_code: Option<&'a str>,
}

impl Error<'_> {
    fn new(status: u16, message: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, kind: kind(status), message, error_code: None }
    }

    fn body(&self, request_id: &str) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        if let Some(error_code) = self.error_code {
            error["details"] = json!({"error_code": error_code});
        }
        json!({"type": "error", "error": error, "request_id": format!("req_{request_id}")})
    }
}

fn asked_for(asked: &AskedStatus) -> Error<'_> {
    let status = asked.status.as_u16();
    if asked.failed_later() {
        let message = asked.message.as_deref().unwrap_or(AskedStatus::INTERNAL_ERROR);
        let kind = kind(StatusCode::INTERNAL_SERVER_ERROR);
        return Error { kind, error_code: asked.code.as_deref(), ..Error::new(status, message.into()) };
    }
    let usual = match status {
        529 => "Overloaded".to_owned(),
        _ => format!("Simulated answer with status {status}."),
    };
    let message = asked.message.clone().unwrap_or(usual);
    Error { error_code: asked.code.as_deref(), ..Error::new(status, message) }
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn of_field(problem: &Problem) -> String {
    match problem {
        Problem::Missing => "Field required".into(),
        Problem::WrongType { expected, .. } => format!("Input should be {expected}"),
        Problem::NotAllowed { allowed, .. } => format!("Input should be {allowed}"),
        Problem::TooLong { length, length_max } => {
            format!("Input should have a length of at most {length_max}, not {length}")
        }
        Problem::Unsupported(reason) => reason.clone(),
    }
}
