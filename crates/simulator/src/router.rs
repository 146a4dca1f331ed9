//! Every path that the simulator answers.

use std::sync::Arc;

use axum::Router;

use crate::control;
use crate::play::play;
use crate::world::World;

/// The controls; all else is the vendors', or media that their links lead to.
pub(crate) fn router(world: &Arc<World>) -> Router {
    let playing = Arc::clone(world);
    Router::new()
        .nest("/_simulator", control::router())
        .with_state(Arc::clone(world))
        .fallback(move |request| play(Arc::clone(&playing), request))
}
