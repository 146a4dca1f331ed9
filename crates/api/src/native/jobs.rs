//! Jobs: take one, show it, list them, call one off.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{JobId, Priority};
use fourfold_service::jobs::{JobListener, JobView, Submission};
use fourfold_service::keys::KeyKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::job_body::JobBody;
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, Id, IdempotencyHeader, Object, Page, PageQuery, Paged, User, UserHeader, idempotency,
};
use crate::served::FOURFOLD_PROVIDER;

/// The longest that `Prefer: wait` waits.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A request for a job.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewJob {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to make; the model's `parameters` say what is allowed.
    #[schema(value_type = Object)]
    input: Map<String, Value>,
    /// An https URL that is told of each change of the job's state after this answer, by Standard Webhooks: signed
    /// with every secret of `/api/v1/webhooks/secrets`, of which there must be one.
    #[schema(max_length = 2048)]
    webhook_url: Option<String>,
    /// Words of your own, given back as they are.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Refuses work that could cost more (402 `max_credits_exceeded`).
    #[schema(pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    max_credits: Option<String>,
    /// high (service and admin keys only), normal or low.
    #[schema(pattern = "^(high|normal|low)$")]
    priority: Option<String>,
}

/// Takes a job.
///
/// The credits that it could cost at most are held at once; it is charged when its results are stored.
/// With `Idempotency-Key` the same request sent again answers with the same job. With `Prefer: wait=N`
/// (at most 60) the answer waits that long for the job to be final.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", operation_id = "create_job", request_body = NewJob,
    params(
        UserHeader,
        IdempotencyHeader,
        ("Prefer" = Option<String>, Header, description = "wait=N: wait up to N seconds for the result")),
    responses(
        (status = 200, body = JobBody, description = "the job, final, with Prefer: wait"),
        (status = 202, body = JobBody, description = "the job was taken"),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay, or the work could cost more than max_credits"),
        (status = 404, body = ErrorBody, description = "no such model")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wait = wait(&headers)?;
    let idempotency = idempotency(&headers, &method, &uri, &body).await?;
    let mut object = body.object;
    let submission = Submission {
        model: object.required_text("model")?,
        input: Object::required("input", object.object("input")?)?,
        metadata: object.object("metadata")?,
        webhook_url: object.text("webhook_url")?,
        max_credits: object.credits("max_credits")?,
        priority: priority(&user, object.text("priority")?)?,
        key: user.key,
        retry_of: None,
        subject: user.subject,
        admission: user.admission.clone(),
        idempotency,
    };
    object.nothing_else("model, input, metadata, webhook_url, max_credits and priority")?;
    let (mut view, listener) = state.jobs.submit_and_listen(submission).await?;
    if let Some(wait) = wait
        && !view.job.state.is_final()
    {
        view = wait_for(&state, view, listener, wait).await;
    }
    let done = wait.is_some() && view.job.state.is_final();
    Ok(answer(if done { StatusCode::OK } else { StatusCode::ACCEPTED }, &view, &state))
}

/// Shows a job of the account.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", operation_id = "show_job",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 200, body = JobBody, description = "the job"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such job, or it is another account's")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &own(&state, &user, id).await?, &state))
}

/// Lists the account's jobs, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", operation_id = "list_jobs", params(UserHeader, PageQuery),
    responses((status = 200, body = Paged<JobBody>, description = "the jobs"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    user: User,
    page: Page<JobId>,
) -> Result<Json<Paged<JobBody>>, ApiError> {
    let jobs = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => state.jobs.jobs(account.id, page.after, page.limit_and_one()).await?,
    };
    let body = |view: JobView| JobBody::without_input(&view, &state);
    Ok(Json(page.of(jobs, |view| view.job.id.to_string(), body)))
}

/// Calls a job off.
///
/// One that nobody works on yet ends at once and costs nothing; of one under way the vendor is asked, and
/// the job's `error` says what it said and what was charged. Again gives the same.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", operation_id = "cancel_job",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 202, body = JobBody, description = "the job as it is now"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such job, or it is another account's"),
        (status = 409, body = ErrorBody, description = "the job is final")))]
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
pub(crate) async fn own(state: &AppState, user: &User, id: JobId) -> Result<JobView, ApiError> {
    let account = state.credits.account(&user.subject).await?.ok_or_else(|| ApiError::not_found("job"))?;
    Ok(state.jobs.job(account.id, id).await?)
}

/// A job, with a header that names who serves or served it.
fn answer(status: StatusCode, view: &JobView, state: &AppState) -> Response {
    let mut answer = (status, Json(JobBody::new(view, state))).into_response();
    answer.headers_mut().extend(served_by(view));
    answer
}

/// The header that names who serves or served a job.
pub(crate) fn served_by(view: &JobView) -> Option<(HeaderName, HeaderValue)> {
    // A provider's name is visible ASCII.
    let provider = HeaderValue::from_str(view.attempts.last()?.provider.as_str()).ok()?;
    Some((FOURFOLD_PROVIDER, provider))
}

fn priority(user: &User, written: Option<String>) -> Result<Priority, ApiError> {
    let Some(text) = written else { return Ok(Priority::default()) };
    let priority = text.parse().map_err(|error| ApiError::invalid("priority", format!("{error}")))?;
    if priority == Priority::High && user.kind == KeyKind::User {
        let message = "priority high is for service and admin keys";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "missing_scope", message).param("priority"));
    }
    Ok(priority)
}

/// The job once it is final, else as it was last seen. It was taken, so that no failure to look at it may say
/// otherwise; and a server that stops keeps nobody waiting.
async fn wait_for(
    state: &AppState,
    view: JobView,
    listener: Option<JobListener>,
    patience: Duration,
) -> JobView {
    let id = view.job.id;
    match state.stopping.run_until_cancelled(state.jobs.wait_by(id, listener, patience)).await {
        Some(Ok(view)) => view,
        Some(Err(error)) => {
            tracing::warn!(job.id = %id, error = &error as &dyn std::error::Error, "a job can't be looked at");
            view
        }
        None => view,
    }
}

/// The `wait` of the header `Prefer` (RFC 7240); other preferences are not for us.
fn wait(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let wishes = values.flat_map(|text| text.split([',', ';'])).filter_map(|wish| wish.split_once('='));
    let Some((_, seconds)) = wishes.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
    else {
        return Ok(None);
    };
    match seconds.trim().trim_matches('"').parse() {
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds).min(WAIT_MAX))),
        Err(_) => Err(ApiError::malformed("Prefer", "Prefer: wait takes whole seconds")),
    }
}
