//! Runway: a route for each kind of work, and tasks that are asked for until they are over.

mod account;
mod assets;
mod combinations;
mod create;
mod error;
mod frames;
mod models;
mod organization;
mod outputs;
mod prices;
mod routes;
mod rules;
mod tasks;
mod throttle;
mod uploads;
mod version;

use http::{HeaderMap, HeaderValue};

use super::{VendorRow, bearer};

pub(super) const ROW: VendorRow = VendorRow {
    name: "runway",
    base_path: "",
    routes: routes::ROUTES,
    // They are checked by route, against its own table.
    models: &[],
    body_bytes_max: 64 << 20,
    rate_limit: None,
    key: |headers, _query| bearer(headers),
    refuse: error::refuse,
    headers,
};

fn headers(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert("apigw-requestid", request_id);
    }
}
