//! Who calls, and for whom.

use axum::extract::{FromRequestParts, MatchedPath};
use fourfold_domain::{ExternalId, InvalidName, KeyId, Subject};
use fourfold_service::keys::{AllowedModels, Identity, KeyKind, Scope, Scopes};
use fourfold_service::limits::Admission;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode, header};
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use super::scopes::scope_of;
use crate::error::ApiError;
use crate::{AppState, ForwardAccess, ForwardCaller, ForwardTarget, limit_headers};

/// Where Anthropic's clients show their key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

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
pub(crate) struct Caller {
    identity: Identity,
    /// Held until the request has ended.
    admission: Admission,
}

/// A caller who works for an account.
pub(crate) struct User {
    /// The key that it came with, where it wasn't a token.
    pub(crate) key: Option<KeyId>,
    pub(crate) kind: KeyKind,
    pub(crate) subject: Subject,
    /// Goes along with what is asked for, until that has ended.
    pub(crate) admission: Admission,
}

/// A caller of the forward proxy, with the account that he works for if he names one.
pub(crate) struct Passer {
    identity: Identity,
    subject: Option<Subject>,
    /// Goes along with what is asked for, until that has ended.
    pub(crate) admission: Admission,
}

/// A caller who may name its end user otherwise than by the header too.
pub(crate) struct NamedCaller {
    identity: Identity,
    /// By the header.
    named: Option<ExternalId>,
}

/// A caller with an admin key.
pub(crate) struct Admin {
    pub(crate) key: KeyId,
    /// Held until the request has ended.
    _admission: Admission,
}

impl Caller {
    /// Whether it may use this model.
    pub(crate) fn may_use(&self, model: &str) -> bool {
        self.identity.models().allow(model)
    }

    /// Refuses a model that it may not use.
    pub(crate) fn check_model(&self, model: &str) -> Result<(), ApiError> {
        Ok(self.admission.check_model(model)?)
    }
}

impl User {
    /// SHA-256 of what the caller is known by: the key, with whichever of its secrets, or this very token.
    pub(crate) fn fingerprint(&self, headers: &HeaderMap) -> Result<[u8; 32], ApiError> {
        Ok(match self.key {
            Some(key) => Sha256::digest(key.uuid().as_bytes()).into(),
            None => Sha256::digest(secret(headers)?).into(),
        })
    }
}

impl Passer {
    /// Refuses who may not use the target of this name.
    pub(crate) fn check(&self, name: &str, access: &ForwardAccess) -> Result<(), ApiError> {
        if *self.identity.models() != AllowedModels::default() {
            self.admission.check_model(&ForwardTarget::model_of(name))?;
        }
        access
            .check(&self.identity)
            .map_err(|message| ApiError::new(StatusCode::FORBIDDEN, "target_not_allowed", message))
    }

    /// Who pays for what is asked, and what it counts towards.
    pub(crate) fn payer(&self) -> ForwardCaller {
        let (subject, key) = (self.subject.clone(), self.identity.key());
        ForwardCaller { subject, key, admission: self.admission.clone() }
    }
}

impl FromRequestParts<AppState> for Passer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = authenticate(parts, state).await?;
        let user = user_of(&identity, named(&parts.headers)?)?;
        let subject = user.map(|external_id| Subject { realm: identity.realm().clone(), external_id });
        let admission = admit(state, identity.clone(), subject.as_ref()).await?;
        Ok(Self { identity, subject, admission })
    }
}

impl NamedCaller {
    /// The same, whose query may name the end user as well.
    pub(crate) fn also(mut self, user_id: Option<String>) -> Result<Self, ApiError> {
        let also = user_id.map(|text| external_id("user_id", &text)).transpose()?;
        check_same(self.named.as_ref(), also.as_ref())?;
        self.named = self.named.or(also);
        Ok(self)
    }

    /// The account that it works for, where the request names its end user so. What the header names must be the same.
    pub(crate) async fn user(self, state: &AppState, user_id: Option<String>) -> Result<User, ApiError> {
        let Self { identity, named } = self;
        let also = user_id.map(|text| external_id("user_id", &text)).transpose()?;
        check_same(named.as_ref(), also.as_ref())?;
        let external_id = user_of(&identity, named.or(also))?.ok_or_else(|| {
            let message = "name the end user with user_id or the header Fourfold-User";
            ApiError::new(StatusCode::BAD_REQUEST, "missing_user", message).param("user_id")
        })?;
        User::of(state, identity, external_id).await
    }
}

impl User {
    async fn of(state: &AppState, identity: Identity, external_id: ExternalId) -> Result<Self, ApiError> {
        let subject = Subject { realm: identity.realm().clone(), external_id };
        let (key, kind) = (identity.key(), identity.kind());
        let admission = admit(state, identity, Some(&subject)).await?;
        Ok(Self { key, kind, subject, admission })
    }
}

