//! Errors as Anthropic's clients know them; see [`crate::error`] for how they are made.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// The body of an error, in Anthropic's shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageErrorBody {
    /// Always `error`.
    #[serde(rename = "type")]
    kind: &'static str,
    error: MessageErrorDetail,
    /// Names the request in our logs.
    request_id: String,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
struct MessageErrorDetail {
    /// The kind of error, in Anthropic's words.
    #[serde(rename = "type")]
    kind: &'static str,
    /// A sentence for people.
    message: String,
    /// The error, a word for programs.
    code: &'static str,
    /// The field that is wrong.
    param: Option<String>,
}

/// The errors of Anthropic's routes, but for a vendor that takes too long.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "made by their statuses, this documents them")]
pub(crate) enum MessageErrors {
    /// Something is missing, empty or of a wrong type; `param` names it. Or a vendor who was sent the request as it came
    /// refuses it: `invalid_request` or `refused`, or a code of its own.
    #[response(status = 400)]
    Malformed(MessageErrorBody),
    /// No key, or one that doesn't count.
    #[response(status = 401)]
    Unauthorized(MessageErrorBody),
    /// The account can't pay for any answer.
    #[response(status = 402)]
    InsufficientCredits(MessageErrorBody),
    /// The key may not do this, or not for this user.
    #[response(status = 403)]
    Forbidden(MessageErrorBody),
    /// No such model.
    #[response(status = 404)]
    NotFound(MessageErrorBody),
    /// The body came too slowly.
    #[response(status = 408)]
    TooSlow(MessageErrorBody),
    /// The first request with this key is still worked on, or its answer was too long to be kept.
    #[response(status = 409)]
    Conflict(MessageErrorBody),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(MessageErrorBody),
    /// A value isn't offered or isn't priced; `param` names it, `message` says what is. Or a vendor who was asked in our
    /// words refuses that: `invalid_request` or `refused`.
    #[response(status = 422)]
    NotAllowed(MessageErrorBody),
    /// The key or the account has done as much as it may; `message` names the limit.
    #[response(status = 429)]
    LimitExceeded(MessageErrorBody),
    /// Something failed on our side; `x-should-retry` says whether it may be sent again.
    #[response(status = 500)]
    Internal(MessageErrorBody),
    /// The vendor failed, or the first request with this key was cut off.
    #[response(status = 502)]
    VendorFailed(MessageErrorBody),
    /// No vendor can be asked now, there is no room left, or what we keep can't be reached.
    #[response(status = 503)]
    Unavailable(MessageErrorBody),
}
