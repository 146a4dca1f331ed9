//! Errors as callers see them, and the only table of status codes.

mod forward;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use fourfold_domain::{Effect, InvalidInput, JobId, JobState, Problem, Reason};
use fourfold_service::jobs::JobView;
use fourfold_service::{PassedOn, Refusal, ServiceError};
use http::StatusCode;

pub(crate) use crate::envelope::ErrorBody;
use crate::extract::BrokenUpload;

/// How soon a caller may try again after a failure of ours.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// An error on its way to a caller. The outermost layer gives it its request id and its body.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    /// The field that is wrong.
    pub(crate) param: Option<Cow<'static, str>>,
    /// How soon it makes sense to try again.
    pub(crate) retry_after: Option<Duration>,
    /// Whether paid work may exist, which forbids clients to try again by themselves.
    pub(crate) effect: Effect,
    /// The job that the request made.
    pub(crate) job: Option<JobId>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            param: None,
            retry_after: None,
            effect: Effect::NotStarted,
            job: None,
        }
    }

    pub(crate) fn param(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    fn again_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// The request isn't what it should be: not JSON, a field missing, empty or of a wrong type, a bad id.
    pub(crate) fn malformed(
        param: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message).param(param)
    }

    /// A parameter's value isn't offered; the message says what is.
    pub(crate) fn invalid(
        param: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameter", message).param(param)
    }

    pub(crate) fn unauthorized(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    /// It isn't known for whom a request is.
    pub(crate) fn missing_user() -> Self {
        let message = "name the end user with the header Fourfold-User";
        Self::new(StatusCode::BAD_REQUEST, "missing_user", message).param("Fourfold-User")
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("no such {what}"))
    }

    pub(crate) fn too_large(what: &str, bytes_max: u64) -> Self {
        let message = format!("{what} must be at most {bytes_max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// The configuration has a mistake; only admins see it.
    pub(crate) fn invalid_configuration(problem: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_configuration", problem)
    }

    /// A failure of ours; the caller learns only that, the log has the rest under the request's id.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed on our side")
    }

    /// What the caller of a conversation is told: whoever the model is and however it failed, a failure is ours to him;
    /// but for what the vendor won't answer, which he can mend. His message is kept then, so that where the same request
    /// would be another message, his client mustn't repeat it by itself.
    pub(crate) fn of_turn(error: ServiceError, is_kept_anew: bool) -> Self {
        let code = match &error {
            ServiceError::Vendor { reason: Reason::Refused, .. } => None,
            ServiceError::Vendor { reason: Reason::Timeout, .. } => Some("model_timeout"),
            ServiceError::Vendor { .. } => Some("model_failed"),
            _ => None,
        };
        let error = Self::from(error);
        match code {
            Some(code) => {
                let (effect, retry_after) = match is_kept_anew {
                    true => (Effect::MayHaveStarted, None),
                    false => (error.effect, error.retry_after),
                };
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self { status, code: code.into(), effect, retry_after, ..error }
            }
            None => error,
        }
    }

    /// What the caller who waited for a job is told of one that has no result for him. What was called off, and what
    /// may go on, isn't to be made again by itself.
    pub(crate) fn of_job(view: &JobView) -> Self {
        let told = view.job.error.as_ref();
        let message = told.map_or_else(|| "the job has failed".to_owned(), |error| error.message.clone());
        let error = match view.job.state {
            JobState::Failed => {
                let effect = view.attempts.last().map_or(Effect::NotStarted, |attempt| attempt.effect);
                let reason = Reason::ALL
                    .into_iter()
                    .find(|reason| told.is_some_and(|error| error.code == reason.as_str()));
                // Without a reason nobody can tell whether the vendor took it, or it was a failure of ours.
                let reason = reason.unwrap_or(Reason::Failed);
                ServiceError::Vendor { reason, effect, message, retry_after: None, passed_on: None }.into()
            }
            JobState::Cancelled => Self::begun(StatusCode::CONFLICT, "cancelled", message),
            JobState::Expired => Self::begun(StatusCode::GATEWAY_TIMEOUT, "expired", message),
            JobState::Queued
            | JobState::Starting
            | JobState::Running
            | JobState::Storing
            | JobState::Succeeded => {
                let message = "it takes longer than a request may; its job goes on and will have the result";
                Self::begun(StatusCode::GATEWAY_TIMEOUT, "still_running", message)
            }
        };
        Self { job: Some(view.job.id), ..error }
    }

    fn begun(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { effect: Effect::MayHaveStarted, ..Self::new(status, code, message) }
    }
}

