//! Who calls, and for whom.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use fourfold_domain::{ExternalId, Subject};
use fourfold_service::keys::{ApiKey, KeyKind, KeySecret};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use utoipa::IntoParams;

use crate::AppState;
use crate::error::ApiError;

/// The header by which a service names its end user.
const USER: &str = "fourfold-user";

/// How a caller names its end user.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by name, this documents it")]
pub(crate) struct UserHeader {
    /// The end user; required from service and admin keys that have no default user.
    #[param(rename = "Fourfold-User", pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    user: Option<String>,
}

/// A caller with any live key, for what is no account's.
pub(crate) struct Caller;

/// A caller who works for an account.
pub(crate) struct User {
    pub(crate) key: Arc<ApiKey>,
    pub(crate) subject: Subject,
}

/// A caller with an admin key.
pub(crate) struct Admin;

impl FromRequestParts<AppState> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(&parts.headers, state).await?;
        let subject = Subject { realm: key.realm.clone(), external_id: user(&parts.headers, &key)? };
        Ok(Self { key, subject })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        authenticate(&parts.headers, state).await.map(|_key| Self)
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(&parts.headers, state).await?;
        if key.kind == KeyKind::Admin {
            Ok(Self)
        } else {
            Err(ApiError::new(StatusCode::FORBIDDEN, "missing_scope", "this takes an admin key"))
        }
    }
}

async fn authenticate(headers: &HeaderMap, state: &AppState) -> Result<Arc<ApiKey>, ApiError> {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.ok_or_else(|| ApiError::unauthorized("no API key; send Authorization: Bearer ff_…"))?;
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        return Err(ApiError::unauthorized("Authorization must be there once"));
    }
    let unknown = || ApiError::unauthorized("the API key is unknown, expired or revoked");
    let text = given.to_str().map_err(|_| unknown())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(unknown)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unknown());
    }
    let secret: KeySecret = secret.trim().parse().map_err(|_| unknown())?;
    state.keys.authenticate(&secret).await?.ok_or_else(unknown)
}

/// The user that a request is for: a user key's own, else the one that is named, else the key's default.
fn user(headers: &HeaderMap, key: &ApiKey) -> Result<ExternalId, ApiError> {
    if headers.get_all(USER).iter().count() > 1 {
        // It decides who pays, so there is no guessing.
        return Err(ApiError::malformed("Fourfold-User", "Fourfold-User must be there once"));
    }
    let named = match headers.get(USER) {
        None => None,
        Some(value) => {
            let named: Option<ExternalId> = value.to_str().ok().and_then(|text| text.parse().ok());
            let allowed =
                "Fourfold-User must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ | - and not . or ..";
            Some(named.ok_or_else(|| ApiError::malformed("Fourfold-User", allowed))?)
        }
    };
    let user = match (key.kind, named, key.account.clone()) {
        (KeyKind::User, Some(named), Some(own)) if named != own => {
            let message = "a user key works for its own user only";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_user", message));
        }
        (KeyKind::User, _, own) => own,
        (KeyKind::Service | KeyKind::Admin, named, default) => named.or(default),
    };
    user.ok_or_else(|| {
        let message = "name the end user with the header Fourfold-User";
        ApiError::new(StatusCode::BAD_REQUEST, "missing_user", message).param("Fourfold-User")
    })
}
