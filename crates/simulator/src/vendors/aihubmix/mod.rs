//! AIHubMix: the models of many vendors behind OpenAI's wire, with videos and pictures of its own shapes.
//!
//! What a test wants to go wrong here: `status=403` for an account that has no money left, `status=503` for a
//! model whose vendor is at its limit, `status=429` for a model that was asked too often.

mod catalog;
mod chat;
mod error;
mod images;
mod link;
mod messages;
mod models;
mod ratio;
mod routes;
mod speech;
mod transcriptions;
mod videos;

use super::{VendorRow, anthropic, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "aihubmix",
    base_path: "/v1",
    routes: routes::ROUTES,
    models: models::MODELS,
    body_bytes_max: 64 << 20,
    rate_limit: None,
    // Clients of each wire send it as they are used to.
    key: |headers, _query| bearer(headers).or_else(|| anthropic::header_key(headers)),
    refuse: error::refuse,
    headers: |_headers, _request_id| {},
};