impl IntoResponse for ApiError {
    /// Without its body yet: the outermost layer knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<InvalidInput> for ApiError {
    fn from(error: InvalidInput) -> Self {
        let message = error.to_string();
        match error.problem {
            Problem::Malformed => Self::malformed(error.field, message),
            Problem::NotAllowed => Self::invalid(error.field, message),
            Problem::Unpriced => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unpriced_parameter", message).param(error.field)
            }
        }
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid(invalid) => invalid.into(),
            ServiceError::UnknownModel(name) => Self::new(
                StatusCode::NOT_FOUND,
                "unknown_model",
                format!("unknown model {name:?}; see /api/v1/models"),
            )
            .param("model"),
            ServiceError::ModelNotAllowed(_) => {
                Self::new(StatusCode::FORBIDDEN, "model_not_allowed", error.to_string()).param("model")
            }
            ServiceError::LimitExceeded { retry_after, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", error.to_string())
                    .again_after(retry_after)
            }
            ServiceError::NotFound(what) => Self::not_found(what),
            ServiceError::Removed => Self::new(StatusCode::NOT_FOUND, "removed", error.to_string()),
            ServiceError::MaxCreditsExceeded { .. } => {
                Self::new(StatusCode::PAYMENT_REQUIRED, "max_credits_exceeded", error.to_string())
                    .param("max_credits")
            }
            ServiceError::InProgress => {
                Self::new(StatusCode::CONFLICT, "in_progress", error.to_string()).again_after(RETRY_AFTER)
            }
            ServiceError::Interrupted => Self {
                effect: Effect::MayHaveStarted,
                ..Self::new(StatusCode::BAD_GATEWAY, "interrupted", error.to_string())
            },
            ServiceError::ReplayTooLarge { .. } => Self {
                effect: Effect::Started,
                ..Self::new(StatusCode::CONFLICT, "replay_too_large", error.to_string())
            },
            ServiceError::AlreadyMade { .. } => Self {
                effect: Effect::Started,
                ..Self::new(StatusCode::CONFLICT, "already_made", error.to_string()).param("Idempotency-Key")
            },
            ServiceError::Stopping => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", error.to_string())
                    .again_after(RETRY_AFTER)
            }
            ServiceError::Overloaded => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", error.to_string())
                    .again_after(RETRY_AFTER)
            }
            ServiceError::Vendor { reason, effect, message, retry_after, passed_on } => {
                let (status, code) = vendor_failed(reason, effect);
                let (status, code) = match passed_on {
                    Some(passed_on) => as_passed_on(reason, status, code.into(), passed_on),
                    None => (status, code.into()),
                };
                let again = status.is_server_error() && effect == Effect::NotStarted;
                let retry_after = again.then(|| retry_after.unwrap_or(RETRY_AFTER));
                Self { effect, retry_after, code, ..Self::new(status, "", message) }
            }
            ServiceError::TooLarge { what, bytes_max } => Self::too_large(&what, bytes_max).param(what),
            ServiceError::Source(source) => match source.downcast::<BrokenUpload>() {
                Ok(broken) => broken.0,
                Err(source) => {
                    let error = source.as_ref() as &dyn std::error::Error;
                    tracing::error!(error, "an upload broke off on our side");
                    Self::internal()
                }
            },
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::StorageFull(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "there is no room left");
                let message = "there is no room left for results; try again later";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage_full", message)
                    .again_after(Duration::from_secs(30))
            }
            ServiceError::Unavailable { effect, .. } => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a request found our store or storage gone"
                );
                let message = match effect {
                    Effect::NotStarted => "what we keep can't be reached; nothing was done, try again",
                    Effect::MayHaveStarted | Effect::Started => {
                        "what we keep can't be reached; look whether it was done before you try again"
                    }
                };
                let unavailable = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
                Self { effect, ..unavailable.again_after(RETRY_AFTER) }
            }
            ServiceError::Internal { effect, .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request failed on our side");
                let retry_after = (effect == Effect::NotStarted).then_some(RETRY_AFTER);
                Self { effect, retry_after, ..Self::internal() }
            }
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::NotFound => Self::not_found("job"),
            Refusal::InsufficientCredits { .. } => {
                Self::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", message)
            }
            Refusal::BudgetExceeded { .. } => {
                Self::new(StatusCode::PAYMENT_REQUIRED, "budget_exceeded", message)
            }
            Refusal::IdempotencyMismatch => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", message)
                    .param("Idempotency-Key")
            }
            Refusal::OperationMismatch => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "operation_mismatch", message)
                    .param("operation_id")
            }
            Refusal::AlreadyFinal => Self::new(StatusCode::CONFLICT, "already_final", message),
            Refusal::NotRetryable(_) => Self::new(StatusCode::CONFLICT, "not_retryable", message),
            // Who submits a job learns of the field instead.
            Refusal::NoFile(_) => Self::not_found("file"),
            Refusal::FileInUse => Self::new(StatusCode::CONFLICT, "in_use", message),
            Refusal::TooManyFiles(_) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_files", message).param("file")
            }
            Refusal::NoWebhookSecret => Self::invalid("webhook_url", message),
            Refusal::TooManyWebhookSecrets => Self::new(StatusCode::CONFLICT, "too_many_secrets", message),
            Refusal::Range(_) => Self::invalid("credits", message),
            Refusal::AnothersConversation => {
                Self::new(StatusCode::FORBIDDEN, "wrong_user", message).param("conversation_id")
            }
            Refusal::ConversationBusy => {
                Self::new(StatusCode::CONFLICT, "conversation_busy", message).again_after(RETRY_AFTER)
            }
            Refusal::NotDue
            | Refusal::LeaseLost
            | Refusal::TurnLost
            | Refusal::CancelRequested
            | Refusal::CallEnded
            | Refusal::IllegalMove(_) => {
                tracing::error!(
                    error = &refusal as &dyn std::error::Error,
                    "a request was refused for a reason of ours"
                );
                Self::internal()
            }
        }
    }
}

