//! The header that makes a request idempotent.

use bytes::Bytes;
use fourfold_service::Idempotency;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use super::Body;
use super::body::aside;
use crate::error::ApiError;

const HEADER: &str = "idempotency-key";
const KEY_CHARACTERS_MAX: usize = 255;

/// How a caller makes a request idempotent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by name, this documents it")]
pub(crate) struct IdempotencyHeader {
    /// Makes the request idempotent for 24 h.
    #[param(rename = "Idempotency-Key", pattern = r"^[!-~]([ -~]{0,253}[!-~])?$")]
    key: Option<String>,
}

/// The key of the header.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        // Whichever was taken, the caller may have meant the other.
        (Some(_), Some(_)) => {
            return Err(ApiError::malformed("Idempotency-Key", "Idempotency-Key must be there once"));
        }
    };
    let key = value.to_str().ok().filter(|key| (1..=KEY_CHARACTERS_MAX).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        ApiError::malformed("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible ASCII characters")
    })
}

/// The key of the header, which counts for this method and path, with this body.
pub(crate) async fn idempotency(
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
    body: &Body,
) -> Result<Option<Idempotency>, ApiError> {
    if idempotency_key(headers)?.is_none() {
        return Ok(None);
    }
    let fingerprint = aside(&body.bytes, |bytes| Sha256::digest(bytes).into()).await?;
    idempotency_of(headers, method, uri, fingerprint)
}

/// The same, for a body that isn't read yet.
pub(crate) async fn idempotency_for(parts: &Parts, body: &Bytes) -> Result<Option<Idempotency>, ApiError> {
    if idempotency_key(&parts.headers)?.is_none() {
        return Ok(None);
    }
    let fingerprint = aside(body, |bytes| Sha256::digest(bytes).into()).await?;
    idempotency_of(&parts.headers, &parts.method, &parts.uri, fingerprint)
}

/// The same, with what tells the body apart.
pub(crate) fn idempotency_of(
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
    fingerprint: [u8; 32],
) -> Result<Option<Idempotency>, ApiError> {
    let key = idempotency_key(headers)?;
    Ok(key.map(|key| Idempotency {
        method: method.to_string(),
        path: uri.path().to_owned(),
        key: key.to_owned(),
        fingerprint,
    }))
}
