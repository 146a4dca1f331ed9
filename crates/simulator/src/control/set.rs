//! Controls that change something.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::wire::{Advance, RefuseJson, Script, SetFault};
use crate::settings::at_most_max;
use crate::world::World;
use crate::{Account, RateLimit, Refuse, Timings, Vendor};

/// Why a control did nothing.
pub(super) struct Refused(String);

type Done = Result<StatusCode, Refused>;

pub(super) async fn add_fault(State(world): State<Arc<World>>, body: Bytes) -> Result<Response, Refused> {
    let SetFault { requests, fault } = read(&body)?;
    let id = world.rules.lock().add(&requests, &fault).map_err(Refused::because)?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

pub(super) async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.rules.lock().clear_all();
    StatusCode::NO_CONTENT
}

pub(super) async fn clear_fault(State(world): State<Arc<World>>, Path(id): Path<u64>) -> StatusCode {
    if world.rules.lock().clear(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

pub(super) async fn script(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let Script { requests, answers } = read(&body)?;
    let answers: Vec<_> =
        answers.into_iter().map(TryInto::try_into).collect::<Result<_, _>>().map_err(Refused)?;
    world.rules.lock().script(&requests, answers).map_err(Refused::because)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn refuse_connections(State(world): State<Arc<World>>, body: Bytes) -> Done {
    world.refusals.refuse(match read(&body)? {
        RefuseJson::RefuseNext(connections) => Refuse::Next(connections),
        RefuseJson::RefuseFor(time) => Refuse::For(at_most_max("refuse_for", time).map_err(Refused)?),
    });
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the timings that are named; the others stay.
pub(super) async fn change_timings(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let changed: BTreeMap<String, Value> = read(&body)?;
    let mut timings = serde_json::to_value(world.timings()).map_err(Refused::because)?;
    if let Some(timings) = timings.as_object_mut() {
        timings.extend(changed);
    }
    let timings: Timings = serde_json::from_value(timings).map_err(Refused::because)?;
    world.set_timings(timings.checked().map_err(Refused)?);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn change_rate_limits(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let changed: BTreeMap<Vendor, Option<RateLimit>> = read(&body)?;
    for (vendor, limit) in changed {
        world.set_rate_limit(vendor, limit);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn change_keys(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let changed: BTreeMap<Vendor, Option<Vec<String>>> = read(&body)?;
    for (vendor, keys) in changed {
        world.set_keys(vendor, keys);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn change_accounts(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let changed: BTreeMap<Vendor, Option<Account>> = read(&body)?;
    for (vendor, account) in changed {
        world.set_account(vendor, account);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn advance(State(world): State<Arc<World>>, body: Bytes) -> Done {
    let Advance { advance } = read(&body)?;
    world.time.try_advance(advance).map_err(Refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}

impl Refused {
    fn because(problem: impl ToString) -> Self {
        Self(problem.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.0}))).into_response()
    }
}

/// Reads a body whatever its media type says, so that `curl -d` will do.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(Refused::because)
}
