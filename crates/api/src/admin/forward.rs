//! The targets of the forward proxy, and how they stand.

use axum::Json;
use axum::extract::State;
use fourfold_forward::BreakerState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::Admin;
use crate::{AppState, ForwardTarget};

/// The targets that there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct TargetsBody {
    data: Vec<TargetBody>,
    /// Always null: the targets are one page.
    next_cursor: Option<String>,
}

/// A target, as this process knows it.
#[derive(Serialize, ToSchema)]
struct TargetBody {
    /// Its name.
    id: String,
    /// Always `target`.
    object: &'static str,
    /// Where requests go.
    base_url: String,
    /// How its circuit breaker stands: closed, open or half_open.
    circuit: &'static str,
    /// Whether its health checks find it well; true where there are none.
    is_healthy: bool,
    /// What callers may use: each `METHOD /path`, or `all`.
    allow: AllowBody,
    /// Which kinds of callers may use it.
    access: Vec<&'static str>,
    /// Of these only the holders of these keys, by id or name; empty where all may.
    keys: Vec<String>,
}

/// What callers may use.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum AllowBody {
    /// `all`: everything that the credential can do.
    Everything(&'static str),
    /// Only these, each `METHOD /path`.
    Only(Vec<String>),
}

/// Lists the targets of the forward proxy and how they stand.
#[utoipa::path(get, path = "/api/v1/admin/forward", tag = "admin", operation_id = "list_forward_targets",
    responses((status = 200, body = TargetsBody, description = "the targets"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    _admin: Admin,
) -> Result<Json<TargetsBody>, ApiError> {
    let data = state.targets.all().values().map(|target| TargetBody::new(target)).collect();
    Ok(Json(TargetsBody { data, next_cursor: None }))
}

impl TargetBody {
    fn new(ForwardTarget { forwarder, access }: &ForwardTarget) -> Self {
        let target = forwarder.target();
        Self {
            id: target.name().to_owned(),
            object: "target",
            base_url: target.base_url().to_owned(),
            circuit: match forwarder.breaker_state() {
                BreakerState::Closed => "closed",
                BreakerState::Open => "open",
                BreakerState::HalfOpen => "half_open",
            },
            is_healthy: forwarder.is_healthy(),
            allow: target.allowed().rules().map_or(AllowBody::Everything("all"), AllowBody::Only),
            access: access.kinds.iter().map(|kind| kind.as_str()).collect(),
            keys: access.keys.clone(),
        }
    }
}
