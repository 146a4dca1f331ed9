//! Stored results: by their job with a key, or by a signed token without one.

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use fourfold_domain::JobId;
use fourfold_service::Timestamp;
use fourfold_service::jobs::Artifact;
use futures_util::TryStreamExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::jobs::own;
use super::range::{Wanted, wanted};
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Places, User, UserHeader};
use crate::{AppState, shapes};

/// Which result of which job.
pub(crate) struct Place {
    job: JobId,
    index: u32,
}

/// The token in a path.
pub(crate) struct Token(String);

/// Downloads a result of the account's own job. Takes `Range`, `If-Range` and `If-None-Match`.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/artifacts/{index}", tag = "jobs", operation_id = "download_artifact",
    params(UserHeader, ("id" = String, Path, format = "uuid"), ("index" = u32, Path), ("Range" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "*/*", body = shapes::Bytes, description = "the result"),
        (status = 206, content_type = "*/*", body = shapes::Bytes, description = "the range"),
        (status = 302, description = "the result is read elsewhere, where artifacts.redirect is set"),
        (status = 304, description = "the caller has it already"),
        KeyErrors,
        (status = 404, body = ErrorBody, description = "no such result, or it is another account's"),
        (status = 416, body = ErrorBody, description = "the range begins after the end")))]
pub(crate) async fn by_job(
    State(state): State<AppState>,
    user: User,
    place: Place,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let account = own(&state, &user, place.job).await?.job.account;
    let artifact = state.artifacts.by_job(account, place.job, place.index).await?;
    send(&state, &artifact, None, &method, &headers).await
}

/// Downloads a result by the link that its job shows; no key is needed.
#[utoipa::path(get, path = "/files/{token}", tag = "jobs", operation_id = "download_file", security(()),
    params(("token" = String, Path), ("Range" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "*/*", body = shapes::Bytes, description = "the result"),
        (status = 206, content_type = "*/*", body = shapes::Bytes, description = "the range"),
        (status = 302, description = "the result is read elsewhere, where artifacts.redirect is set"),
        (status = 304, description = "the caller has it already"),
        (status = 404, body = ErrorBody, description = "the link is altered or has expired"),
        (status = 416, body = ErrorBody, description = "the range begins after the end"),
        (status = 500, body = ErrorBody, description = "something failed on our side"),
        (status = 503, body = ErrorBody, description = "what we keep can't be reached; try again")))]
pub(crate) async fn by_token(
    State(state): State<AppState>,
    Token(token): Token,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (artifact, expires_at) = state.artifacts.by_token(&token).await?;
    send(&state, &artifact, Some(expires_at), &method, &headers).await
}

pub(crate) async fn send(
    state: &AppState,
    artifact: &Artifact,
    expires_at: Option<Timestamp>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let etag = format!("\"{}\"", artifact.object.sha256);
    let size = artifact.object.size_bytes;
    let wanted = wanted(method, headers, &etag, size);
    // What has no body is answered here: the address elsewhere is for reading only.
    if matches!(wanted, Wanted::Whole | Wanted::Part { .. })
        && let Some(address) = state.artifacts.elsewhere(artifact, &disposition(artifact), expires_at).await?
    {
        // The address expires, so nobody is to keep it.
        let headers = [(header::LOCATION, address), (header::CACHE_CONTROL, "no-store".to_owned())];
        return Ok((StatusCode::FOUND, headers).into_response());
    }
    let mut response = match wanted {
        Wanted::Nothing => StatusCode::NOT_MODIFIED.into_response(),
        Wanted::Head => ([(header::CONTENT_LENGTH, size)], Body::empty()).into_response(),
        Wanted::Whole => {
            let body = read(state, artifact, 0, None).await?;
            ([(header::CONTENT_LENGTH, size)], body).into_response()
        }
        Wanted::Part { first, last } => {
            let length = last - first + 1;
            let body = read(state, artifact, first, Some(length)).await?;
            let range = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}"))];
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_LENGTH, length)], range, body).into_response()
        }
        Wanted::Beyond => {
            let message = format!("the range begins after the last of {size} bytes");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let error = ApiError::new(status, "range_not_satisfiable", message).param("Range");
            return Ok(([(header::CONTENT_RANGE, format!("bytes */{size}"))], error).into_response());
        }
    };
    describe(response.headers_mut(), artifact, &etag);
    Ok(response)
}

async fn read(
    state: &AppState,
    artifact: &Artifact,
    offset: u64,
    length: Option<u64>,
) -> Result<Body, ApiError> {
    let object = state.artifacts.read(artifact, offset, length).await?;
    Ok(Body::from_stream(object.bytes.map_err(axum::Error::new)))
}

/// Says what a result is; it can't run script in our origin, whatever it says of itself.
fn describe(headers: &mut HeaderMap, artifact: &Artifact, etag: &str) {
    let written = [
        (header::CONTENT_TYPE, artifact.object.media_type.as_str(), "application/octet-stream"),
        (header::CONTENT_DISPOSITION, &disposition(artifact), "attachment"),
        (header::ETAG, etag, "\"\""),
    ];
    for (name, value, otherwise) in written {
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(otherwise));
        headers.insert(name, value);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Whether a browser shows a result in place, and the name that it is saved under.
fn disposition(artifact: &Artifact) -> String {
    let media_type = &artifact.object.media_type;
    let shown = ["image/", "audio/", "video/"].iter().any(|kind| media_type.starts_with(kind))
        && !media_type.starts_with("image/svg");
    let disposition = if shown { "inline" } else { "attachment" };
    let extension = artifact.object.key.rsplit('.').next().unwrap_or("bin");
    format!("{disposition}; filename=\"{}-{}.{extension}\"", artifact.job, artifact.index)
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let places = Places::from_request_parts(parts, state).await?;
        let index = places.text("index").parse();
        let index = index.map_err(|_| ApiError::malformed("index", "index must be a number from 0"));
        Ok(Self { job: places.read("id")?, index: index? })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = ApiError;

    /// A path that can't be read is an altered link.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let places = Places::from_request_parts(parts, state).await;
        places.map(|places| Self(places.text("token").to_owned())).map_err(|_| ApiError::not_found("file"))
    }
}
