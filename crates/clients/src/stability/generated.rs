//! Results as they come, and what the vendor says of them.

use http::{HeaderMap, header};

use super::form::Form;
use crate::http::{BaseHttpClient, ClientError, Effect, ErrorKind, StreamResponse};
use crate::vendor::{Media, open_enum};

/// A result on its way here.
#[derive(Debug)]
pub struct Generated {
    /// How the work ended; none where the vendor doesn't say. What the filter has blurred comes as a success too, so
    /// this is always to be looked at.
    pub finish_reason: Option<FinishReason>,
    /// What makes the same result again.
    pub seed: Option<u64>,
    /// The result itself.
    pub media: Media,
}

open_enum! {
    /// How the work ended.
    pub enum FinishReason {
        /// As it was asked for.
        Success = "SUCCESS",
        /// The vendor's filter caught it, and what comes is blurred.
        ContentFiltered = "CONTENT_FILTERED",
        /// There is none; of v1 only.
        Error = "ERROR",
    }
}

/// Where something is made at once, and what it is.
pub(super) struct Made {
    pub(super) path: &'static str,
    pub(super) accept: &'static str,
    pub(super) operation: &'static str,
}

pub(super) async fn generate(
    http: &BaseHttpClient,
    made: Made,
    request: &dyn Form,
) -> Result<Generated, ClientError> {
    let call = http.post(made.path).operation(made.operation).accept(made.accept);
    Generated::of(call.multipart(request.form()?).paid().stream().await?)
}

impl Generated {
    pub(super) fn of(answer: StreamResponse) -> Result<Self, ClientError> {
        let text = |name: &str| header(answer.headers(), name);
        let media_type = text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        if media_type.starts_with("application/json") || media_type.starts_with("text/") {
            let error = ClientError::new(ErrorKind::Decode, Effect::Started).with_status(answer.status());
            return Err(error.with_request_id(answer.request_id()).with_source("the answer is no media"));
        }
        Ok(Self {
            finish_reason: text("finish-reason").map(FinishReason::from),
            seed: text("seed").and_then(|seed| seed.parse().ok()),
            media: Media::of(answer),
        })
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
