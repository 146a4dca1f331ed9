//! AIHubMix's errors: `{"error": {"message", "type", "code"?}, "type": "error"}`.
//!
//! A message ends with the id that the vendor finds the request by. Two refusals have the status 503, and only
//! the message tells them apart: a model that isn't there, and one whose own vendor is at its limit for now.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::json;

use super::super::anthropic;
use crate::answer::Answer;
use crate::content::hash;
use crate::fault::AskedStatus;
use crate::refusal::{Problem, Refusal};

/// A refusal in AIHubMix's shape, but for what the model's own vendor finds wrong with a message: that goes
/// through as it is.
pub(super) fn refuse(refusal: &Refusal, path: &str, request_id: &str) -> Answer {
    if path == "/v1/messages" && matches!(refusal, Refusal::Field(..)) {
        return anthropic::error::refuse(refusal, path, request_id);
    }
    let Error { status, code, message } = Error::of(refusal, path);
    let message = format!("{message} (tid: {})", trace_id(request_id));
    let mut error = json!({"message": message, "type": "Aihubmix_api_error"});
    if let Some(code) = code {
        error["code"] = json!(code);
    }
    Answer::json(&json!({"error": error, "type": "error"})).with_status(status)
}

/// One error before it is written.
struct Error<'a> {
    status: StatusCode,
    code: Option<&'a str>,
    message: Cow<'a, str>,
}

impl<'a> Error<'a> {
    fn of(refusal: &'a Refusal, path: &str) -> Self {
        match refusal {
            Refusal::NoKey => Self::new(401, "no key provided"),
            Refusal::WrongKey(_) => Self::usual(StatusCode::UNAUTHORIZED),
            Refusal::UnknownPath => Self::new(404, format!("Invalid URL ({path})")),
            Refusal::WrongMethod => Self::new(405, format!("Method not allowed ({path})")),
            Refusal::TooLarge => Self::new(413, "request body too large"),
            Refusal::RateLimited(_) => Self::usual(StatusCode::TOO_MANY_REQUESTS),
            Refusal::Unreadable(problem) => Self::new(400, format!("invalid request body: {problem}")),
            Refusal::Field(field, problem) => {
                let message = of_field(field, problem);
                Self { code: code_of_field(field, problem), ..Self::new(400, message) }
            }
            Refusal::UnknownModel(_) => {
                let message = "Incorrect model ID. Please request to view the model page or you do not have \
                               permission to use this model";
                Self::new(503, message)
            }
            Refusal::NotFound { what, id } => Self::new(404, format!("{what} {id} not found")),
            Refusal::Asked(asked) => {
                let usual = if asked.failed_later() {
                    Self::new(500, AskedStatus::INTERNAL_ERROR)
                } else {
                    Self::usual(asked.status)
                };
                Self {
                    status: asked.status,
                    code: asked.code.as_deref().or(usual.code),
                    message: asked.message.as_deref().map_or(usual.message, Cow::from),
                }
            }
            Refusal::Own(own) => {
                let message = own.message.as_str().into();
                Self { status: own.status, code: Some(own.code), message }
            }
        }
    }

    fn new(status: u16, message: impl Into<Cow<'a, str>>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, code: None, message: message.into() }
    }

    /// What this status means mostly. That of 403 is an empty account, that of 503 a limit that passes.
    fn usual(status: StatusCode) -> Self {
        let (code, message): (_, Cow<'_, str>) = match status.as_u16() {
            401 => (None, "Invalid token".into()),
            403 => (
                Some("insufficient_user_quota"),
                "Your account balance is insufficient. Please recharge your account to continue using the API."
                    .into(),
            ),
            429 => (None, "The requested model Too many requests".into()),
            500 => (Some("no_valid_channel_error"), "no_valid_channel_error".into()),
            503 => (None, "The provider of this model is rate limited, please try again later".into()),
            status => (None, format!("Simulated answer with status {status}.").into()),
        };
        Self { status, code, message }
    }
}

fn code_of_field(field: &str, problem: &Problem) -> Option<&'static str> {
    match (field, problem) {
        ("prompt", Problem::Missing) => Some("prompt_missing"),
        ("prompt", Problem::TooLong { .. }) => Some("prompt_too_long"),
        ("input", Problem::TooLong { .. }) => Some("text_too_long"),
        ("size", Problem::NotAllowed { .. }) => Some("size_not_supported"),
        ("n", Problem::NotAllowed { .. }) => Some("n_not_within_range"),
        _ => None,
    }
}

fn of_field(field: &str, problem: &Problem) -> String {
    match problem {
        Problem::Missing => format!("{field} is required"),
        Problem::WrongType { expected, given } => format!("{field} must be {expected}, not {given}"),
        Problem::NotAllowed { given, allowed } => {
            format!("{field} '{given}' is not supported, supported values are: {allowed}")
        }
        Problem::TooLong { length, length_max } => {
            format!("{field} is too long: {length}, at most {length_max}")
        }
        Problem::Unsupported(reason) => reason.clone(),
    }
}

/// What the vendor's support asks for: 19 digits.
fn trace_id(request_id: &str) -> String {
    format!("{:019}", hash(request_id) % 10_u64.pow(19))
}
