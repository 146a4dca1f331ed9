//! Refuses queries with names that a route doesn't take, by the API's own description: a filter that is misspelt would
//! list everything.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::error::ApiError;

/// Ours, where every name is known; what other wires allow besides is theirs to say.
const NATIVE: &str = "/api/v1/";

/// The names that each route takes in its query, for those that take any. Clones share them.
#[derive(Clone)]
pub(crate) struct QueryNames(Arc<HashMap<(Method, String), Vec<String>>>);

impl QueryNames {
    /// As the document describes them.
    pub(crate) fn new(document: &OpenApi) -> Self {
        let native = document.paths.paths.iter().filter(|(path, _)| path.starts_with(NATIVE));
        let of_path = |(path, item)| {
            let described = operations(item).into_iter();
            described.map(move |(method, operation): (Method, &Operation)| {
                ((method, String::clone(path)), names(operation))
            })
        };
        Self(Arc::new(native.flat_map(of_path).filter(|(_, names)| !names.is_empty()).collect()))
    }

    /// The first name of a query that the route doesn't take, with those that it does.
    fn unknown(&self, request: &Request) -> Option<(String, &[String])> {
        request.uri().query()?;
        let path = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let known = self.0.get(&(method, path))?;
        // What can't be read at all is for the route to refuse.
        let Query(written) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).ok()?;
        let (name, _) = written.into_iter().find(|(name, _)| !known.contains(name))?;
        Some((name, known))
    }
}

pub(crate) async fn known_names(State(names): State<QueryNames>, request: Request, next: Next) -> Response {
    match names.unknown(&request) {
        Some((name, known)) => {
            let message = format!("unknown query parameter {name:?}; this route takes {}", known.join(", "));
            ApiError::invalid(name, message).into_response()
        }
        None => next.run(request).await,
    }
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
