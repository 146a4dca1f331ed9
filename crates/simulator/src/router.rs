//! Every path that the simulator answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};

use crate::control;
use crate::play::play;
use crate::world::World;

/// The vendors, the media that their links lead to, and the controls.
pub(crate) fn router(world: &Arc<World>) -> Router {
    let vendors = Arc::clone(world);
    Router::new()
        .nest("/_simulator", control::router())
        .route("/_media/{name}", get(media))
        .route("/_media/{name}/{hops}", get(media_after))
        .with_state(Arc::clone(world))
        .fallback(move |request| play(Arc::clone(&vendors), request))
}

async fn media(State(world): State<Arc<World>>, Path(name): Path<String>) -> Response {
    follow(&world, &name, 0)
}

async fn media_after(State(world): State<Arc<World>>, Path((name, hops)): Path<(String, u32)>) -> Response {
    follow(&world, &name, hops)
}

/// Answers a link that was redirected so often already. As with the vendors' storage, one that is over is
/// forbidden rather than unknown.
fn follow(world: &World, name: &str, hops: u32) -> Response {
    let link = world.links.lock().get(name);
    let Some(link) = link else { return (StatusCode::NOT_FOUND, "no such link\n").into_response() };
    if world.time.now() > link.expires_at {
        return (StatusCode::FORBIDDEN, "this link has expired\n").into_response();
    }
    if hops < link.redirects {
        let location = format!("/_media/{name}/{}", hops + 1);
        return (StatusCode::FOUND, [(LOCATION, location)]).into_response();
    }
    ([(CONTENT_TYPE, link.media_type)], link.bytes).into_response()
}
