//! The controls under `/_simulator`, for those who can't call [`Simulator`](crate::Simulator).

mod read;
mod set;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::world::World;

pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(read::vendors))
        .route("/faults", post(set::add_fault).get(read::faults).delete(set::clear_faults))
        .route("/faults/{id}", delete(set::clear_fault))
        .route("/answers", post(set::script))
        .route("/connections", post(set::refuse_connections))
        .route("/timings", get(read::timings).merge(patch(set::change_timings)))
        .route("/rate-limits", patch(set::change_rate_limits))
        .route("/keys", patch(set::change_keys))
        .route("/accounts", patch(set::change_accounts))
        .route("/clock", post(set::advance))
        .route("/counts", get(read::counts))
        .route("/paid", get(read::paid))
        .route("/received", get(read::received))
        .route("/reset", post(set::reset))
}
