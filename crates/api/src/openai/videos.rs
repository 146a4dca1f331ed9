//! `/v1/videos`: the native jobs for videos, in OpenAI's shape. A video's id is its job's id.

use axum::Json;
use axum::extract::{FromRequest as _, FromRequestParts, Query, Request, State};
use axum::response::{IntoResponse, Response};
use fourfold_domain::{JobId, JobState, Modality};
use fourfold_service::Idempotency;
use fourfold_service::jobs::{Deletion, JobView};
use fourfold_service::ports::VideoPage;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::film::{NewVideo, NewVideoForm, VideoBody, read};
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, Form, Id, IdempotencyHeader, Object, User, UserHeader, idempotency, idempotency_key,
    idempotency_of, is_form,
};
use crate::native::artifacts::send;
use crate::native::jobs::{own, served_by};
use crate::{AppState, shapes};

const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 100;

/// A page of videos.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiVideos)]
pub(crate) struct Videos {
    /// Always `list`.
    object: &'static str,
    data: Vec<VideoBody>,
    first_id: Option<String>,
    /// Asks for the next page as `after`.
    last_id: Option<String>,
    has_more: bool,
}

/// A video that was deleted.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiVideoDeleted)]
pub(crate) struct VideoDeleted {
    id: String,
    /// Always `video.deleted`.
    object: &'static str,
    /// Always true.
    deleted: bool,
}

/// Which page of the videos.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VideoQuery {
    /// How many, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// The `last_id` of the page before.
    #[param(format = "uuid")]
    after: Option<String>,
    /// `desc`, the newest first, which holds where it is left out, or `asc`.
    #[param(pattern = "^(asc|desc)$")]
    order: Option<String>,
}

/// What of a video is read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentQuery {
    /// `video`, which holds where it is left out; there is nothing else.
    #[param(pattern = "^video$")]
    variant: Option<String>,
}

/// Takes a video to be made.
///
/// It is a job like any other of `/api/v1/jobs`: the credits that it could cost at most are held at once, and it is
/// charged when it is stored. What is handed in becomes a file of the account. With `Idempotency-Key` the same request
/// sent again answers with the same video as it is now.
#[utoipa::path(post, path = "/v1/videos", tag = "openai", operation_id = "create_video",
    request_body(content((NewVideo = "application/json"), (NewVideoForm = "multipart/form-data"))),
    params(UserHeader,
        IdempotencyHeader),
    responses(
        (status = 200, body = VideoBody, description = "the video was taken"),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for it"),
        (status = 404, body = ErrorBody, description = "no such model")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    idempotency_key(&headers)?;
    if !is_form(&request) {
        let body = Body::from_request(request, &state).await?;
        let idempotency = idempotency(&headers, &method, &uri, &body).await?;
        let (view, _is_new) = make(&state, user, body.object, idempotency).await?;
        return Ok(answer(&view));
    }
    let form = Form::read(&state, &user.subject, request).await?;
    let made = async {
        let idempotency = idempotency_of(&headers, &method, &uri, form.fingerprint)?;
        make(&state, user, form.object()?, idempotency).await
    };
    let made = made.await;
    if !matches!(made, Ok((_, true))) {
        form.discard(&state).await;
    }
    Ok(answer(&made?.0))
}

/// Lists the account's videos.
#[utoipa::path(get, path = "/v1/videos", tag = "openai", operation_id = "list_videos",
    params(UserHeader, VideoQuery),
    responses((status = 200, body = Videos, description = "the videos"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    user: User,
    Paging(page): Paging,
) -> Result<Json<Videos>, ApiError> {
    let mut views = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => {
            let and_one = VideoPage { limit: page.limit + 1, ..page };
            state.jobs.videos(account.id, and_one).await?
        }
    };
    let has_more = views.len() > page.limit;
    views.truncate(page.limit);
    let id = |view: Option<&JobView>| view.map(|view| view.job.id.to_string());
    Ok(Json(Videos {
        object: "list",
        first_id: id(views.first()),
        last_id: id(views.last()),
        has_more,
        data: views.iter().map(VideoBody::new).collect(),
    }))
}

/// Shows a video of the account.
#[utoipa::path(get, path = "/v1/videos/{id}", tag = "openai", operation_id = "show_video",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 200, body = VideoBody, description = "the video"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such video, or it is another account's")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
) -> Result<Response, ApiError> {
    Ok(answer(&video(&state, &user, id).await?))
}

