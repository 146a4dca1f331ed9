//! Stability's errors: v1 has one `message`, v2beta a list of `errors`.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;
use crate::content::as_uuid;
use crate::refusal::{Problem, Refusal};

/// A refusal in the shape of the version that the path names.
pub(super) fn refuse(refusal: &Refusal, path: &str, request_id: &str) -> Answer {
    let is_v1 = path.starts_with("/v1/");
    let (status, name, message) = error(refusal, is_v1);
    let body = if is_v1 {
        json!({"id": as_uuid(request_id), "name": name, "message": message})
    } else {
        json!({"id": request_id, "name": name, "errors": [message]})
    };
    Answer::json(&body).with_status(status)
}

fn error(refusal: &Refusal, is_v1: bool) -> (StatusCode, Cow<'_, str>, Cow<'_, str>) {
    let (status, message): (u16, Cow<'_, str>) = match refusal {
        Refusal::NoKey => (401, "authorization: missing API key".into()),
        Refusal::WrongKey(_) => (401, "authorization: incorrect API key provided".into()),
        Refusal::UnknownPath => (404, "The resource you requested does not exist.".into()),
        Refusal::WrongMethod => (405, "This method is not allowed here.".into()),
        Refusal::TooLarge => (413, "The request body exceeds the limit of this endpoint.".into()),
        Refusal::RateLimited(_) => {
            (429, "You have exceeded the rate limit of 150 requests within a 10 second period.".into())
        }
        Refusal::Unreadable(problem) => (400, format!("content-type: {problem}").into()),
        Refusal::Field(field, problem) => (400, of_field(field, problem).into()),
        Refusal::UnknownModel(id) => (404, format!("Engine '{id}' was not found.").into()),
        Refusal::NotFound { what, id } => {
            (404, format!("{what} '{id}' was not found or has expired.").into())
        }
        Refusal::Asked(asked) => {
            let message = asked.message.as_deref().unwrap_or("Simulated answer.");
            let name = asked.code.as_deref().map_or_else(|| name(asked.status, is_v1).into(), Cow::from);
            return (asked.status, name, message.into());
        }
        Refusal::Own(own) => return (own.status, own.code.into(), own.message.as_str().into()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, name(status, is_v1).into(), message)
}

fn name(status: StatusCode, is_v1: bool) -> &'static str {
    match (status.as_u16(), is_v1) {
        (401, _) => "unauthorized",
        (402, _) => "payment_required",
        (403, true) => "permission_denied",
        (403, false) => "content_moderation",
        (404, _) => "not_found",
        (405, _) => "method_not_allowed",
        (413, _) => "payload_too_large",
        (422, _) => "invalid_language",
        (429, true) => "too_many_requests",
        (429, false) => "rate_limit_exceeded",
        (500.., true) => "server_error",
        (500.., false) => "internal_error",
        _ => "bad_request",
    }
}

fn of_field(field: &str, problem: &Problem) -> String {
    match problem {
        Problem::Missing => format!("{field}: is required"),
        Problem::WrongType { expected, .. } => format!("{field}: must be {expected}"),
        Problem::NotAllowed { allowed, .. } => format!("{field}: must be {allowed}"),
        Problem::TooLong { length_max, .. } => format!("{field}: must be at most {length_max} long"),
        Problem::Unsupported(reason) => format!("{field}: {reason}"),
    }
}
