//! OpenAI, whose wire others speak too.

mod chat;
mod embeddings;
mod error;
mod images;
mod models;
mod responses;
mod routes;
mod speech;
mod transcriptions;
mod videos;

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
    headers.insert("openai-version", HeaderValue::from_static("2020-10-01"));
}
