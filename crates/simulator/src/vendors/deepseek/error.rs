//! DeepSeek's errors: OpenAI's shape, with statuses, types and codes of its own.
//!
//! A body of the wrong form is 400, a value that isn't allowed 422.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in DeepSeek's shape.
pub(super) fn refuse(refusal: &Refusal, path: &str, _request_id: &str) -> Answer {
    let (status, message): (u16, Cow<'_, str>) = match refusal {
        Refusal::NoKey => (401, "Authentication Fails (auth header format should be Bearer sk-...)".into()),
        Refusal::WrongKey(_) => (401, "Authentication Fails, Your api key is invalid".into()),
        Refusal::UnknownPath => (404, format!("There is no {path}").into()),
        Refusal::WrongMethod => (405, "Method Not Allowed".into()),
        Refusal::TooLarge => (413, "Request body is too large".into()),
        Refusal::RateLimited(_) => (429, usual(429)),
        Refusal::Unreadable(problem) => (400, format!("Failed to parse the request body: {problem}").into()),
        Refusal::Field(field, problem) => of_field(field, problem),
        Refusal::UnknownModel(_) => (400, "Model Not Exist".into()),
        Refusal::NotFound { what, id } => (404, format!("{what} {id} not found").into()),
        Refusal::Asked(asked) if asked.failed_later() => {
            let message = asked.message.as_deref().unwrap_or(AskedStatus::INTERNAL_ERROR);
            let internal = error(StatusCode::INTERNAL_SERVER_ERROR, message.into(), asked.code.as_deref());
            return internal.with_status(asked.status);
        }
        Refusal::Asked(asked) => {
            let message = asked.message.as_deref().map_or_else(|| usual(asked.status.as_u16()), Cow::from);
            return error(asked.status, message, asked.code.as_deref());
        }
        Refusal::Own(own) => return error(own.status, own.message.as_str().into(), Some(own.code)),
    };
    error(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), message, None)
}

fn error(status: StatusCode, message: Cow<'_, str>, code: Option<&str>) -> Answer {
    let (kind, usual_code) = names(status);
    let code = code.unwrap_or(usual_code);
    Answer::json(&json!({"error": {"message": message, "type": kind, "param": null, "code": code}}))
        .with_status(status)
}

/// The type and the code; what the page doesn't name follows the same scheme.
fn names(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        401 => ("authentication_error", "invalid_request_error"),
        402 => ("unknown_error", "invalid_request_error"),
        429 => ("rate_limit_error", "rate_limit_error"),
        503 => ("service_unavailable_error", "service_unavailable_error"),
        500.. => ("server_error", "server_error"),
        _ => ("invalid_request_error", "invalid_request_error"),
    }
}

fn usual(status: u16) -> Cow<'static, str> {
    match status {
        402 => "Insufficient Balance".into(),
        429 => "Too many requests are running at once".into(),
        503 => "Service is too busy, please try again later".into(),
        _ => format!("Simulated answer with status {status}.").into(),
    }
}

fn of_field<'a>(field: &str, problem: &'a Problem) -> (u16, Cow<'a, str>) {
    match problem {
        Problem::Missing => (400, format!("missing field `{field}`").into()),
        Problem::WrongType { expected, given } => {
            (400, format!("invalid type of `{field}`: {given}, expected {expected}").into())
        }
        Problem::NotAllowed { given, allowed } => {
            (422, format!("invalid value of `{field}`: '{given}', expected {allowed}").into())
        }
        Problem::TooLong { length, length_max } => {
            (422, format!("invalid length of `{field}`: {length}, expected at most {length_max}").into())
        }
        Problem::Unsupported(reason) => (400, reason.as_str().into()),
    }
}
