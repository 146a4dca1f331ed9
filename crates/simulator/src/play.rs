//! One request through the simulator.
//!
//! ```text
//! head ─► written down ─► fault? ─► body ─► delay ─► key ─► rate limit ─► route ─► handler ─► paid? ─► answer
//!                          └ hang            └ hang, status                                    └ lose, cut, …
//! ```

use std::future::pending;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::answer::{Answer, Content};
use crate::body::{Watch, WatchedBody, body};
use crate::call::{Call, Form};
use crate::fault::{FAULT_HEADER, Fault, FaultError, Hang};
use crate::refusal::Refusal;
use crate::vendors::VendorRow;
use crate::world::{PaidTask, World};
use crate::{Vendor, content, events, route};

/// In an answer's extensions: close the connection instead.
#[derive(Clone, Copy)]
pub(crate) struct Lost;

/// Answers a request to a vendor.
pub(crate) async fn play(world: Arc<World>, request: Request) -> Response {
    let (head, request_body) = request.into_parts();
    let Some((vendor, path)) = Vendor::of_path(head.uri.path()) else { return no_vendor(head.uri.path()) };
    let number = world.log.lock().begin(vendor, &head, (path, head.uri.query()));
    world.counts.change(|counts| counts.requests += 1);
    let mut watch = Watch::new(Arc::clone(&world), number);

    let request = Asked { vendor, path, number, head: &head, request_id: content::hex(number, 32) };
    let fault = match request.fault(&world) {
        Ok(fault) => fault.unwrap_or_default(),
        Err(error) => {
            watch.over();
            return (StatusCode::BAD_REQUEST, format!("{FAULT_HEADER}: {error}\n")).into_response();
        }
    };
    if fault.hang == Some(Hang::BeforeBody) {
        return pending().await;
    }
    let request_body = request.body(&world, request_body).await;
    let delay = world.timings().answer + fault.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if fault.hang == Some(Hang::AfterBody) && !fault.accept {
        return pending().await;
    }
    let answer = request.answer(&world, request_body, &fault).await;
    if fault.hang.is_some() {
        return pending().await;
    }
    if fault.lose {
        watch.over();
        return Lost::response();
    }
    world.log.lock().answered(number, answer.status);
    if head.method == Method::HEAD {
        watch.over();
    }
    response(answer, &fault, &world, watch)
}

/// A request whose vendor is known.
struct Asked<'a> {
    vendor: Vendor,
    /// Without the vendor's prefix.
    path: &'a str,
    number: u64,
    head: &'a http::request::Parts,
    request_id: String,
}

