//! How an error is written: in OpenAI's shape, which is ours too, or in Anthropic's, as an answer or as the last event of
//! a stream. What it says is decided in [`crate::error`].

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use fourfold_domain::{Dialect, Effect};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// The body of an error.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
    /// Names the request in our logs.
    request_id: String,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
struct ErrorDetail {
    /// A sentence for people.
    message: String,
    /// The kind of error, a word for programs.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The error, a word for programs.
    code: Cow<'static, str>,
    /// The field that is wrong.
    param: Option<String>,
    /// The job that the request made, of which `/api/v1/jobs/{id}` tells more; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<String>,
}

impl ApiError {
    /// As the last event of a stream that has begun.
    pub(crate) fn event(&self, dialect: Dialect) -> String {
        let detail = self.detail();
        match dialect {
            Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => {
                format!("data: {}\n\n", serde_json::json!({"error": detail}))
            }
            Dialect::OpenAiResponses => {
                let ErrorDetail { message, code, param, .. } = detail;
                let event =
                    serde_json::json!({"type": "error", "code": code, "message": message, "param": param});
                format!("event: error\ndata: {event}\n\n")
            }
            Dialect::AnthropicMessages => {
                let error =
                    serde_json::json!({"type": anthropic_kind(self.status), "message": detail.message});
                format!("event: error\ndata: {}\n\n", serde_json::json!({"type": "error", "error": error}))
            }
        }
    }

    /// As the last event of an answer of a conversation.
    pub(crate) fn chat_event(&self) -> String {
        format!("event: error\ndata: {}\n\n", serde_json::json!({"error": self.detail()}))
    }

    fn detail(&self) -> ErrorDetail {
        ErrorDetail {
            message: self.message.to_string(),
            kind: kind(self.status),
            code: self.code.clone(),
            param: self.param.as_ref().map(ToString::to_string),
            job_id: self.job.map(|job| job.to_string()),
        }
    }

    /// The whole answer, in Anthropic's shape or in ours, which is OpenAI's.
    pub(crate) fn answer(&self, request_id: &str, is_anthropics: bool) -> Response {
        let (error, request_id) = (self.detail(), request_id.to_owned());
        let mut response = if is_anthropics {
            let kind = anthropic_kind(self.status);
            let ErrorDetail { message, code, param, .. } = error;
            let error = serde_json::json!({"type": kind, "message": message, "code": code, "param": param});
            let body = serde_json::json!({"type": "error", "error": error, "request_id": request_id});
            (self.status, Json(body)).into_response()
        } else {
            (self.status, Json(ErrorBody { error, request_id })).into_response()
        };
        let headers = response.headers_mut();
        if self.effect != Effect::NotStarted {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        } else if self.retry_after.is_some() {
            headers.insert("x-should-retry", HeaderValue::from_static("true"));
        }
        if let Some(after) = self.retry_after {
            // Rounded up: earlier it would be refused again.
            let seconds = after.as_millis().div_ceil(1000).max(1);
            headers
                .insert(header::RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The kind of error, in OpenAI's words, which clients tell apart.
fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::PAYMENT_REQUIRED => "insufficient_quota",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::CONFLICT => "conflict_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "api_error",
    }
}

/// The same in Anthropic's words.
fn anthropic_kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYMENT_REQUIRED => "billing_error",
        StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
        StatusCode::GATEWAY_TIMEOUT => "timeout_error",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
        status => kind(status),
    }
}
