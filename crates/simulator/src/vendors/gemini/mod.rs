//! Google's Gemini: its own wire in two versions, interactions, files, what older clients ask for, and OpenAI's
//! wire below a base of its own.

mod compatible;
mod embeddings;
mod error;
mod files;
mod generate;
mod images;
mod interactions;
mod models;
mod pages;
mod routes;
mod shape;
mod sizes;
mod time;
mod tokens;
mod turn;
mod videos;

use std::collections::BTreeMap;

use http::HeaderMap;

use super::{VendorRow, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "gemini",
    base_path: "",
    routes: routes::ROUTES,
    models: models::MODELS,
    body_bytes_max: 100 << 20,
    // Its limits depend on what an account has spent; the page has no numbers.
    rate_limit: None,
    key,
    refuse: error::refuse,
    headers: |_headers, _request_id| {},
};

/// In a header of its own, in the query, or as a bearer token.
fn key(headers: &HeaderMap, query: &BTreeMap<String, String>) -> Option<String> {
    let header = headers.get("x-goog-api-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    header.or_else(|| query.get("key").cloned()).or_else(|| bearer(headers))
}
