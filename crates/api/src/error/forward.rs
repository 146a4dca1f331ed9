//! What a caller is told of a forwarded request that has no answer of its target's.

use fourfold_domain::Effect;
use fourfold_forward::{Effect as ForwardEffect, ForwardError};
use http::StatusCode;

use super::{ApiError, RETRY_AFTER};
use crate::forward::ForwardRefusal;
use crate::pace::is_too_slow;

impl From<ForwardError> for ApiError {
    fn from(error: ForwardError) -> Self {
        let message = error.to_string();
        let (effect, retry_after, kind) = (effect(error.effect()), error.retry_after(), error.kind());
        let (status, code) = match error {
            ForwardError::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "malformed"),
            ForwardError::UnsafePath(_) => (StatusCode::BAD_REQUEST, "unsafe_path"),
            ForwardError::RequestTransform { source, .. } => {
                let message = format!("{message}: {source}");
                return Self::new(StatusCode::BAD_REQUEST, "transform_failed", message);
            }
            ForwardError::UnknownTarget(_) => (StatusCode::NOT_FOUND, "not_found"),
            ForwardError::NotAllowed { .. } => (StatusCode::FORBIDDEN, "not_allowed"),
            ForwardError::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "target_limit_exceeded"),
            ForwardError::Refused(refusal) => {
                return refusal.0.downcast::<ForwardRefusal>().map_or_else(
                    |error| {
                        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a meter failed");
                        Self::internal()
                    },
                    |refusal| Self::from(*refusal),
                );
            }
            ForwardError::RequestBody { source, .. } if is_too_slow(&*source) => {
                return Self { effect, ..crate::extract::too_slow() };
            }
            ForwardError::SlowBody => return crate::extract::too_slow(),
            ForwardError::RequestBody { .. } => (StatusCode::BAD_REQUEST, "malformed"),
            ForwardError::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            ForwardError::Unhealthy { .. } | ForwardError::BreakerOpen { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, kind)
            }
            ForwardError::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, kind),
            ForwardError::AnswerTransform { .. } => (StatusCode::BAD_GATEWAY, "transform_failed"),
            ForwardError::Unreachable { .. } | ForwardError::MalformedAnswer { .. } => {
                (StatusCode::BAD_GATEWAY, kind)
            }
            _ => (StatusCode::BAD_GATEWAY, "interrupted"),
        };
        let may_help = status.is_server_error() && effect == Effect::NotStarted;
        let retry_after = retry_after.or(may_help.then_some(RETRY_AFTER));
        Self { effect, retry_after, ..Self::new(status, code, message) }
    }
}

impl From<ForwardRefusal> for ApiError {
    fn from(refusal: ForwardRefusal) -> Self {
        match refusal {
            ForwardRefusal::MissingUser => Self::missing_user(),
            ForwardRefusal::Unpriced(what) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unpriced_parameter", what)
            }
            ForwardRefusal::Service(error) => error.into(),
        }
    }
}

/// The same in our words.
fn effect(effect: ForwardEffect) -> Effect {
    match effect {
        ForwardEffect::NotStarted => Effect::NotStarted,
        ForwardEffect::MayHaveStarted => Effect::MayHaveStarted,
        ForwardEffect::Started => Effect::Started,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fourfold_forward::{ClientError, ErrorKind, Limit, Refusal, TimeoutStage, TransformError};
    use fourfold_service::Refusal as ServiceRefusal;
    use fourfold_service::ServiceError;

    use super::*;

    fn client(effect: ForwardEffect) -> Box<ClientError> {
        Box::new(ClientError::new(ErrorKind::Interrupted, effect))
    }

    #[test]
    fn each_condition_has_its_status() {
        use ForwardEffect::{MayHaveStarted, NotStarted, Started};
        let second = Duration::from_secs(1);
        let timeout = |stage, effect| ForwardError::Timeout { stage, effect, source: client(effect) };
        let transform = || TransformError { message: "no object".to_owned(), source: None };
        let broke = ServiceError::Refused(ServiceRefusal::NotFound);
        let table = [
            (ForwardError::InvalidRequest("x"), 400, "malformed", Effect::NotStarted),
            (ForwardError::UnsafePath("x"), 400, "unsafe_path", Effect::NotStarted),
            (
                ForwardError::RequestTransform { transformer: "body".into(), source: transform() },
                400,
                "transform_failed",
                Effect::NotStarted,
            ),
            (ForwardError::UnknownTarget("t".into()), 404, "not_found", Effect::NotStarted),
            (
                ForwardError::NotAllowed { target: "t".into(), method: "GET".into(), path: "/".into() },
                403,
                "not_allowed",
                Effect::NotStarted,
            ),
            (
                ForwardError::TooManyRequests { limit: Limit::Rate, retry_after: second },
                429,
                "target_limit_exceeded",
                Effect::NotStarted,
            ),
            (
                ForwardError::Refused(Refusal(ForwardRefusal::MissingUser.into())),
                400,
                "missing_user",
                Effect::NotStarted,
            ),
            (
                ForwardError::Refused(Refusal(ForwardRefusal::Service(broke).into())),
                404,
                "not_found",
                Effect::NotStarted,
            ),
            (ForwardError::Unhealthy { retry_after: second }, 503, "unhealthy", Effect::NotStarted),
            (ForwardError::BreakerOpen { retry_after: second }, 503, "breaker_open", Effect::NotStarted),
            (ForwardError::NoRoom, 503, "overloaded", Effect::NotStarted),
            (ForwardError::SlowBody, 408, "body_timeout", Effect::NotStarted),
            (timeout(TimeoutStage::Connect, NotStarted), 504, "connect_timeout", Effect::NotStarted),
            (
                timeout(TimeoutStage::FirstByte, MayHaveStarted),
                504,
                "request_timeout",
                Effect::MayHaveStarted,
            ),
            (
                ForwardError::AnswerTransform { transformer: "body".into(), source: transform() },
                502,
                "transform_failed",
                Effect::Started,
            ),
            (
                ForwardError::Unreachable { source: client(NotStarted) },
                502,
                "unreachable",
                Effect::NotStarted,
            ),
            (
                ForwardError::MalformedAnswer { effect: MayHaveStarted, source: client(MayHaveStarted) },
                502,
                "malformed_answer",
                Effect::MayHaveStarted,
            ),
            (
                ForwardError::Interrupted { effect: Started, source: client(Started) },
                502,
                "interrupted",
                Effect::Started,
            ),
        ];
        for (error, status, code, effect) in table {
            let text = format!("{error:?}");
            let is_again = error.retry_after().is_some();
            let error = ApiError::from(error);
            assert_eq!((error.status.as_u16(), &*error.code, error.effect), (status, code, effect), "{text}");
            // Who may send it again is told when.
            let may_help = status >= 500 && effect == Effect::NotStarted;
            assert_eq!(error.retry_after.is_some(), is_again || may_help, "{text}");
        }
    }
}
