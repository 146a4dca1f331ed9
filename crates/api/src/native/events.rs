//! A job's events as a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use fourfold_domain::JobId;
use fourfold_service::jobs::JobUpdate;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue};

use super::jobs::own;
use super::wire::JobBody;
use crate::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Id, User};

/// How often a quiet stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Follows a job.
///
/// The present state comes first, then what follows: `event: job.running` and so on for each state, with
/// the version as `id` and the job as `data`; `event: job.progress` has no `id`. With `Last-Event-ID` no
/// state since then is skipped. After the final state the stream ends.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/events", tag = "jobs",
    params(("id" = String, Path), ("Last-Event-ID" = Option<u32>, Header, description = "the last version that was seen")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn follow(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let after = last_event_id(&headers)?;
    let view = own(&state, &user, id).await?;
    let stopping = state.stopping.clone();
    let updates = state.jobs.follow(view, after);
    let events = updates
        .map(move |update| match update {
            Ok(update) => Ok::<_, Infallible>(event(&update, &state)),
            Err(error) => {
                tracing::error!(job.id = %id, error = &error as &dyn std::error::Error, "a job's events broke off");
                Ok(Event::default().event("error").data(r#"{"error":{"code":"internal","message":"the events broke off; connect again"}}"#))
            }
        })
        .take_until(stopping.cancelled_owned());
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Proxies that buffer would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn event(update: &JobUpdate, state: &AppState) -> Event {
    let (event, view) = match update {
        JobUpdate::State(event, view) => {
            let name = format!("job.{}", event.state);
            (Event::default().event(name).id(event.version.to_string()), view)
        }
        JobUpdate::Progress(view) => (Event::default().event("job.progress"), view),
    };
    let body = JobBody::without_input(view, state);
    event.json_data(body).unwrap_or_else(|error| {
        tracing::error!(job.id = %view.job.id, error = %error, "a job can't be written as JSON");
        Event::default().comment("a job can't be written")
    })
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u32>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let version = value.to_str().ok().and_then(|text| text.parse().ok());
    version
        .map(Some)
        .ok_or_else(|| ApiError::malformed("Last-Event-ID", "Last-Event-ID must be the id of an event"))
}
