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

use super::job_body::JobBody;
use super::jobs::own;
use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Id, User, UserHeader};
use crate::shapes::StreamEvent;

/// How often a quiet stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Follows a job.
///
/// The present state comes first, then what follows: `event: job.running` and so on for each state, with
/// the version as `id` and the job as `data`; `event: job.progress` has no `id`. With `Last-Event-ID` no
/// state since then is skipped. After the final state the stream ends.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/events", tag = "jobs", operation_id = "follow_job",
    params(UserHeader, ("id" = String, Path, format = "uuid"), ("Last-Event-ID" = Option<u32>, Header, description = "the last version that was seen")),
    responses((status = 200, content_type = "text/event-stream", body = StreamEvent, description = "the events"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such job, or it is another account's")))]
pub(crate) async fn follow(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let view = own(&state, &user, id).await?;
    let after = last_event_id(&headers, view.job.version)?;
    let stopping = state.stopping.clone();
    let updates = state.jobs.follow(view, after);
    // Who follows has a place among the requests under way for as long as that.
    let admission = user.admission;
    let events = updates
        .inspect(move |_update| _ = &admission)
        .map(move |update| match update {
            Ok(update) => Ok::<_, Infallible>(event(&update, &state)),
            Err(error) => {
                tracing::error!(job.id = %id, error = &error as &dyn std::error::Error, "a job's events broke off");
                Ok(Event::default().event("error").data(r#"{"error":{"message":"the events broke off; connect again","type":"api_error","code":"internal","param":null}}"#))
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

fn last_event_id(headers: &HeaderMap, version: u32) -> Result<Option<u32>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seen = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|seen| *seen <= version);
    let message = "Last-Event-ID must be the id of an event of this job";
    seen.map(Some).ok_or_else(|| ApiError::malformed("Last-Event-ID", message))
}
