//! `/forward/{target}/{path}`: requests of any method go on to a configured target as they are, and its answers come
//! back as they are. What is checked and changed of them is the forwarder's affair.
//!
//! The path is taken from the request's own address, byte for byte: what a router makes of it decides nothing here.

mod cors;
mod passed;
mod targets;
mod tunnel;

use axum::extract::{Request, State};
use axum::response::Response;
use fourfold_forward::{Body, ForwardRequest};
use http::uri::PathAndQuery;
use http::{StatusCode, Uri, header};
use hyper::upgrade::OnUpgrade;

pub(crate) use cors::cors;
pub(crate) use fourfold_forward::OUR_ERROR;
pub(crate) use passed::Forwarded;
pub use targets::{ForwardAccess, ForwardCaller, ForwardRefusal, ForwardTarget, ForwardTargets};

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::Passer;
use crate::request::{REQUEST_ID, RequestId};
use passed::Held;

/// Where the targets are.
pub(crate) const ROUTE: &str = "/forward/{*rest}";
const BEGINNING: &str = "/forward/";

/// Whether a route is the proxy's.
pub(crate) fn is_forward(route: &str) -> bool {
    route == ROUTE
}

/// Passes a request on to a configured target, whatever its method, and its answer back.
///
/// The bodies stream both ways; path, query, headers and bodies go on as they are, but for what belongs to one connection
/// and what says who calls: the target gets its own credential. Only what the target allows is passed on. An event
/// stream that breaks off ends with an `error` event. WebSockets pass too. Errors that are ours carry
/// `fourfold-error: 1`; every other answer is the target's.
#[utoipa::path(post, path = "/forward/{target}/{path}", tag = "forward", operation_id = "forward",
    request_body(content = Vec<u8>, description = "whatever the target takes", content_type = "*/*"),
    params(("target" = String, Path, description = "the target's name"),
        ("path" = String, Path, description = "the path below the target's base URL, of any number of segments")),
    responses(
        (status = 200, description = "the target's answer, whatever its status"),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for what the target's price makes of it"),
        (status = 404, body = ErrorBody, description = "no such target"),
        (status = 502, body = ErrorBody, description = "the target can't be reached or broke off"),
        (status = 503, body = ErrorBody, description = "the target is left alone for a while, since it failed"),
        (status = 504, body = ErrorBody, description = "the target took too long; `code` names the limit")))]
pub(crate) async fn pass_on(
    State(state): State<AppState>,
    caller: Passer,
    request: Request,
) -> Result<Response, ApiError> {
    let (name, path) = parts(request.uri()).ok_or_else(|| ApiError::not_found("target"))?;
    let target = state.targets.get(name).ok_or_else(|| ApiError::not_found("target"))?;
    caller.check(name, &target.access)?;
    let path = path.parse().map_err(|_| {
        ApiError::new(StatusCode::BAD_REQUEST, "unsafe_path", "the path has characters that no URL has")
    })?;
    let (request, upgrade) = outgoing(request, path, &caller);
    let mut answer = target.forwarder.forward(request.collected_within(state.body_timeout)).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        tunnel::join(&state, &mut answer, upgrade, caller.admission.clone()).await?;
    }
    let mut response = answer.map(|body| axum::body::Body::new(Held::new(body, caller.admission)));
    response.extensions_mut().insert(Forwarded);
    Ok(response)
}

/// The target's name, and what comes below its base URL: path and query, as they were written.
fn parts(uri: &Uri) -> Option<(&str, &str)> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(BEGINNING)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (name, path) = rest.split_at(end);
    // A target's root has no path in the shortest of its addresses.
    path.starts_with('/').then_some((name, path))
}

/// The request as the forwarder takes it, and what becomes of its connection if it asks for a WebSocket.
fn outgoing(request: Request, path: PathAndQuery, caller: &Passer) -> (ForwardRequest, Option<OnUpgrade>) {
    let (mut head, body) = request.into_parts();
    let upgrade = head.extensions.remove::<OnUpgrade>();
    if upgrade.is_none() {
        // As HTTP/1.0 has it, where nobody can change the protocol (RFC 9110, section 7.8).
        head.headers.remove(header::UPGRADE);
    }
    if let Some(id) = head.extensions.remove::<RequestId>() {
        head.headers.insert(REQUEST_ID, id.value());
    }
    head.uri = Uri::from(path);
    head.extensions = http::Extensions::new();
    head.extensions.insert(caller.payer());
    let body = match http_body::Body::is_end_stream(&body) {
        true => Body::empty(),
        false => Body::wrap(body),
    };
    (ForwardRequest::from(http::Request::from_parts(head, body)), upgrade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_taken_as_it_was_written() {
        for (written, expected) in [
            ("/forward/a/b", Some(("a", "/b"))),
            ("/forward/a/", Some(("a", "/"))),
            ("/forward/a//b", Some(("a", "//b"))),
            ("/forward/a/../b", Some(("a", "/../b"))),
            ("/forward/a/%2e%2E/b?c=%2f/d", Some(("a", "/%2e%2E/b?c=%2f/d"))),
            ("/forward/a/b?", Some(("a", "/b?"))),
            ("/forward/../b", Some(("..", "/b"))),
            ("/forward/%61/b", Some(("%61", "/b"))),
            ("/forward//b", Some(("", "/b"))),
            ("http://elsewhere/forward/a/b", Some(("a", "/b"))),
            ("/forward/a", None),
            ("/forward/a?b", None),
            ("/forwarda/b", None),
        ] {
            assert_eq!(parts(&written.parse().unwrap()), expected, "{written}");
        }
    }
}
