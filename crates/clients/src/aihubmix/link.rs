//! Links in the vendor's answers: some lead to the vendor itself, which asks for the key, the others to storages, which
//! must not see it.
//!
//! The HTTP client keeps the key to the base URL's own origin, at each redirect, and holds other origins to the address
//! policy.

use crate::http::{BaseHttpClient, Call, ClientError};
use crate::vendor::REDIRECTS_MAX;

/// Whether a text of an answer leads anywhere.
pub(super) fn is_link(text: &str) -> bool {
    ["https://", "http://", "/"].iter().any(|beginning| text.starts_with(beginning))
}

/// A call for what a link leads to; one without a host leads to the vendor. Whether that sends it on, its page leaves
/// open.
pub(super) fn call<'c>(http: &'c BaseHttpClient, link: &str) -> Result<Call<'c>, ClientError> {
    if !is_link(link) {
        return Err(ClientError::invalid("this is no link"));
    }
    let url = http.base_url().join(link).map_err(ClientError::invalid)?;
    Ok(http.get(url.as_str()).redirects(REDIRECTS_MAX))
}
