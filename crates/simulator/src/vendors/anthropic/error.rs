//! Anthropic's errors: `{"type": "error", "error": {"type", "message"}, "request_id"}`, where the error may have
//! `"details": {"error_code"}` that say more than its type.

use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::json;

use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in Anthropic's shape.
pub(in super::super) fn refuse(refusal: &Refusal, path: &str, request_id: &str) -> Answer {
    let error = |status, message: String| Error::new(status, message).answer(request_id);
    match refusal {
        Refusal::NoKey => error(
            401,
            "Authentication required: send the key as `x-api-key` or as `Authorization: Bearer`.".into(),
        ),
        Refusal::WrongKey(_) => error(401, "invalid x-api-key".into()),
        Refusal::UnknownPath => error(404, format!("Not found: {path}")),
        Refusal::WrongMethod => error(405, "Method Not Allowed".into()),
        Refusal::TooLarge => error(413, "Request exceeds the maximum size of 32 MB".into()),
        Refusal::RateLimited(wait) => rate_limited(*wait, request_id),
        Refusal::Unreadable(problem) => error(400, format!("The request body could not be read: {problem}")),
        Refusal::Field(field, problem) => error(400, format!("{field}: {}", of_field(problem))),
        Refusal::UnknownModel(name) => error(404, format!("model: {name}")),
        Refusal::NotFound { what, id } => error(404, format!("{what}: {id}")),
        Refusal::Asked(asked) => asked_for(asked).answer(request_id),
        Refusal::Own(own) => {
            let error = Error::new(own.status.as_u16(), own.message.clone());
            Error { error_code: Some(own.code), ..error }.answer(request_id)
        }
    }
}

/// One error before it is written.
struct Error<'a> {
    status: StatusCode,
    message: String,
    /// The cause within what the type covers.
    error_code: Option<&'a str>,
}

impl Error<'_> {
    fn new(status: u16, message: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, message, error_code: None }
    }

    fn answer(self, request_id: &str) -> Answer {
        let Self { status, message, error_code } = self;
        let mut error = json!({"type": kind(status), "message": message});
        if let Some(error_code) = error_code {
            error["details"] = json!({"error_code": error_code});
        }
        let request_id = format!("req_{request_id}");
        Answer::json(&json!({"type": "error", "error": error, "request_id": request_id})).with_status(status)
    }
}

fn rate_limited(wait: Duration, request_id: &str) -> Answer {
    let message = "This request would exceed the rate limit of your organization.".into();
    let seconds = wait.as_millis().div_ceil(1000).to_string();
    Error::new(429, message).answer(request_id).with_header(RETRY_AFTER, &seconds)
}

fn asked_for(asked: &AskedStatus) -> Error<'_> {
    let status = asked.status.as_u16();
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
