//! Runway's errors: `error` is a text; where a field is wrong, `issues` say which, and `docUrl` where to read
//! on. There are no codes; the code of a fault comes as that of an issue.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in Runway's shape.
pub(super) fn refuse(refusal: &Refusal, _path: &str, _request_id: &str) -> Answer {
    match refusal {
        Refusal::NoKey => {
            error(401, "No API key was provided. Send it in the header `Authorization: Bearer key_...`.")
        }
        Refusal::WrongKey(_) => error(401, "The API key that was provided is not valid."),
        Refusal::UnknownPath => error(404, "Not found"),
        Refusal::WrongMethod => error(405, "Method not allowed"),
        Refusal::TooLarge => error(413, "The request body is too large"),
        Refusal::RateLimited(wait) => {
            let seconds = wait.as_millis().div_ceil(1000).to_string();
            error(429, usual(429)).with_header(RETRY_AFTER, &seconds)
        }
        Refusal::Unreadable(problem) => error(400, format!("The request could not be read: {problem}")),
        Refusal::Field(field, problem) => {
            let (code, message) = of_field(problem);
            with_issue(INVALID, code, &message, path(field))
        }
        Refusal::UnknownModel(model) => {
            let message = format!("Invalid value: {model}. Expected a model of this endpoint");
            with_issue(INVALID, "custom", &message, path("model"))
        }
        Refusal::NotFound { what, .. } => error(404, format!("Could not find {what}")),
        Refusal::Asked(asked) => {
            let status = asked.status.as_u16();
            let usual = if asked.failed_later() { AskedStatus::INTERNAL_ERROR } else { usual(status) };
            let message = asked.message.as_deref().unwrap_or(usual);
            let answer = match &asked.code {
                Some(code) => with_issue(message, code, message, Vec::new()),
                None => error(status, message),
            };
            answer.with_status(asked.status)
        }
        Refusal::Own(own) => error(own.status.as_u16(), own.message.as_str()),
    }
}

const INVALID: &str = "Validation of body failed";

fn error(status: u16, message: impl Into<Value>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Answer::json(&json!({"error": message.into()})).with_status(status)
}

fn with_issue(error: &str, code: &str, message: &str, path: Vec<Value>) -> Answer {
    Answer::json(&json!({
        "error": error,
        "issues": [{"code": code, "message": message, "path": path}],
        "docUrl": "https://docs.dev.runwayml.com/api",
    }))
    .with_status(StatusCode::BAD_REQUEST)
}

/// `promptImage.0.uri` as a list, in which places are numbers.
fn path(field: &str) -> Vec<Value> {
    field.split('.').map(|step| step.parse::<u64>().map_or_else(|_name| json!(step), Value::from)).collect()
}

fn of_field(problem: &Problem) -> (&'static str, String) {
    match problem {
        Problem::Missing => ("invalid_type", "Required".into()),
        Problem::WrongType { expected, given } => {
            ("invalid_type", format!("Expected {expected}, received {given}"))
        }
        Problem::NotAllowed { given, allowed } => {
            ("custom", format!("Invalid value: {given}. Expected {allowed}"))
        }
        Problem::TooLong { length, length_max } => {
            ("too_big", format!("Expected a length of at most {length_max}, received {length}"))
        }
        Problem::Unsupported(reason) => ("custom", reason.clone()),
    }
}

fn usual(status: u16) -> &'static str {
    match status {
        401 => "The API key that was provided is not valid.",
        404 => "Could not find Task",
        429 => "Too many requests. Please try again later.",
        502..=504 => "The service is overloaded. Please try again later.",
        500.. => "Internal server error",
        _ => "Bad request",
    }
}
