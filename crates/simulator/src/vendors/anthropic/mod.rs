//! Anthropic: messages, one by one and in batches, in two versions of its API that a header tells apart.

mod batches;
pub(super) mod error;
pub(super) mod messages;
mod models;
mod page;
mod routes;
mod version;

use http::{HeaderMap, HeaderValue};

use super::{VendorRow, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "anthropic",
    base_path: "",
    routes: routes::ROUTES,
    models: models::MODELS,
    body_bytes_max: 32 << 20,
    rate_limit: None,
    key: |headers, _query| header_key(headers).or_else(|| bearer(headers)),
    refuse: error::refuse,
    headers,
};

/// The key in `x-api-key`. Newer SDKs send it as a bearer token instead.
pub(super) fn header_key(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("x-api-key")?.to_str().ok()?.trim().to_owned())
}

fn headers(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(request_id) = HeaderValue::try_from(format!("req_{request_id}")) {
        headers.insert("request-id", request_id);
    }
    headers.insert("anthropic-organization-id", HeaderValue::from_static("org-simulated"));
    for (name, value) in LIMITS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// What the vendor says of a generous account that has sent nothing since its limits were reset.
const LIMITS: [(&str, &str); 12] = [
    ("anthropic-ratelimit-requests-limit", "4000"),
    ("anthropic-ratelimit-requests-remaining", "4000"),
    ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:00Z"),
    ("anthropic-ratelimit-tokens-limit", "2400000"),
    ("anthropic-ratelimit-tokens-remaining", "2400000"),
    ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:00Z"),
    ("anthropic-ratelimit-input-tokens-limit", "2000000"),
    ("anthropic-ratelimit-input-tokens-remaining", "2000000"),
    ("anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:00Z"),
    ("anthropic-ratelimit-output-tokens-limit", "400000"),
    ("anthropic-ratelimit-output-tokens-remaining", "400000"),
    ("anthropic-ratelimit-output-tokens-reset", "2026-01-01T00:00:00Z"),
];
