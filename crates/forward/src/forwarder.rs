//! Passes requests on to one target: what happens to each, in order.

use std::sync::Arc;

use bytes::Bytes;
use fourfold_clients::http::{BaseHttpClient, Body, BreakerState, ClientError, Effect, ErrorKind};
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body as HttpBody;
use tokio::time::Instant;

use crate::builder::ForwarderBuilder;
use crate::chain::{Chain, put_back};
use crate::collect::{Start, collect, is_plain_event_stream, is_plain_json};
use crate::credential::Credential;
use crate::error::{ForwardError, TargetError};
use crate::health::Health;
use crate::in_flight::{InFlight, Observers};
use crate::limits::Gate;
use crate::log::LoggedHead;
use crate::meter::{ForwardOutcome, MeterRequest};
use crate::passing::{PassingBody, PassingParts};
use crate::request::ForwardRequest;
use crate::retry::Retries;
use crate::send::Sender;
use crate::stream::{EventWatch, JSON_BYTES_MAX, JsonWatch, Watch};
use crate::target::Target;
use crate::timeouts::ForwardTimeouts;
use crate::transform::{CallContext, RequestDraft};
use crate::upgrade::Switched;
use crate::{headers, path};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Passes requests on to one target. Clones share its connections, its breaker and its limits.
#[derive(Clone)]
pub struct Forwarder {
    pub(crate) inner: Arc<Inner>,
}

/// What the requests to a target have in common.
pub(crate) struct Inner {
    pub(crate) target: Target,
    pub(crate) name: Arc<str>,
    pub(crate) client: BaseHttpClient,
    pub(crate) credential: Credential,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) timeouts: ForwardTimeouts,
    pub(crate) retries: Retries,
    pub(crate) gate: Gate,
    pub(crate) chain: Chain,
    pub(crate) observers: Arc<Observers>,
    pub(crate) health: Option<Health>,
}

impl Forwarder {
    /// A forwarder to this target with every default.
    pub fn new(target: Target) -> Result<Self, TargetError> {
        Self::builder(target).build()
    }

    /// Begins to build a forwarder to this target.
    pub fn builder(target: Target) -> ForwarderBuilder {
        ForwarderBuilder::new(target)
    }

    /// Passes a request on and gives the answer as it comes, whatever its status. Bodies stream both ways; dropping the
    /// answer's body, or this future, ends the connection to the target at once.
    ///
    /// An answer that breaks off ends with an error; an event stream ends with an `error` event instead. After a 101,
    /// [`tunnel`](crate::tunnel) gives the connection.
    pub async fn forward(&self, request: impl Into<ForwardRequest>) -> Result<Response<Body>, ForwardError> {
        let started = Instant::now();
        let mut request = request.into();
        let inner = &*self.inner;
        let request_id = inner.request_id(&mut request)?;
        let mut in_flight = inner.observers.is_any().then(|| inner.begin(&request_id, started));
        let passed = Box::pin(inner.pass_on(request, request_id, started, &mut in_flight)).await;
        if let (Err(error), Some(in_flight)) = (&passed, &mut in_flight) {
            let holds = in_flight.holds_last_bytes();
            let ended = in_flight.end(ForwardOutcome::Failed, Some(error.kind()), error.effect());
            if let Some(ended) = ended.filter(|_| holds) {
                ended.await;
            }
        }
        passed
    }

    /// The target.
    pub fn target(&self) -> &Target {
        &self.inner.target
    }

    /// What the target's circuit breaker does with the next request.
    pub fn breaker_state(&self) -> BreakerState {
        self.inner.client.breaker_state()
    }

    /// Whether the health checks find the target well; true where there are none.
    pub fn is_healthy(&self) -> bool {
        self.inner.health.as_ref().is_none_or(Health::is_well)
    }

    /// Checks the target's health again and again until `shutdown` is ready. Without health checks it returns at once.
    /// Run it once a target, in a task of your own; what it finds holds for all clones.
    pub async fn watch(&self, shutdown: impl Future<Output = ()>) {
        if let Some(health) = &self.inner.health {
            tokio::select! {
                () = shutdown => {}
                () = health.check_on(&self.inner) => {}
            }
        }
    }
}

