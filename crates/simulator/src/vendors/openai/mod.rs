//! OpenAI, whose wire others speak too.

pub(super) mod chat;
pub(super) mod embeddings;
pub(super) mod error;
mod files;
pub(super) mod images;
pub(super) mod models;
pub(super) mod responses;
mod routes;
pub(super) mod speech;
pub(super) mod transcriptions;
pub(super) mod videos;

use http::{HeaderMap, HeaderValue};

use super::{VendorRow, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "openai",
    base_path: "/v1",
    routes: routes::ROUTES,
    models: models::MODELS,
    body_bytes_max: 64 << 20,
    rate_limit: None,
    key: |headers, _query| bearer(headers),
    refuse: error::refuse,
    headers,
};

fn headers(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(request_id) = HeaderValue::try_from(format!("req_{request_id}")) {
        headers.insert("x-request-id", request_id);
    }
    headers.insert("openai-organization", HeaderValue::from_static("org-simulated"));
    headers.insert("openai-processing-ms", HeaderValue::from_static("1"));
    for (name, value) in LIMITS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("openai-version", HeaderValue::from_static("2020-10-01"));
}

/// What the vendor says of a generous account that has hardly sent anything.
const LIMITS: [(&str, &str); 6] = [
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-limit-tokens", "30000000"),
    ("x-ratelimit-remaining-requests", "9999"),
    ("x-ratelimit-remaining-tokens", "29999000"),
    ("x-ratelimit-reset-requests", "6ms"),
    ("x-ratelimit-reset-tokens", "2ms"),
];
