//! OpenAI's errors: `{"error": {"message", "type", "param", "code"}}`, all four always there.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::json;

use crate::answer::Answer;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in OpenAI's shape.
pub(in super::super) fn refuse(refusal: &Refusal, path: &str, _request_id: &str) -> Answer {
    let error = |status: u16, code, message: String| Error::new(status, code, message);
    match refusal {
        Refusal::NoKey => {
            let message = "You didn't provide an API key. You need to provide your API key in an \
                           Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
            error(401, None, message.into())
        }
        Refusal::WrongKey(key) => {
            error(401, Some("invalid_api_key"), format!("Incorrect API key provided: {}.", masked(key)))
        }
        Refusal::UnknownPath => error(404, None, format!("Invalid URL ({path})")),
        Refusal::WrongMethod => {
            error(405, Some("method_not_supported"), format!("Not allowed to use this method on {path}."))
        }
        Refusal::TooLarge => error(413, None, "Maximum content size limit exceeded.".into()),
        Refusal::RateLimited(wait) => return rate_limited(*wait),
        Refusal::Unreadable(problem) => {
            error(400, None, format!("We could not parse the body of your request: {problem}."))
        }
        Refusal::Field(field, problem) => of_field(field, problem),
        Refusal::UnknownModel(name) => {
            let message = format!("The model `{name}` does not exist or you do not have access to it.");
            Error { param: Some("model".into()), ..error(404, Some("model_not_found"), message) }
        }
        Refusal::NotFound { what, id } => error(404, None, format!("{what} with id '{id}' not found.")),
        Refusal::Asked(asked) => return asked_for(asked),
        Refusal::Own(own) => Error {
            param: own.field.map(Into::into),
            ..error(own.status.as_u16(), Some(own.code), own.message.clone())
        },
    }
    .answer()
}

/// One error before it is written.
struct Error<'a> {
    status: StatusCode,
    kind: &'static str,
    code: Option<Cow<'a, str>>,
    message: String,
    param: Option<Cow<'a, str>>,
}

impl<'a> Error<'a> {
    fn new(status: u16, code: Option<&'a str>, message: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, kind: kind(status), code: code.map(Into::into), message, param: None }
    }

    fn answer(self) -> Answer {
        let Self { status, kind, code, message, param } = self;
        let error = json!({"message": message, "type": kind, "param": param, "code": code});
        Answer::json(&json!({"error": error})).with_status(status)
    }
}

fn of_field<'a>(field: &'a str, problem: &Problem) -> Error<'a> {
    let (code, message) = match problem {
        Problem::Missing => ("missing_required_parameter", format!("Missing required parameter: '{field}'.")),
        Problem::WrongType { expected, given } => (
            "invalid_type",
            format!("Invalid type for '{field}': expected {expected}, but got {given} instead."),
        ),
        Problem::NotAllowed { given, allowed } => (
            "invalid_value",
            format!("Invalid value for '{field}': '{given}'. Supported values are: {allowed}."),
        ),
        Problem::TooLong { length, length_max } => (
            "string_above_max_length",
            format!(
                "Invalid '{field}': too long. Expected a maximum length of {length_max}, but got {length}."
            ),
        ),
        Problem::Unsupported(reason) => ("unsupported_parameter", reason.clone()),
    };
    Error { param: Some(field.into()), ..Error::new(400, Some(code), message) }
}

fn rate_limited(wait: Duration) -> Answer {
    let message = format!("Rate limit reached for requests. Please try again in {}s.", wait.as_secs_f64());
    let seconds = wait.as_millis().div_ceil(1000).to_string();
    Error::new(429, Some("rate_limit_exceeded"), message).answer().with_header(RETRY_AFTER, &seconds)
}

fn asked_for(asked: &AskedStatus) -> Answer {
    let AskedStatus { status, code, message, .. } = asked;
    if asked.failed_later() {
        let message = message.clone().unwrap_or_else(|| AskedStatus::INTERNAL_ERROR.into());
        let error = Error::new(status.as_u16(), code.as_deref(), message);
        return Error { kind: kind(StatusCode::INTERNAL_SERVER_ERROR), ..error }.answer();
    }
    let usual = match status.as_u16() {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        503 => Some("server_is_overloaded"),
        _ => None,
    };
    let message =
        message.clone().unwrap_or_else(|| format!("Simulated answer with status {}.", status.as_u16()));
    Error::new(status.as_u16(), code.as_deref().or(usual), message).answer()
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        429 => "requests",
        503 => "service_unavailable_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// The beginning and the end of a key, as the vendor shows it.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    match characters.as_slice() {
        [start @ .., _, _, _, _] if start.len() >= 8 => {
            let end: String = characters[characters.len() - 4..].iter().collect();
            format!("{}****{end}", start[..4].iter().collect::<String>())
        }
        _ => "****".into(),
    }
}
