//! A vendor's table of routes.

use std::cmp::Reverse;

use http::Method;

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::template::{self, Params};

/// Decides what a call is answered with. Neither waits nor does I/O.
pub(crate) type Handler = fn(&Call<'_>) -> Result<Answer, Refusal>;

/// One thing that can be asked of a vendor.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With holes, as [`template`] describes; without the vendor's prefix.
    pub(crate) path: &'static str,
    pub(crate) handler: Handler,
    /// Whether what it accepts costs money.
    pub(crate) is_paid: bool,
    /// Whether a request may come without a key; then the call's credential is empty, and the handler decides.
    pub(crate) is_open: bool,
}

impl Route {
    pub(crate) const fn get(path: &'static str, handler: Handler) -> Self {
        Self::new(Method::GET, path, handler)
    }

    pub(crate) const fn post(path: &'static str, handler: Handler) -> Self {
        Self::new(Method::POST, path, handler)
    }

    pub(crate) const fn delete(path: &'static str, handler: Handler) -> Self {
        Self::new(Method::DELETE, path, handler)
    }

    /// The same, where each call that succeeds costs money.
    pub(crate) const fn paid(mut self) -> Self {
        self.is_paid = true;
        self
    }

    /// The same, where a request may come without a key.
    pub(crate) const fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    const fn new(method: Method, path: &'static str, handler: Handler) -> Self {
        Self { method, path, handler, is_paid: false, is_open: false }
    }
}

/// The route of a request and what its holes were filled with. Of two that fit, the one with fewer holes, and of
/// those the longer one: `/files/{id}:download` before `/files/{id}`.
pub(crate) fn find(
    routes: &'static [Route],
    method: &Method,
    path: &str,
) -> Result<(&'static Route, Params), Refusal> {
    let mut fitting: Vec<_> =
        routes.iter().filter_map(|route| Some((route, template::fill(route.path, path)?))).collect();
    if fitting.is_empty() {
        return Err(Refusal::UnknownPath);
    }
    fitting.retain(|(route, _)| route.method == *method);
    let holes_and_length = |route: &Route| (template::holes(route.path), Reverse(route.path.len()));
    fitting.into_iter().min_by_key(|(route, _)| holes_and_length(route)).ok_or(Refusal::WrongMethod)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route] = &[
        Route::get("/*", |_call| Err(Refusal::UnknownPath)),
        Route::get("/files/{id}", |_call| Err(Refusal::UnknownPath)),
        Route::get("/files/{id}:download", |_call| Err(Refusal::UnknownPath)),
        Route::get("/files/mine", |_call| Err(Refusal::UnknownPath)),
    ];

    #[test]
    fn of_two_routes_that_fit_the_more_exact_one_is_found() {
        for (path, expected) in [
            ("/files/1", "/files/{id}"),
            ("/files/1:download", "/files/{id}:download"),
            ("/files/mine", "/files/mine"),
            ("/files/1/2", "/*"),
        ] {
            let found = find(ROUTES, &Method::GET, path).map(|(route, _)| route.path);
            assert_eq!(found, Ok(expected), "{path}");
        }
    }
}
