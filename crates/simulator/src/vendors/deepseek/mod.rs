//! DeepSeek: OpenAI's chat, with the thoughts that come before an answer.

mod account;
mod chat;
mod completions;
mod error;
mod models;
mod routes;
mod settings;
mod waiting;

use super::{VendorRow, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "deepseek",
    base_path: "",
    routes: routes::ROUTES,
    models: models::MODELS,
    body_bytes_max: 64 << 20,
    // It limits how many requests run at once instead, and generously: from 500 on.
    rate_limit: None,
    key: |headers, _query| bearer(headers),
    refuse: error::refuse,
    headers: |_headers, _request_id| {},
};
