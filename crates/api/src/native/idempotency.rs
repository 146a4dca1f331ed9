//! The header that makes a request idempotent.

use fourfold_service::Idempotency;
use http::{HeaderMap, Method, Uri};
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

const HEADER: &str = "idempotency-key";
const KEY_CHARACTERS_MAX: usize = 255;

/// Reads the header; the key counts for this method and path, with this body.
pub(crate) fn idempotency(
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
    body: &[u8],
) -> Result<Option<Idempotency>, ApiError> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_CHARACTERS_MAX).contains(&key.len()));
    let key = key.ok_or_else(|| {
        ApiError::malformed("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible ASCII characters")
    })?;
    Ok(Some(Idempotency {
        method: method.to_string(),
        path: uri.path().to_owned(),
        key: key.to_owned(),
        fingerprint: Sha256::digest(body).into(),
    }))
}
