//! Ids, accounts and conversations in paths.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use fourfold_domain::{ExternalId, InvalidName, Realm, Subject};
use http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;

/// The id in a path.
pub(crate) struct Id<I>(pub(crate) I);

/// The account in a path, with the realm of the query.
pub(crate) struct Subjected(pub(crate) Subject);

/// How an operator names an account.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "read by name, this documents it")]
pub(crate) struct AccountPath {
    /// The caller's name of the account.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    account: String,
}

/// How a caller names a conversation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "read by name, this documents it")]
pub(crate) struct ConversationPath {
    /// The conversation, by a name of your own.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    conversation_id: String,
}

/// How an operator names a realm.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WrittenRealm {
    /// Left out, `default`.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    realm: Option<String>,
}

/// The realm of the query, else the default one.
pub(crate) struct RealmQuery(pub(crate) Realm);

/// The named places of a path.
pub(crate) struct Places(RawPathParams);

impl<S: Send + Sync> FromRequestParts<S> for Places {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = RawPathParams::from_request_parts(parts, state).await;
        path.map(Self).map_err(|_| ApiError::malformed("path", "the path can't be read"))
    }
}

impl Places {
    /// What stands in this place, as it is.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The conversation's name, in the words of its callers.
    pub(crate) fn conversation(&self) -> Result<ExternalId, ApiError> {
        let name = "conversation_id";
        let wrong = |error: InvalidName| ApiError::malformed(name, error.called(name).to_string());
        self.text(name).parse().map_err(wrong)
    }

    /// What stands in this place.
    pub(crate) fn read<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<T, ApiError> {
        self.text(name).parse().map_err(|error: T::Err| ApiError::malformed(name, error.to_string()))
    }
}

impl<I: FromStr<Err: Display>, S: Send + Sync> FromRequestParts<S> for Id<I> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Places::from_request_parts(parts, state).await?.read("id").map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Subjected {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let external_id = Places::from_request_parts(parts, state).await?.read("account")?;
        let RealmQuery(realm) = RealmQuery::from_request_parts(parts, state).await?;
        Ok(Self(Subject { realm, external_id }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RealmQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<WrittenRealm>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        let Some(text) = query.realm else { return Ok(Self(Realm::default())) };
        text.parse().map(Self).map_err(|error| ApiError::malformed("realm", format!("{error}")))
    }
}
