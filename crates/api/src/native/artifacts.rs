//! Stored results: by their job with a key, or by a signed token without one.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Response};
use fourfold_domain::JobId;
use fourfold_service::jobs::Artifact;
use futures_util::TryStreamExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::jobs::own;
use crate::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::extract::User;

/// Which result of which job.
pub(crate) struct Place {
    job: JobId,
    index: u32,
}

/// Downloads a result of the account's own job. Takes `Range`, `If-Range` and `If-None-Match`.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/artifacts/{index}", tag = "jobs",
    params(("id" = String, Path), ("index" = u32, Path), ("Range" = Option<String>, Header)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>), (status = 304), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 416, body = ErrorBody)))]
pub(crate) async fn by_job(
    State(state): State<AppState>,
    user: User,
    place: Place,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let account = own(&state, &user, place.job).await?.job.account;
    let artifact = state.artifacts.by_job(account, place.job, place.index).await?;
    send(&state, &artifact, &headers).await
}

/// Downloads a result by the link that its job shows; no key is needed.
#[utoipa::path(get, path = "/files/{token}", tag = "jobs", security(()),
    params(("token" = String, Path), ("Range" = Option<String>, Header)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>), (status = 304),
        (status = 404, body = ErrorBody), (status = 416, body = ErrorBody)))]
pub(crate) async fn by_token(
    State(state): State<AppState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let artifact = state.artifacts.by_token(&token).await?;
    send(&state, &artifact, &headers).await
}

async fn send(state: &AppState, artifact: &Artifact, headers: &HeaderMap) -> Result<Response, ApiError> {
    let etag = format!("\"{}\"", artifact.object.sha256);
    let size = artifact.object.size_bytes;
    let mut response = if names(headers, header::IF_NONE_MATCH, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match range(headers, &etag, size)? {
            None => {
                let object = state.artifacts.read(artifact, 0, None).await?;
                (StatusCode::OK, Body::from_stream(object.bytes.map_err(axum::Error::new))).into_response()
            }
            Some((first, last)) => {
                let object = state.artifacts.read(artifact, first, Some(last - first + 1)).await?;
                let body = Body::from_stream(object.bytes.map_err(axum::Error::new));
                let content_range = format!("bytes {first}-{last}/{size}");
                (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, content_range)], body).into_response()
            }
        }
    };
    let length = match range(headers, &etag, size) {
        _ if response.status() == StatusCode::NOT_MODIFIED => None,
        Ok(Some((first, last))) => Some(last - first + 1),
        _ => Some(size),
    };
    let headers = response.headers_mut();
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    protect(headers, artifact);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}

/// A result can't run script in our origin, whatever it says that it is.
fn protect(headers: &mut HeaderMap, artifact: &Artifact) {
    let media_type = &artifact.object.media_type;
    let shown = ["image/", "audio/", "video/"].iter().any(|kind| media_type.starts_with(kind))
        && !media_type.starts_with("image/svg");
    let extension = artifact.object.key.rsplit('.').next().unwrap_or("bin");
    let disposition = if shown { "inline" } else { "attachment" };
    let disposition = format!("{disposition}; filename=\"{}-{}.{extension}\"", artifact.job, artifact.index);
    let fixed: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::ACCEPT_RANGES, "bytes"),
    ];
    for (name, value) in fixed {
        let value =
            HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("application/octet-stream"));
        headers.insert(name, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
}

fn names(headers: &HeaderMap, name: HeaderName, etag: &str) -> bool {
    let given = headers.get(name).and_then(|value| value.to_str().ok());
    given.is_some_and(|given| {
        given.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
    })
}

/// The first and last byte of a single range; several ranges, or a range of an older version, are answered
/// whole, as RFC 9110 allows.
fn range(headers: &HeaderMap, etag: &str, size: u64) -> Result<Option<(u64, u64)>, ApiError> {
    if headers.contains_key(header::IF_RANGE) && !names(headers, header::IF_RANGE, etag) {
        return Ok(None);
    }
    let Some(text) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(suffix)) if first.trim().is_empty() && suffix > 0 => {
            (size.saturating_sub(suffix), size.saturating_sub(1))
        }
        (Err(_), Ok(0)) if first.trim().is_empty() => (size, size),
        _ => return Ok(None),
    };
    if first >= size {
        let message = format!("the range begins after the last of {size} bytes");
        return Err(
            ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", message).param("Range")
        );
    }
    Ok(Some((first, last)))
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((job, index)) = path.map_err(|_| ApiError::malformed("path", "the path can't be read"))?;
        Ok(Self {
            job: job.parse().map_err(|error| ApiError::malformed("id", format!("{error}")))?,
            index: index
                .parse()
                .map_err(|_| ApiError::malformed("index", "index must be a number from 0"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range_header: &str, expected: Result<Option<(u64, u64)>, u16>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range_header.parse().unwrap());
        let found = range(&headers, "\"x\"", 100).map_err(|error| error.status.as_u16());
        assert_eq!(found, expected, "{range_header}");
    }

    #[test]
    fn a_single_range_is_answered_and_others_are_ignored() {
        check("bytes=0-9", Ok(Some((0, 9))));
        check("bytes=90-", Ok(Some((90, 99))));
        check("bytes=-10", Ok(Some((90, 99))));
        check("bytes=-1000", Ok(Some((0, 99))));
        check("bytes=50-1000", Ok(Some((50, 99))));
        check("bytes=100-", Err(416));
        check("bytes=-0", Err(416));
        check("bytes=9-0", Ok(None));
        check("bytes=0-1,5-6", Ok(None));
        check("lines=1-2", Ok(None));
        check("bytes=x-y", Ok(None));
    }
}