impl Inner {
    async fn pass_on(
        &self,
        request: ForwardRequest,
        request_id: Arc<str>,
        started: Instant,
        in_flight: &mut Option<Box<InFlight>>,
    ) -> Result<Response<Body>, ForwardError> {
        let ForwardRequest { method, target, mut headers, body, options, extensions, mistake } = request;
        self.check(&method, target.path(), mistake)?;
        let is_upgrade = headers::clean_request(&mut headers, &method, &body)?;
        if let Some(place) = self.gate.enter()? {
            in_flight.get_or_insert_with(|| self.begin(&request_id, started)).placed(place);
        }
        let is_head = method == Method::HEAD;
        let mut draft = Draft { method, target, headers, body, shown: None };
        draft.collect(self.shown_bytes_max()).await?;
        let call = self.chain.has_any().then(|| draft.context(&self.name, &request_id, &extensions));
        if let Some(call) = call.as_ref().filter(|_| self.chain.changes_requests()) {
            draft = draft.changed(&self.chain, call).await?;
        }
        self.ask_meter(&draft, &request_id, &extensions, in_flight).await?;

        let timeouts = options.timeouts.unwrap_or(self.timeouts);
        let own = options.credential.as_ref().map(Credential::new).transpose();
        let own = own.map_err(|_| ForwardError::InvalidRequest("a credential that can't be sent"))?;
        let (head, body) = self.finished(draft, own.as_ref().unwrap_or(&self.credential), &request_id)?;
        if let Some(in_flight) = in_flight {
            in_flight.sent();
        }
        let sender = Sender {
            client: &self.client,
            retries: &self.retries,
            timeouts: timeouts.of_try(),
            target: &self.name,
            started,
        };
        let answer = sender.send(head, body, options.is_tried_once).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS && !is_upgrade {
            let error = ClientError::new(ErrorKind::Interrupted, Effect::Started);
            return Err(ForwardError::of_client(error, Effect::Started));
        }
        if let Some(in_flight) = in_flight {
            in_flight.head_came(answer.status());
        }
        self.answer(answer, is_head, timeouts, call.as_ref(), in_flight).await
    }

    /// Cleans an answer and dresses its body.
    async fn answer(
        &self,
        mut answer: Response<Body>,
        is_head: bool,
        timeouts: ForwardTimeouts,
        call: Option<&CallContext>,
        in_flight: &mut Option<Box<InFlight>>,
    ) -> Result<Response<Body>, ForwardError> {
        let status = answer.status();
        let (mut head, body) = answer.into_parts();
        headers::clean_answer(&mut head.headers, status, is_head, &body);
        answer = Response::from_parts(head, body.without_trailers());
        if status == StatusCode::SWITCHING_PROTOCOLS {
            answer.extensions_mut().insert(Switched::new(in_flight.take()));
            return Ok(answer);
        }
        let has_body = !HttpBody::is_end_stream(answer.body());
        if let Some(call) = call {
            answer = self.chain.change_answer(answer, has_body, call).await?;
        }
        if HttpBody::is_end_stream(answer.body()) {
            if let Some(mut in_flight) = in_flight.take() {
                let holds = in_flight.holds_last_bytes();
                let ended = in_flight.end(ForwardOutcome::Answered, None, Effect::Started);
                if let Some(ended) = ended.filter(|_| holds) {
                    ended.await;
                }
            }
            return Ok(answer);
        }
        let wants_usage = in_flight.as_ref().is_some_and(|in_flight| in_flight.wants_usage());
        let watch = watch(answer.headers(), answer.body(), wants_usage);
        let may_add_event =
            matches!(watch, Watch::Events(_)) && !answer.headers().contains_key(header::CONTENT_LENGTH);
        let stream_limit = timeouts.stream;
        if matches!(watch, Watch::Blind) && stream_limit.is_zero() && in_flight.is_none() {
            return Ok(answer);
        }
        let parts = PassingParts { watch, may_add_event, stream_limit, in_flight: in_flight.take() };
        Ok(answer.map(|body| Body::wrap(PassingBody::new(body, parts))))
    }

    /// Whether this may go to the target at all.
    fn check(&self, method: &Method, path: &str, mistake: Option<ForwardError>) -> Result<(), ForwardError> {
        if let Some(mistake) = mistake {
            return Err(mistake);
        }
        path::check(path)?;
        if !self.target.allow.allows(method, path) {
            return Err(ForwardError::NotAllowed {
                target: self.target.name.clone(),
                method: method.to_string(),
                path: path.to_owned(),
            });
        }
        match &self.health {
            Some(health) if !health.is_well() => {
                Err(ForwardError::Unhealthy { retry_after: health.interval() })
            }
            _ => Ok(()),
        }
    }

    /// The id that the request goes by; empty where nobody asks for it.
    fn request_id(&self, request: &mut ForwardRequest) -> Result<Arc<str>, ForwardError> {
        let is_asked_for = self.chain.has_any() || self.observers.is_any();
        let request_id: Arc<str> = match (request.options.request_id.take(), request.headers.get(&REQUEST_ID))
        {
            (Some(request_id), _) => request_id,
            (None, Some(_)) if !is_asked_for => return Ok(Arc::default()),
            (None, Some(given)) => return Ok(String::from_utf8_lossy(given.as_bytes()).into()),
            (None, None) if is_asked_for => uuid::Uuid::now_v7().to_string().into(),
            (None, None) => return Ok(Arc::default()),
        };
        let value = HeaderValue::from_str(&request_id)
            .map_err(|_| ForwardError::InvalidRequest("an id that a header can't carry"))?;
        request.headers.insert(REQUEST_ID, value);
        Ok(request_id)
    }