fn check_same(named: Option<&ExternalId>, also: Option<&ExternalId>) -> Result<(), ApiError> {
    if also.is_none() || named.is_none() || named == also {
        return Ok(());
    }
    let message = "user_id and Fourfold-User must be the same wherever the user is named";
    Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_user", message).param("user_id"))
}

impl FromRequestParts<AppState> for NamedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = authenticate(parts, state).await?;
        Ok(Self { identity, named: named(&parts.headers)? })
    }
}

impl FromRequestParts<AppState> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = authenticate(parts, state).await?;
        let external_id = user_of(&identity, named(&parts.headers)?)?.ok_or_else(ApiError::missing_user)?;
        Self::of(state, identity, external_id).await
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = authenticate(parts, state).await?;
        let admission = admit(state, identity.clone(), None).await?;
        Ok(Self { identity, admission })
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = authenticate(parts, state).await?;
        let key = identity.key().filter(|_key| identity.kind() == KeyKind::Admin).ok_or_else(|| {
            ApiError::new(StatusCode::FORBIDDEN, "missing_scope", "this takes an admin key")
        })?;
        Ok(Self { key, _admission: admit(state, identity, None).await? })
    }
}

/// Who calls, if that may be done with what was shown.
async fn authenticate(parts: &Parts, state: &AppState) -> Result<Identity, ApiError> {
    let identity = state.keys.identify(secret(&parts.headers)?).await?;
    let identity =
        identity.ok_or_else(|| ApiError::unauthorized("the API key is unknown, expired or revoked"))?;
    if identity.scopes() != Scopes::All {
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let scope = scope_of(path);
        if !scope.is_some_and(|scope| identity.scopes().allow(scope)) {
            let scope = scope.map_or("none", Scope::as_str);
            let message = format!("this takes a key with the scope {scope}");
            return Err(ApiError::new(StatusCode::FORBIDDEN, "missing_scope", message));
        }
    }
    Ok(identity)
}

/// Lets the caller in, if he may do more.
async fn admit(
    state: &AppState,
    identity: Identity,
    subject: Option<&Subject>,
) -> Result<Admission, ApiError> {
    let limits = state.caller_limits.of(&identity, subject);
    limit_headers::remember(&limits);
    Ok(limits.admit(identity).await?)
}

/// What the caller shows: as OpenAI's clients do, or as Anthropic's.
fn secret(headers: &HeaderMap) -> Result<&str, ApiError> {
    let once = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(ApiError::unauthorized("what says who calls must be there once")),
            (value, None) => Ok(value),
        }
    };
    let unknown = || ApiError::unauthorized("the API key is unknown, expired or revoked");
    let bearer = match once(&header::AUTHORIZATION)? {
        None => None,
        Some(given) => {
            let text = given.to_str().map_err(|_| unknown())?;
            let (scheme, secret) = text.split_once(' ').ok_or_else(unknown)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(unknown());
            }
            Some(secret.trim())
        }
    };
    let key =
        once(&API_KEY)?.map(|given| given.to_str().map(str::trim).map_err(|_| unknown())).transpose()?;
    match (bearer, key) {
        (Some(bearer), Some(key)) if bearer != key => {
            Err(ApiError::unauthorized("Authorization and x-api-key must be the same where both are there"))
        }
        (Some(secret), _) | (None, Some(secret)) => Ok(secret),
        (None, None) => Err(ApiError::unauthorized("no API key; send Authorization: Bearer ff_…")),
    }
}

/// The end user that the header names.
fn named(headers: &HeaderMap) -> Result<Option<ExternalId>, ApiError> {
    if headers.get_all(USER).iter().count() > 1 {
        // It decides who pays, so there is no guessing.
        return Err(ApiError::malformed("Fourfold-User", "Fourfold-User must be there once"));
    }
    let Some(value) = headers.get(USER) else { return Ok(None) };
    // What isn't a text is no name either, as nothing is none.
    external_id("Fourfold-User", value.to_str().unwrap_or_default()).map(Some)
}

/// The end user that a field names.
fn external_id(field: &'static str, text: &str) -> Result<ExternalId, ApiError> {
    text.parse().map_err(|error: InvalidName| ApiError::malformed(field, error.called(field).to_string()))
}

/// The user that a request is for: a user key's own, else the one that is named, else the key's default.
fn user_of(identity: &Identity, named: Option<ExternalId>) -> Result<Option<ExternalId>, ApiError> {
    match (identity.kind(), named, identity.account().cloned()) {
        (KeyKind::User, Some(named), Some(own)) if named != own => {
            let message = "a user's key or token works for its own user only";
            Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_user", message))
        }
        (KeyKind::User, _, own) => Ok(own),
        (KeyKind::Service | KeyKind::Admin, named, default) => Ok(named.or(default)),
    }
}
