//! One request through the simulator.
//!
//! ```text
//! head ─► written down ─► fault? ─► body ─► delay ─► key ─► rate limit ─► route ─► handler ─► paid? ─► answer
//!                          └ hang            └ hang, status                                    └ lose, cut, …
//! ```
//!
//! A link to media and a file that is sent beside the API go the same way, without what only a vendor does.

mod asked;
mod media;
mod upload;
mod vendor;

use std::future::pending;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

use crate::Vendor;
use crate::answer::{Answer, Content};
use crate::body::{Watch, WatchedBody, body};
use crate::events;
use crate::fault::{FAULT_HEADER, Fault, Hang};
use crate::world::World;
use asked::{Asked, Place};

/// In an answer's extensions: close the connection instead.
#[derive(Clone, Copy)]
pub(crate) struct Lost;

/// Answers a request to a vendor, one that follows a link, or one that sends a file.
pub(crate) async fn play(world: Arc<World>, request: Request) -> Response {
    let (head, request_body) = request.into_parts();
    let Some(asked) = Asked::begin(&world, &head) else { return no_vendor(head.uri.path()) };
    let mut watch = Watch::new(Arc::clone(&world), asked.number);
    let fault = match asked.fault(&world) {
        Ok(fault) => fault.unwrap_or_default(),
        Err(error) => {
            watch.over();
            return (StatusCode::BAD_REQUEST, format!("{FAULT_HEADER}: {error}\n")).into_response();
        }
    };
    if fault.hang == Some(Hang::BeforeBody) {
        return pending().await;
    }
    let request_body = asked.body(&world, request_body).await;
    let delay = world.timings().answer + fault.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if fault.hang == Some(Hang::AfterBody) && !fault.accept {
        return pending().await;
    }
    let answer = match asked.place {
        Place::Vendor(vendor) => vendor::answer(&asked, vendor, &world, request_body, &fault).await,
        Place::Media => media::answer(&asked, &world, &fault),
        Place::Upload => upload::answer(&asked, &world, request_body, &fault).await,
    };
    if fault.hang.is_some() {
        return pending().await;
    }
    if fault.lose {
        watch.over();
        return Lost::response();
    }
    world.log.lock().answered(asked.number, &answer);
    if head.method == Method::HEAD {
        watch.over();
    }
    response(answer, &fault, &world, watch)
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
                // The second one, so that something was read before.
                let pieces_max = pieces.len().min(2);
                if let Some(piece) = pieces[..pieces_max].last_mut() {
                    *piece = events::broken(piece);
                }
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
