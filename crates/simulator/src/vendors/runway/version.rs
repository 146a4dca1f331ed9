//! The version of the API, which each request names in `X-Runway-Version`.

use http::StatusCode;

use crate::call::Call;
use crate::refusal::Refusal;

/// Refuses a request that names no version, or another than the one there is.
pub(super) fn check(call: &Call<'_>) -> Result<(), Refusal> {
    let problem = match call.headers.get("x-runway-version").map(|version| version.as_bytes()) {
        Some(b"2024-11-06") => return Ok(()),
        Some(other) => format!("X-Runway-Version {} is not supported", String::from_utf8_lossy(other)),
        None => "The X-Runway-Version header is required".to_owned(),
    };
    let message = format!("{problem}. The current version is 2024-11-06.");
    Err(Refusal::own(StatusCode::BAD_REQUEST, "version", message))
}
