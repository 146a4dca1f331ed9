//! Passes requests on to one target: what happens to each, in order.

use std::sync::Arc;

use fourfold_clients::http::{BaseHttpClient, Body, BreakerState, ClientError, Effect, ErrorKind};
use http::{Extensions, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use tokio::time::Instant;

use crate::budget::{CollectBudget, HeldBytes};
use crate::builder::ForwarderBuilder;
use crate::chain::Chain;
use crate::credential::Credential;
use crate::draft::Draft;
use crate::error::{ForwardError, TargetError};
use crate::health::Health;
use crate::in_flight::{InFlight, Observers};
use crate::limits::Gate;
use crate::log::LoggedHead;
use crate::meter::MeterRequest;
use crate::request::ForwardRequest;
use crate::retry::Retries;
use crate::send::Sender;
use crate::target::Target;
use crate::timeouts::ForwardTimeouts;
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
    pub(crate) budget: Option<CollectBudget>,
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
        let inner = &*self.inner;
        let mut request = request.into().meant_for(&inner.name);
        let request_id = inner.request_id(&mut request)?;
        let mut in_flight = inner.observers.is_any().then(|| inner.begin(&request_id, started));
        let passed = Box::pin(inner.pass_on(request, request_id, started, &mut in_flight)).await;
        if let (Err(error), Some(in_flight)) = (&passed, &mut in_flight) {
            if let Some(source) = error.client_error() {
                in_flight.failed_by(source);
            }
            let holds = in_flight.holds_last_bytes();
            let ended = in_flight.end(error.outcome(), Some(error.kind()), error.effect());
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
        if self.is_method_decisive() {
            headers::check_method_is_meant(&headers)?;
        }
        let is_upgrade = headers::clean_request(&mut headers, &method, &body)?;
        let is_head = method == Method::HEAD;
        let mut draft = Draft { method, target, headers, body, shown: None };
        // Until the answer's head is there, since the body may have to be sent again.
        let mut held = HeldBytes::of(self.budget.as_ref());
        draft.collect(self.shown_bytes_max(), options.collected_within, &mut held).await?;
        // Only now: a caller that takes its time would keep others out.
        if let Some(place) = self.gate.enter()? {
            in_flight.get_or_insert_with(|| self.begin(&request_id, started)).placed(place);
        }
        let call = self.chain.has_any().then(|| draft.context(&self.name, &request_id, &extensions));
        if let Some(call) = call.as_ref().filter(|_| self.chain.changes_requests()) {
            draft = draft.changed(&self.chain, call).await?;
            self.check_method(&draft.method)?;
        }
        self.ask_meter(&mut draft, &request_id, &extensions, in_flight).await?;

        let timeouts = options.timeouts.unwrap_or(self.timeouts);
        let own = options.credential.as_ref().map(Credential::new).transpose();
        let own = own.map_err(|_| ForwardError::InvalidRequest("a credential that can't be sent"))?;
        let (head, body) = self.finished(draft, own.as_ref().unwrap_or(&self.credential), &request_id)?;
        let sender =
            Sender { client: &self.client, retries: &self.retries, timeouts, target: &self.name, started };
        let answer = sender.send(head, body, options.is_tried_once, in_flight.as_deref_mut()).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS && !is_upgrade {
            let error = ClientError::new(ErrorKind::Interrupted, Effect::Started);
            return Err(ForwardError::of_client(error, Effect::Started));
        }
        if let Some(in_flight) = in_flight {
            in_flight.head_came(answer.status(), answer.headers());
        }
        self.answer(answer, is_head, timeouts, call.as_ref(), in_flight).await
    }

    /// Whether this may go to the target at all.
    fn check(&self, method: &Method, path: &str, mistake: Option<ForwardError>) -> Result<(), ForwardError> {
        if let Some(mistake) = mistake {
            return Err(mistake);
        }
        path::check(path)?;
        self.check_method(method)?;
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

    /// Refuses methods that would show a credential or open the way to elsewhere, whatever the list allows.
    fn check_method(&self, method: &Method) -> Result<(), ForwardError> {
        match *method {
            Method::CONNECT => Err(ForwardError::InvalidRequest("the method CONNECT")),
            // Its answer is the request as the target got it, with all that was added to it.
            Method::TRACE => Err(ForwardError::InvalidRequest("the method TRACE")),
            _ => Ok(()),
        }
    }

    /// Whether it is by the method that a request is allowed, or costs something.
    fn is_method_decisive(&self) -> bool {
        !self.target.allow.is_everything()
            || self.observers.meter.as_ref().is_some_and(|meter| meter.body_bytes_max().is_some())
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
        draft: &mut Draft,
        request_id: &str,
        extensions: &Extensions,
        in_flight: &mut Option<Box<InFlight>>,
    ) -> Result<(), ForwardError> {
        let (Some(meter), Some(in_flight)) = (&self.observers.meter, in_flight) else { return Ok(()) };
        let bytes_max = meter.body_bytes_max();
        let path = path::plain(draft.target.path());
        let request = MeterRequest {
            target: &self.name,
            request_id,
            method: &draft.method,
            path: &path,
            headers: &draft.headers,
            body: draft.shown.as_ref().filter(|body| bytes_max.is_some_and(|most| body.len() <= most)),
            extensions,
        };
        let ticket = meter.before_send(&request).await.map_err(ForwardError::Refused)?;
        let Some(ticket) = ticket else { return Ok(()) };
        in_flight.ticketed(ticket);
        // Nobody can read the usage of an answer that is compressed.
        draft.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
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
        *request.uri_mut() = self.target.address.whole(credential.in_target(target)?)?;
        *request.headers_mut() = headers;
        Ok((request.into_parts().0, body))
    }
}
