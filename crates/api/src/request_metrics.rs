//! Counts requests and times them, by route, method and status.
//!
//! Each handle is made once, when its outcome is first seen, and found again without a lock. No label is a
//! caller's text: an unknown path is `unmatched`, an unknown method `other`.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Histogram, SharedString};

/// The metrics of one router. Clones share them.
#[derive(Clone)]
pub(crate) struct RequestMetrics(Arc<Routes>);

struct Routes {
    by_path: HashMap<String, Route>,
    unmatched: Route,
}

/// The outcomes of one route, the one that was first seen first.
struct Route {
    name: SharedString,
    first: OnceLock<Box<Outcome>>,
}

/// What a route answered to a method. There are as many as the route has statuses, so walking past a few
/// is all that it takes to find one.
struct Outcome {
    method: &'static str,
    status: StatusCode,
    answered: Counter,
    seconds: Histogram,
    next: OnceLock<Box<Outcome>>,
}

impl RequestMetrics {
    /// For these routes.
    pub(crate) fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let by_path = paths.into_iter().map(|path| (path.clone(), Route::new(path.into()))).collect();
        Self(Arc::new(Routes { by_path, unmatched: Route::new("unmatched".into()) }))
    }

    /// Counts an answer.
    pub(crate) fn record(&self, path: Option<&str>, method: &Method, status: StatusCode, duration: Duration) {
        let route = path.and_then(|path| self.0.by_path.get(path)).unwrap_or(&self.0.unmatched);
        let outcome = route.outcome(method_name(method), status);
        outcome.answered.increment(1);
        outcome.seconds.record(duration);
    }
}

impl Route {
    fn new(name: SharedString) -> Self {
        Self { name, first: OnceLock::new() }
    }

    fn outcome(&self, method: &'static str, status: StatusCode) -> &Outcome {
        let mut place = &self.first;
        loop {
            let outcome = place.get_or_init(|| Box::new(Outcome::new(&self.name, method, status)));
            if (outcome.method, outcome.status) == (method, status) {
                return outcome;
            }
            place = &outcome.next;
        }
    }
}

impl Outcome {
    fn new(route: &SharedString, method: &'static str, status: StatusCode) -> Self {
        let labels = [
            ("route", route.clone()),
            ("method", SharedString::const_str(method)),
            ("status", status.as_str().to_owned().into()),
        ];
        Self {
            method,
            status,
            answered: metrics::counter!("fourfold_http_requests_total", &labels),
            seconds: metrics::histogram!("fourfold_http_request_seconds", &labels),
            next: OnceLock::new(),
        }
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
