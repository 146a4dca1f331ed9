//! Refuses queries with names that a route doesn't take, by the API's own description: a filter that is misspelt would
//! list everything.

use std::collections::HashMap;

use axum::extract::{FromRequestParts as _, MatchedPath, Query, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::AppState;
use crate::error::ApiError;
use crate::extract::Caller;

/// Ours, where every name is known; what other wires allow besides is theirs to say.
const NATIVE: [&str; 2] = ["/api/v1/", "/api/chat"];

/// The names that each route takes in its query, for those that take any.
pub(crate) struct QueryNames {
    names: HashMap<(Method, String), Vec<String>>,
    /// Knows the callers.
    state: AppState,
}

impl QueryNames {
    /// As the document describes them.
    pub(crate) fn new(document: &OpenApi, state: AppState) -> Self {
        let native = document
            .paths
            .paths
            .iter()
            .filter(|(path, _)| NATIVE.iter().any(|native| path.starts_with(native)));
        let of_path = |(path, item)| {
            let described = operations(item).into_iter();
            described.map(move |(method, operation): (Method, &Operation)| {
                ((method, String::clone(path)), names(operation))
            })
        };
        Self { names: native.flat_map(of_path).filter(|(_, names)| !names.is_empty()).collect(), state }
    }

    /// The first name of a query that the route doesn't take, with those that it does.
    fn unknown(&self, request: &Request) -> Option<(String, &[String])> {
        request.uri().query()?;
        let path = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let known = self.names.get(&(method, path))?;
        // What can't be read at all is for the route to refuse.
        let Query(written) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).ok()?;
        let (name, _) = written.into_iter().find(|(name, _)| !known.contains(name))?;
        Some((name, known))
    }
}

/// Refuses a query with a name that its route doesn't take, before the route sees it. Whoever has no key hears of that
/// first.
pub(crate) async fn known_names(names: &QueryNames, request: Request, next: Next) -> Response {
    let Some((name, known)) = names.unknown(&request) else { return next.run(request).await };
    let (mut parts, _body) = request.into_parts();
    if let Err(refusal) = Caller::from_request_parts(&mut parts, &names.state).await {
        return refusal.into_response();
    }
    let message = format!("unknown query parameter {name:?}; this route takes {}", known.join(", "));
    ApiError::invalid(name, message).into_response()
}

fn operations(item: &PathItem) -> Vec<(Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

fn names(operation: &Operation) -> Vec<String> {
    let name = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query) => {
            Some(parameter.name.clone())
        }
        _ => None,
    };
    operation.parameters.iter().flatten().filter_map(name).collect()
}