    fn begin(&self, request_id: &Arc<str>, started: Instant) -> Box<InFlight> {
        Box::new(InFlight::begin(&self.observers, &self.name, Arc::clone(request_id), started))
    }

    /// Up to how many bytes of a JSON body somebody wants to see.
    fn shown_bytes_max(&self) -> Option<usize> {
        let by_meter = self.observers.meter.as_ref().and_then(|meter| meter.body_bytes_max());
        self.chain.request_bytes_max().max(by_meter)
    }

    async fn ask_meter(
        &self,
        draft: &Draft,
        request_id: &str,
        extensions: &Extensions,
        in_flight: &mut Option<Box<InFlight>>,
    ) -> Result<(), ForwardError> {
        let (Some(meter), Some(in_flight)) = (&self.observers.meter, in_flight) else { return Ok(()) };
        let bytes_max = meter.body_bytes_max();
        let request = MeterRequest {
            target: &self.name,
            request_id,
            method: &draft.method,
            path: draft.target.path(),
            headers: &draft.headers,
            body: draft.shown.as_ref().filter(|body| bytes_max.is_some_and(|most| body.len() <= most)),
            extensions,
        };
        let ticket = meter.before_send(&request).await.map_err(ForwardError::Refused)?;
        in_flight.ticketed(ticket);
        Ok(())
    }

    /// What is sent, with the target's address and credential.
    fn finished(
        &self,
        draft: Draft,
        credential: &Credential,
        request_id: &Arc<str>,
    ) -> Result<(http::request::Parts, Body), ForwardError> {
        let Draft { method, target, mut headers, body, shown } = draft;
        let mut body = shown.map_or(body, Body::from).without_trailers();
        if let Some(log) = &self.observers.log {
            let body_bytes = body.length_bytes();
            let head = LoggedHead { method: &method, path: target.path(), headers: &headers, body_bytes };
            log.request(&self.name, request_id, &head);
            body = log.capturing(body, &self.name, request_id);
        }
        if let Some(user_agent) = &self.user_agent {
            headers.insert(header::USER_AGENT, user_agent.clone());
        }
        if let Credential::Header(name, value) = credential {
            headers.insert(name.clone(), value.clone());
        }
        let mut request = http::Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = self.target.address.whole(target, credential.query())?;
        *request.headers_mut() = headers;
        Ok((request.into_parts().0, body))
    }
}

/// A request while it is made ready.
struct Draft {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    body: Body,
    /// The body, where it was collected.
    shown: Option<Bytes>,
}

impl Draft {
    /// Collects a JSON body for those who want to see it.
    async fn collect(&mut self, bytes_max: Option<usize>) -> Result<(), ForwardError> {
        let Some(bytes_max) = bytes_max else { return Ok(()) };
        if HttpBody::is_end_stream(&self.body) || !is_plain_json(&self.headers) {
            return Ok(());
        }
        let start = collect(std::mem::take(&mut self.body), bytes_max).await;
        match start.map_err(|error| ForwardError::RequestBody {
            effect: Effect::NotStarted,
            source: Box::new(error),
        })? {
            Start::Whole(bytes) => self.shown = Some(bytes),
            Start::Rest(body) => self.body = body,
        }
        Ok(())
    }

    fn context(&self, target: &Arc<str>, request_id: &Arc<str>, extensions: &Extensions) -> CallContext {
        CallContext {
            target: Arc::clone(target),
            request_id: Arc::clone(request_id),
            method: self.method.clone(),
            path: self.target.path().into(),
            extensions: extensions.clone(),
        }
    }

    /// The request after the target's transformers.
    async fn changed(self, chain: &Chain, call: &CallContext) -> Result<Self, ForwardError> {
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

/// What is looked at in an answer with these headers.
fn watch(headers: &HeaderMap, body: &Body, wants_usage: bool) -> Watch {
    if is_plain_event_stream(headers) {
        return Watch::Events(Box::new(EventWatch::new(wants_usage)));
    }
    let is_small = body.length_bytes().is_none_or(|bytes| bytes <= JSON_BYTES_MAX as u64);
    if wants_usage && is_small && is_plain_json(headers) {
        return Watch::Json(JsonWatch::new());
    }
    Watch::Blind
}
