//! Stability: v1 and v2beta, answers at once and results that take a while.

mod account;
mod answer;
mod audio;
mod error;
mod images;
mod results;
mod routes;
mod rules;
mod three_d;
mod v1;
mod videos;

use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::{Model, ModelKind, VendorRow, bearer};
use crate::RateLimit;

pub(super) const ROW: VendorRow = VendorRow {
    name: "stability",
    base_path: "",
    routes: routes::ROUTES,
    models: &[Model {
        id: "stable-diffusion-xl-1024-v1-0",
        kind: ModelKind::Image,
        created: 1_690_329_600,
        shutdown_date: None,
    }],
    body_bytes_max: 50 << 20,
    rate_limit: Some(RateLimit { requests: 150, per: Duration::from_secs(10) }),
    key: |headers, _query| bearer(headers).or_else(|| bare_key(headers)),
    refuse: error::refuse,
    headers: |_headers, _request_id| {},
};

/// The key without `Bearer`, as v1 takes it too.
fn bare_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    (!value.contains(' ')).then(|| value.to_owned())
}
