//! Jobs: take one, show it, list them, call one off.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{JobId, Priority};
use fourfold_service::jobs::{JobView, Submission};
use fourfold_service::keys::KeyKind;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::idempotency::idempotency;
use super::wire::{JobBody, QuoteBody};
use crate::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Body, Id, Object, Page, PageQuery, Paged, User};

/// The longest that `Prefer: wait` waits.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A request for a job.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewJob {
    /// The model's name; see `/api/v1/models`.
    model: String,
    /// What to make; the model's `parameters` say what is allowed.
    #[schema(value_type = Object)]
    input: Map<String, Value>,
    /// Words of your own, given back as they are.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Refuses work that could cost more (402 `max_credits_exceeded`).
    max_credits: Option<String>,
    /// high (service and admin keys only), normal or low.
    priority: Option<String>,
}

/// A request for a quote.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewQuote {
    /// The model's name.
    model: String,
    /// What to make.
    #[schema(value_type = Object)]
    input: Map<String, Value>,
}

/// Takes a job.
///
/// The credits that it could cost at most are held at once; it is charged when its results are stored.
/// With `Idempotency-Key` the same request sent again answers with the same job. With `Prefer: wait=N`
/// (at most 60) the answer waits that long for the job to be final.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", request_body = NewJob,
    params(
        ("Fourfold-User" = Option<String>, Header, description = "the end user, for service and admin keys"),
        ("Idempotency-Key" = Option<String>, Header, description = "makes the request idempotent for 24 h"),
        ("Prefer" = Option<String>, Header, description = "wait=N: wait up to N seconds for the result")),
    responses(
        (status = 200, body = JobBody, description = "the job, final, with Prefer: wait"),
        (status = 202, body = JobBody, description = "the job was taken"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 402, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wait = wait(&headers)?;
    let idempotency = idempotency(&headers, &method, &uri, &body.bytes)?;
    let mut object = body.object;
    let submission = Submission {
        model: object.required_text("model")?,
        input: Object::required("input", object.object("input")?)?,
        metadata: object.object("metadata")?,
        max_credits: object.credits("max_credits")?,
        priority: priority(&user, object.text("priority")?)?,
        key: Some(user.key.id),
        subject: user.subject,
        idempotency,
    };
    if object.take("webhook_url").is_some() {
        return Err(ApiError::invalid(
            "webhook_url",
            "webhook_url isn't offered by this version; follow the job's events",
        ));
    }
    object.nothing_else("model, input, metadata, max_credits and priority")?;
    let mut view = state.jobs.submit(submission).await?;
    if let Some(wait) = wait
        && !view.job.state.is_final()
    {
        view = state.jobs.wait(view.job.id, wait).await?;
    }
    let done = wait.is_some() && view.job.state.is_final();
    Ok(answer(if done { StatusCode::OK } else { StatusCode::ACCEPTED }, &view, &state))
}

/// Tells what a request could cost at most. Free, and holds nothing.
#[utoipa::path(post, path = "/api/v1/quotes", tag = "jobs", request_body = NewQuote,
    responses(
        (status = 200, body = QuoteBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn quote(
    State(state): State<AppState>,
    _user: User,
    body: Body,
) -> Result<Json<QuoteBody>, ApiError> {
    let mut object = body.object;
    let model = object.required_text("model")?;
    let input = Object::required("input", object.object("input")?)?;
    object.nothing_else("model and input")?;
    let quote = state.jobs.quote(&model, &input)?;
    Ok(Json(QuoteBody::new(model, &quote)))
}

/// Shows a job of the account.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn show(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
) -> Result<Json<JobBody>, ApiError> {
    Ok(Json(JobBody::new(&own(&state, &user, id).await?, &state)))
}

/// Lists the account's jobs, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, body = Paged<JobBody>), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    user: User,
    page: Page<JobId>,
) -> Result<Json<Paged<JobBody>>, ApiError> {
    let jobs = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => state.jobs.jobs(account.id, page.before, page.limit_and_one()).await?,
    };
    let body = |view: JobView| JobBody::without_input(&view, &state);
    Ok(Json(page.of(jobs, |view| view.job.id.to_string(), body)))
}

/// Calls a job off.
///
/// One that nobody works on yet ends at once and costs nothing; of one under way the vendor is asked, and
/// the job's `error` says what it said and what was charged. Again gives the same.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path)),
    responses((status = 202, body = JobBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
) -> Result<Response, ApiError> {
    let view = own(&state, &user, id).await?;
    let view = state.jobs.cancel(view.job.account, id).await?;
    Ok(answer(StatusCode::ACCEPTED, &view, &state))
}

/// A job of the caller's account; another's isn't found.
pub(super) async fn own(state: &AppState, user: &User, id: JobId) -> Result<JobView, ApiError> {
    let account = state.credits.account(&user.subject).await?.ok_or_else(|| ApiError::not_found("job"))?;
    Ok(state.jobs.job(account.id, id).await?)
}

fn answer(status: StatusCode, view: &JobView, state: &AppState) -> Response {
    (status, Json(JobBody::new(view, state))).into_response()
}

fn priority(user: &User, written: Option<String>) -> Result<Priority, ApiError> {
    let Some(text) = written else { return Ok(Priority::default()) };
    let priority = text.parse().map_err(|error| ApiError::invalid("priority", format!("{error}")))?;
    if priority == Priority::High && user.key.kind == KeyKind::User {
        let message = "priority high is for service and admin keys";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "missing_scope", message).param("priority"));
    }
    Ok(priority)
}

/// The `wait` of the header `Prefer` (RFC 7240); other preferences are not for us.
fn wait(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    for value in headers.get_all("prefer") {
        let text = value.to_str().unwrap_or_default();
        for preference in text.split([',', ';']).map(str::trim) {
            if let Some(seconds) = preference.strip_prefix("wait=") {
                let seconds = seconds.trim_matches('"').parse();
                let seconds =
                    seconds.map_err(|_| ApiError::malformed("Prefer", "Prefer: wait takes whole seconds"))?;
                return Ok(Some(Duration::from_secs(seconds).min(WAIT_MAX)));
            }
        }
    }
    Ok(None)
}
