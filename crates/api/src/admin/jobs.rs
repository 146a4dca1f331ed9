//! Jobs of every account.

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::response::{IntoResponse, Response};
use fourfold_domain::JobId;
use fourfold_service::Idempotency;
use fourfold_service::credits::Account;
use fourfold_service::jobs::JobView;
use fourfold_service::ports::JobFilter;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Admin, Id, IdempotencyHeader, Page, PageQuery, Paged, idempotency_key};
use crate::native::job_body::JobBody;

/// A job, as the operator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminJobBody {
    /// The caller's name of the account that pays.
    account: String,
    realm: String,
    #[serde(flatten)]
    job: JobBody,
}

/// Which jobs are meant, as it is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsQuery {
    /// queued, starting, running, storing, succeeded, failed, cancelled or expired.
    #[param(pattern = "^(queued|starting|running|storing|succeeded|failed|cancelled|expired)$")]
    state: Option<String>,
    /// The caller's name of the account.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    account: Option<String>,
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    realm: Option<String>,
    model: Option<String>,
}

/// Which jobs are meant.
pub(crate) struct Filter(JobFilter);

/// Lists jobs of every account, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/jobs", tag = "admin", operation_id = "list_all_jobs",
    params(JobsQuery, PageQuery),
    responses((status = 200, body = Paged<AdminJobBody>, description = "the jobs"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    _admin: Admin,
    Filter(filter): Filter,
    page: Page<JobId>,
) -> Result<Json<Paged<AdminJobBody>>, ApiError> {
    let found = state.jobs.find(filter, page.after, page.limit_and_one()).await?;
    let body = |(account, view): (Account, JobView)| AdminJobBody {
        job: JobBody::without_input(&view, &state),
        ..AdminJobBody::new(&account, &view, &state)
    };
    Ok(Json(page.of(found, |(_, view)| view.job.id.to_string(), body)))
}

/// Tries a job again that ended without a result.
///
/// A new job for the same account with the same request, at the terms and the price of now; its `retry_of` names the
/// one that failed.
#[utoipa::path(post, path = "/api/v1/admin/jobs/{id}/retry", tag = "admin", operation_id = "retry_job",
    params(("id" = String, Path, format = "uuid"),
        IdempotencyHeader),
    responses((status = 202, body = AdminJobBody, description = "the new job"), KeyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay"),
        (status = 404, body = ErrorBody, description = "no such job"),
        (status = 409, body = ErrorBody, description = "the job isn't final, or has succeeded")))]
pub(crate) async fn retry(
    State(state): State<AppState>,
    _admin: Admin,
    Id(id): Id<JobId>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let idempotency = idempotency_key(&headers)?.map(|key| Idempotency {
        method: method.to_string(),
        path: uri.path().to_owned(),
        key: key.to_owned(),
        // All that is asked is in the path.
        fingerprint: [0; 32],
    });
    let view = state.jobs.retry(id, idempotency).await?;
    accepted(&state, view.job.id).await
}

/// Calls a job of any account off, as its caller could.
#[utoipa::path(post, path = "/api/v1/admin/jobs/{id}/cancel", tag = "admin", operation_id = "cancel_any_job",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 202, body = AdminJobBody, description = "the job as it is now"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such job"),
        (status = 409, body = ErrorBody, description = "the job is final")))]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    _admin: Admin,
    Id(id): Id<JobId>,
) -> Result<Response, ApiError> {
    let (account, _) = state.jobs.any(id).await?;
    state.jobs.cancel(account.id, id).await?;
    accepted(&state, id).await
}

async fn accepted(state: &AppState, id: JobId) -> Result<Response, ApiError> {
    let (account, view) = state.jobs.any(id).await?;
    Ok((StatusCode::ACCEPTED, Json(AdminJobBody::new(&account, &view, state))).into_response())
}

impl AdminJobBody {
    fn new(account: &Account, view: &JobView, state: &AppState) -> Self {
        Self {
            account: account.subject.external_id.to_string(),
            realm: account.subject.realm.to_string(),
            job: JobBody::new(view, state),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Filter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(written) = Query::<JobsQuery>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        Ok(Self(JobFilter {
            state: read("state", written.state)?,
            account: read("account", written.account)?,
            realm: read("realm", written.realm)?,
            model: read("model", written.model)?,
        }))
    }
}

/// A text of a query as what it means.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &'static str,
    written: Option<String>,
) -> Result<Option<T>, ApiError> {
    let read =
        |text: String| text.parse().map_err(|error: T::Err| ApiError::malformed(name, error.to_string()));
    written.map(read).transpose()
}
