//! Ids and accounts in paths.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use fourfold_domain::{Realm, Subject};
use http::request::Parts;

use crate::error::ApiError;

/// The id in a path.
pub(crate) struct Id<I>(pub(crate) I);

/// The account in a path, with the realm of the query.
pub(crate) struct Subjected(pub(crate) Subject);

impl<I: FromStr<Err: std::fmt::Display>, S: Send + Sync> FromRequestParts<S> for Id<I> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = named(parts, state).await?;
        let text = named.get("id").map(String::as_str).unwrap_or_default();
        text.parse().map(Self).map_err(|error: I::Err| ApiError::malformed("id", error.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Subjected {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = named(parts, state).await?;
        let text = named.get("account").map(String::as_str).unwrap_or_default();
        let external_id = text.parse().map_err(|error| ApiError::malformed("account", format!("{error}")))?;
        let RealmQuery(realm) = RealmQuery::from_request_parts(parts, state).await?;
        Ok(Self(Subject { realm, external_id }))
    }
}

/// The realm of the query, else the default one.
pub(crate) struct RealmQuery(pub(crate) Realm);

impl<S: Send + Sync> FromRequestParts<S> for RealmQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        match query.get("realm") {
            None => Ok(Self(Realm::default())),
            Some(text) => {
                text.parse().map(Self).map_err(|error| ApiError::malformed("realm", format!("{error}")))
            }
        }
    }
}

async fn named<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<HashMap<String, String>, ApiError> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    path.map(|Path(named)| named).map_err(|_| ApiError::malformed("path", "the path can't be read"))
}