/// What a caller is told where no vendor did the work: a verdict on the request is the caller's to mend, all else is
/// not, and what is wrong between the operator and the vendor is not for the caller to know.
fn vendor_failed(reason: Reason, effect: Effect) -> (StatusCode, &'static str) {
    match reason {
        Reason::InvalidRequest | Reason::Refused => (StatusCode::UNPROCESSABLE_ENTITY, reason.as_str()),
        Reason::Timeout => (StatusCode::GATEWAY_TIMEOUT, "vendor_timeout"),
        Reason::RateLimited => (StatusCode::SERVICE_UNAVAILABLE, reason.as_str()),
        Reason::Unavailable if effect == Effect::NotStarted => {
            (StatusCode::SERVICE_UNAVAILABLE, reason.as_str())
        }
        Reason::Unavailable
        | Reason::Unauthorized
        | Reason::Forbidden
        | Reason::OutOfMoney
        | Reason::Failed
        | Reason::Unreadable
        | Reason::NotFound
        | Reason::Unsupported => (StatusCode::BAD_GATEWAY, "vendor_failed"),
    }
}

/// The same where the vendor was sent the caller's own bytes: his client may tell apart what the vendor would have
/// answered him.
fn as_passed_on(
    reason: Reason,
    status: StatusCode,
    code: Cow<'static, str>,
    passed_on: PassedOn,
) -> (StatusCode, Cow<'static, str>) {
    match reason {
        Reason::InvalidRequest | Reason::Refused => {
            (StatusCode::BAD_REQUEST, passed_on.code.map_or(code, Cow::Owned))
        }
        _ => (status, code),
    }
}
