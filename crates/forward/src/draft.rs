//! A request while it is made ready: collected where somebody wants to see it, and changed by the target's transformers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{Body, Effect};
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, Method, header};
use http_body::Body as HttpBody;
use tokio::time::timeout;

use crate::ForwardError;
use crate::budget::HeldBytes;
use crate::chain::{Chain, put_back};
use crate::collect::{CollectError, Start, collect_within, is_plain_json};
use crate::transform::{CallContext, RequestDraft};
use crate::{headers, path};

/// A request while it is made ready.
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) target: PathAndQuery,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// The body, where it was collected.
    pub(crate) shown: Option<Bytes>,
}

impl Draft {
    /// Collects a JSON body for those who want to see it, if it comes whole within this time, where there is a limit.
    pub(crate) async fn collect(
        &mut self,
        bytes_max: Option<usize>,
        within: Option<Duration>,
        held: &mut HeldBytes<'_>,
    ) -> Result<(), ForwardError> {
        let Some(bytes_max) = bytes_max else { return Ok(()) };
        if HttpBody::is_end_stream(&self.body) || !is_plain_json(&self.headers) {
            return Ok(());
        }
        let collecting = collect_within(std::mem::take(&mut self.body), bytes_max, held);
        let start = match within {
            Some(within) => timeout(within, collecting).await.map_err(|_late| ForwardError::SlowBody)?,
            None => collecting.await,
        };
        match start {
            Ok(Start::Whole(bytes)) => self.shown = Some(bytes),
            Ok(Start::Rest(body)) => self.body = body,
            Err(CollectError::NoRoom) => return Err(ForwardError::NoRoom),
            Err(CollectError::Body(error)) => {
                let source = Box::new(error);
                return Err(ForwardError::RequestBody { effect: Effect::NotStarted, source });
            }
        }
        Ok(())
    }

    pub(crate) fn context(
        &self,
        target: &Arc<str>,
        request_id: &Arc<str>,
        extensions: &Extensions,
    ) -> CallContext {
        CallContext {
            target: Arc::clone(target),
            request_id: Arc::clone(request_id),
            method: self.method.clone(),
            path: self.target.path().into(),
            extensions: extensions.clone(),
        }
    }

    /// The request after the target's transformers.
    pub(crate) async fn changed(self, chain: &Chain, call: &CallContext) -> Result<Self, ForwardError> {
        let Self { method, target, headers, body, shown } = self;
        let bytes_max = chain.request_bytes_max();
        let given = shown.clone().filter(|body| bytes_max.is_some_and(|most| body.len() <= most));
        let mut draft = RequestDraft {
            method,
            path: target.path().to_owned(),
            query: target.query().map(str::to_owned),
            headers,
            body: given.clone(),
        };
        chain.change_request(&mut draft, call).await?;
        path::check(&draft.path)?;
        let RequestDraft { method, path, query, mut headers, body: changed } = draft;
        let shown = put_back(&mut headers, given, changed).or(shown);
        let whole = match query {
            Some(query) if query.contains('#') => {
                return Err(ForwardError::UnsafePath("a fragment in its query"));
            }
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let target = PathAndQuery::try_from(whole)
            .map_err(|_| ForwardError::UnsafePath("characters that no URL has"))?;
        let changed = Self { method, target, headers, body, shown };
        changed.framed()
    }

    /// Refuses lengths that a transformer has set and that aren't the body's.
    fn framed(mut self) -> Result<Self, ForwardError> {
        match &self.shown {
            Some(_) => _ = self.headers.remove(header::CONTENT_LENGTH),
            None => _ = headers::check_framing(&mut self.headers, &self.body)?,
        }
        Ok(self)
    }
}
