//! The transformers of a target in their order, and what they are given.

use std::sync::Arc;

use bytes::Bytes;
use fourfold_clients::http::Body;
use http::{HeaderMap, Response, header};

use crate::ForwardError;
use crate::collect::{Start, collect, is_plain_json};
use crate::transform::{CallContext, RequestDraft, RequestTransformer, ResponseDraft, ResponseTransformer};

/// The transformers of a target, sorted once: lower priorities first, equal ones as they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    requests: Vec<Arc<dyn RequestTransformer>>,
    responses: Vec<Arc<dyn ResponseTransformer>>,
    reads_requests: bool,
    reads_responses: bool,
    body_bytes_max: usize,
}

impl Chain {
    pub(crate) fn new(
        mut requests: Vec<Arc<dyn RequestTransformer>>,
        mut responses: Vec<Arc<dyn ResponseTransformer>>,
        body_bytes_max: usize,
    ) -> Self {
        requests.sort_by_key(|transformer| transformer.priority());
        responses.sort_by_key(|transformer| transformer.priority());
        Self {
            reads_requests: requests.iter().any(|transformer| transformer.reads_body()),
            reads_responses: responses.iter().any(|transformer| transformer.reads_body()),
            requests,
            responses,
            body_bytes_max,
        }
    }

    pub(crate) fn has_any(&self) -> bool {
        !self.requests.is_empty() || !self.responses.is_empty()
    }

    pub(crate) fn changes_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Up to how many bytes of a JSON request the transformers want to see.
    pub(crate) fn request_bytes_max(&self) -> Option<usize> {
        self.reads_requests.then_some(self.body_bytes_max)
    }

    /// Changes a request, or says which transformer can't.
    pub(crate) async fn change_request(
        &self,
        draft: &mut RequestDraft,
        call: &CallContext,
    ) -> Result<(), ForwardError> {
        for transformer in &self.requests {
            let changed = transformer.transform(draft, call).await;
            changed.map_err(|source| ForwardError::RequestTransform {
                transformer: transformer.name().to_owned(),
                source,
            })?;
        }
        Ok(())
    }

    /// Changes an answer, or says which transformer can't. `has_body` tells one that could have a body.
    pub(crate) async fn change_answer(
        &self,
        answer: Response<Body>,
        has_body: bool,
        call: &CallContext,
    ) -> Result<Response<Body>, ForwardError> {
        if self.responses.is_empty() {
            return Ok(answer);
        }
        let (mut head, mut body) = answer.into_parts();
        let mut collected = None;
        if has_body && self.reads_responses && is_plain_json(&head.headers) {
            let effect = fourfold_clients::http::Effect::Started;
            let start = collect(body, self.body_bytes_max).await;
            match start.map_err(|error| ForwardError::of_client(error, effect))? {
                Start::Whole(bytes) => (collected, body) = (Some(bytes), Body::empty()),
                Start::Rest(rest) => body = rest,
            }
        }
        let was_collected = collected.clone();
        let mut draft = ResponseDraft { status: head.status, headers: head.headers, body: collected };
        for transformer in &self.responses {
            let changed = transformer.transform(&mut draft, call).await;
            changed.map_err(|source| ForwardError::AnswerTransform {
                transformer: transformer.name().to_owned(),
                source,
            })?;
        }
        head.status = draft.status;
        head.headers = draft.headers;
        if let Some(bytes) = put_back(&mut head.headers, was_collected, draft.body) {
            body = Body::from(bytes);
        }
        Ok(Response::from_parts(head, body))
    }
}

/// The collected body as it goes on, with a length that is its own.
pub(crate) fn put_back(
    headers: &mut HeaderMap,
    before: Option<Bytes>,
    after: Option<Bytes>,
) -> Option<Bytes> {
    before?;
    headers.remove(header::CONTENT_LENGTH);
    Some(after.unwrap_or_default())
}