impl Asked<'_> {
    /// What goes wrong with it.
    fn fault(&self, world: &World) -> Result<Option<Fault>, FaultError> {
        let (method, path) = (&self.head.method, self.head.uri.path());
        let mut rules = world.rules.lock();
        let Some(header) = self.head.headers.get(FAULT_HEADER) else {
            return Ok(rules.fault_for(method, path));
        };
        let key = self.vendor.row().credential(self.head).unwrap_or_default();
        rules.fault_asked(&String::from_utf8_lossy(header.as_bytes()), format!("{method} {path} {key} "))
    }

    /// Reads its body, as far as the vendor would.
    async fn body(&self, world: &World, body: Body) -> Result<Bytes, Refusal> {
        let limited = Limited::new(body, self.vendor.row().body_bytes_max);
        let bytes =
            limited.collect().await.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
                Some(_) => Refusal::TooLarge,
                None => Refusal::Unreadable(format!("the body broke off: {error}")),
            })?;
        let bytes = bytes.to_bytes();
        world.log.lock().body(self.number, &bytes);
        Ok(bytes)
    }

    /// Decides the answer and counts what it costs.
    async fn answer(&self, world: &World, body: Result<Bytes, Refusal>, fault: &Fault) -> Answer {
        let row = self.vendor.row();
        let asked = fault.status.as_ref().map(|asked| Refusal::Asked(asked.clone()));
        let mut answer = match (&asked, fault.accept) {
            (Some(asked), false) => self.refuse(row, asked),
            _ => match self.serve(world, body, fault).await {
                Ok(served) => asked.map_or(served, |asked| self.refuse(row, &asked)),
                Err(refusal) => self.refuse(row, &refusal),
            },
        };
        (row.headers)(&mut answer.headers, &self.request_id);
        answer
    }

    async fn serve(
        &self,
        world: &World,
        body: Result<Bytes, Refusal>,
        fault: &Fault,
    ) -> Result<Answer, Refusal> {
        let (route, params) = route::find(self.vendor.row().routes, &self.head.method, self.path)?;
        let credential = self.credential(world, route.is_open)?;
        world.admit(self.vendor, &credential).map_err(Refusal::RateLimited)?;
        let body = body?;
        let call = Call {
            world,
            vendor: self.vendor,
            credential: &credential,
            origin: &self.origin(),
            params,
            query: Query::try_from_uri(&self.head.uri).map(|Query(query)| query).unwrap_or_default(),
            headers: &self.head.headers,
            form: Form::read(&self.head.headers, &body).await,
            body: &body,
            task_fault: fault.task.as_ref(),
        };
        let scripted = world.rules.lock().answer_for(&self.head.method, self.head.uri.path());
        let answer = scripted.map_or_else(|| (route.handler)(&call), Ok)?;
        if route.is_paid && answer.status.is_success() {
            world.accept(PaidTask {
                vendor: self.vendor,
                task_id: answer.task_id.clone().unwrap_or_else(|| self.request_id.clone()),
                credential,
                route: format!("{} {}", route.method, route.path),
                request: self.number,
                accepted_at: world.time.now(),
            });
        }
        Ok(answer)
    }

    fn credential(&self, world: &World, is_open: bool) -> Result<String, Refusal> {
        match self.vendor.row().credential(self.head) {
            Some(key) if is_open || world.knows_key(self.vendor, &key) => Ok(key),
            Some(key) => Err(Refusal::WrongKey(key)),
            None if is_open => Ok(String::new()),
            None => Err(Refusal::NoKey),
        }
    }

    fn refuse(&self, row: &VendorRow, refusal: &Refusal) -> Answer {
        let mut answer = (row.refuse)(refusal, self.path, &self.request_id);
        if let Refusal::Asked(asked) = refusal {
            // A fault's text may hold what no header can; then there is none.
            let value = asked.retry_after.as_deref().map(HeaderValue::from_str);
            if let Some(Ok(value)) = value {
                answer.headers.insert(RETRY_AFTER, value);
            }
        }
        answer
    }

    /// Where the client found the simulator.
    fn origin(&self) -> String {
        let host = self.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("127.0.0.1"))
    }
}

impl Lost {
    fn response() -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(Self);
        response
    }
}

/// The answer as it is sent, with what the fault does to it.
fn response(mut answer: Answer, fault: &Fault, world: &World, watch: Watch) -> Response {
    if fault.malformed {
        match &mut answer.content {
            Content::Whole(bytes) => *bytes = events::broken(bytes),
            Content::Pieces(pieces) => {
                let second = pieces.len().min(2) - 1;
                pieces[second] = events::broken(&pieces[second]);
            }
        }
    }
    if let Some(Ok(media_type)) = fault.content_type.as_deref().map(HeaderValue::from_str) {
        answer.headers.insert(CONTENT_TYPE, media_type);
    }
    if let Content::Whole(bytes) = &answer.content
        && answer.status != StatusCode::NO_CONTENT
    {
        answer.headers.insert(CONTENT_LENGTH, bytes.len().into());
    }
    let body = body(answer.content, world.timings().pace, fault.drip, fault.end);
    let mut response = Response::new(Body::new(WatchedBody::new(body, watch)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

fn no_vendor(path: &str) -> Response {
    let names = Vendor::ALL.map(Vendor::name).join(", ");
    let problem = format!("`{path}` begins with no vendor's name; the vendors are {names}\n");
    (StatusCode::NOT_FOUND, problem).into_response()
}