/// Deletes a video of the account: it is called off where it isn't done, and its content is removed.
///
/// Its job stays, with what it was charged.
#[utoipa::path(delete, path = "/v1/videos/{id}", tag = "openai", operation_id = "delete_video",
    params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 200, body = VideoDeleted, description = "the video is gone"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such video, or it is another account's")))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
) -> Result<Json<VideoDeleted>, ApiError> {
    let view = video(&state, &user, id).await?;
    state.jobs.delete(view.job.account, id).await?;
    Ok(Json(VideoDeleted { id: id.to_string(), object: "video.deleted", deleted: true }))
}

/// Downloads a video of the account. Takes `Range`, `If-Range` and `If-None-Match`.
#[utoipa::path(get, path = "/v1/videos/{id}/content", tag = "openai", operation_id = "download_video",
    params(UserHeader, ("id" = String, Path, format = "uuid"), ContentQuery, ("Range" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "video/*", body = shapes::Bytes, description = "the video"),
        (status = 206, content_type = "video/*", body = shapes::Bytes, description = "the range"),
        (status = 302, description = "the video is read elsewhere, where artifacts.redirect is set"),
        (status = 304, description = "the caller has it already"),
        KeyErrors,
        (status = 404, body = ErrorBody, description = "no such video, it is another account's, or it has failed"),
        (status = 409, body = ErrorBody, description = "the video isn't completed yet"),
        (status = 416, body = ErrorBody, description = "the range begins after the end")))]
pub(crate) async fn content(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<JobId>,
    _: Variant,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let view = video(&state, &user, id).await?;
    match view.job.state {
        JobState::Succeeded => {}
        state if state.is_final() => return Err(ApiError::not_found("content: the video has failed")),
        _ => {
            let message = "the video isn't completed yet";
            return Err(ApiError::new(StatusCode::CONFLICT, "in_progress", message));
        }
    }
    let artifact = state.artifacts.by_job(view.job.account, id, 0).await?;
    let mut response = send(&state, &artifact, None, &method, &headers).await?;
    response.headers_mut().extend(served_by(&view));
    Ok(response)
}

/// The video, and whether this request has made it.
async fn make(
    state: &AppState,
    user: User,
    object: Object,
    idempotency: Option<Idempotency>,
) -> Result<(JobView, bool), ApiError> {
    let mut asked = read(state, object)?;
    let submission = asked.submission(user, idempotency);
    let submitted = state.jobs.submit_and_listen(submission).await;
    let (view, listener) = submitted.map_err(|error| asked.error(error))?;
    Ok((view, listener.is_some()))
}

/// A video of the caller's account; another's isn't found, nor one that was deleted, nor a job that makes no video.
async fn video(state: &AppState, user: &User, id: JobId) -> Result<JobView, ApiError> {
    let no_video = || ApiError::not_found("video");
    let view = own(state, user, id).await.map_err(|error| match error.status {
        StatusCode::NOT_FOUND => no_video(),
        _ => error,
    })?;
    let is_listed = view.job.modality == Modality::Video && view.job.deletion == Deletion::Kept;
    if is_listed { Ok(view) } else { Err(no_video()) }
}

fn answer(view: &JobView) -> Response {
    let mut response = Json(VideoBody::new(view)).into_response();
    response.headers_mut().extend(served_by(view));
    response
}

/// The page of a query.
pub(crate) struct Paging(VideoPage);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let written: VideoQuery = query(parts, state).await?;
        let limit = match written.limit {
            None => LIMIT_DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| ApiError::malformed("limit", "limit must be from 1 to 100"))?,
        };
        let bad_after = |_| ApiError::malformed("after", "after must be the id of a video");
        let after = written.after.map(|after| after.parse()).transpose().map_err(bad_after)?;
        let is_oldest_first = match written.order.as_deref() {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(_) => return Err(ApiError::invalid("order", "order must be one of asc, desc")),
        };
        Ok(Self(VideoPage { after, is_oldest_first, limit }))
    }
}

/// What of a video is wanted; there is one thing.
pub(crate) struct Variant;

impl<S: Send + Sync> FromRequestParts<S> for Variant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let written: ContentQuery = query(parts, state).await?;
        match written.variant.as_deref() {
            None | Some("video") => Ok(Self),
            Some(_) => {
                Err(ApiError::invalid("variant", "variant must be video; there is nothing else of one"))
            }
        }
    }
}

async fn query<T: serde::de::DeserializeOwned, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<T, ApiError> {
    let query = Query::<T>::from_request_parts(parts, state).await;
    query.map(|Query(query)| query).map_err(|_| ApiError::malformed("query", "the query can't be read"))
}
