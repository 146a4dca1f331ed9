//! API keys: made, listed, changed, rotated, revoked.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{ExternalId, KeyId, Realm};
use fourfold_service::keys::{
    AllowedModels, ApiKey, Issued, KeyChange, KeyIdempotency, KeyKind, NewKey, Scopes,
};
use fourfold_service::limits::Limits;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Admin, Body, BodyOrNone, Id, IdempotencyHeader, Object, Page, PageQuery, Paged, idempotency,
};
use crate::rfc3339;

/// A key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    id: String,
    /// admin, service or user.
    kind: &'static str,
    realm: String,
    /// A user key's user; another key's default user.
    account: Option<String>,
    name: Option<String>,
    /// What it is limited to; null is no limit.
    scopes: Option<Vec<&'static str>>,
    /// The models that it may use; null is no limit.
    models: Option<Vec<String>>,
    /// How much may be done with it.
    limits: LimitsBody,
    /// Until when the secret before its last counts.
    previous_until: Option<String>,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    /// What it may spend in all; null is no limit.
    budget: Option<BudgetBody>,
    /// The secret; shown only to the request that gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// How much may be done with a key; null is what holds for every key.
#[derive(Serialize, ToSchema)]
pub(crate) struct LimitsBody {
    /// How many requests may begin a minute.
    #[schema(minimum = 1)]
    requests_per_minute: Option<u32>,
    /// How many tokens may go in and out a minute.
    #[schema(minimum = 1)]
    tokens_per_minute: Option<u32>,
    /// How many requests may be under way at the same time.
    #[schema(minimum = 1)]
    concurrency: Option<u32>,
}

/// What a key may spend in all, whoever pays.
#[derive(Serialize, ToSchema)]
pub(crate) struct BudgetBody {
    /// The most that may be held and charged with it together.
    limit: String,
    /// What is held with it for work under way.
    held: String,
    /// What was charged with it.
    charged: String,
}

/// A new key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewKeyBody {
    /// admin, service or user.
    #[schema(pattern = "^(admin|service|user)$")]
    kind: String,
    /// A user key's user (required there). Of another key the user that is taken where no `Fourfold-User` is sent; it
    /// doesn't keep the key from naming any other user of its realm.
    #[schema(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    account: Option<String>,
    /// Whose users it works for; left out, `default`.
    #[schema(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    realm: Option<String>,
    /// Your name for it.
    #[schema(max_length = 1000)]
    name: Option<String>,
    /// What it is limited to, of chat, embeddings, images, audio, videos, jobs, files, credits, usage, webhooks, models
    /// and admin; left out, no limit.
    #[schema(min_items = 1)]
    scopes: Option<Vec<String>>,
    /// The models that it may use: names, or beginnings of names such as `gpt-*`; left out, all.
    #[schema(min_items = 1)]
    models: Option<Vec<String>>,
    /// How much may be done with it; left out, what holds for every key.
    limits: Option<LimitsBody>,
    /// From when on it doesn't count, RFC 3339.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The most credits that it may spend in all, as a decimal string; left out, no limit.
    #[schema(pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    budget: Option<String>,
}

/// Makes a key.
///
/// Its secret is shown in this answer and never again, but for the same request with the same `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/admin/keys", tag = "admin", operation_id = "create_key",
    params(IdempotencyHeader), request_body = NewKeyBody,
    responses((status = 201, body = KeyBody, description = "the key, with its secret"), KeyErrors, BodyErrors,
        (status = 409, body = ErrorBody, description = "the secret that this request gave is no longer good, or can't be \
            shown again: `already_made`")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    admin: Admin,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let once = once(&admin, &headers, &method, &uri, &body).await?;
    let issued = state.keys.issue(new_key(body.object)?, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(KeyBody::issued(&issued))).into_response())
}

/// What makes an admin's request for a secret idempotent.
async fn once(
    admin: &Admin,
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
    body: &Body,
) -> Result<Option<KeyIdempotency>, ApiError> {
    let idempotency = idempotency(headers, method, uri, body).await?;
    Ok(idempotency.map(|idempotency| KeyIdempotency { by: admin.key, idempotency }))
}

/// Lists the keys, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/keys", tag = "admin", operation_id = "list_keys", params(PageQuery),
    responses((status = 200, body = Paged<KeyBody>, description = "the keys"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    _admin: Admin,
    page: Page<KeyId>,
) -> Result<Json<Paged<KeyBody>>, ApiError> {
    let keys = state.keys.list(page.after, page.limit_and_one()).await?;
    Ok(Json(page.of(keys, |key| key.id.to_string(), |key| KeyBody::new(&key))))
}

/// What of a key is to be another. What is left out stays; null takes a limit away, but for the budget.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct KeyChangeBody {
    /// Your name for it.
    #[schema(max_length = 1000)]
    name: Option<String>,
    /// What it is limited to, all of it.
    #[schema(min_items = 1)]
    scopes: Option<Vec<String>>,
    /// The models that it may use, all of them.
    #[schema(min_items = 1)]
    models: Option<Vec<String>>,
    /// How much may be done with it, all three.
    limits: Option<LimitsBody>,
    /// From when on it doesn't count, RFC 3339.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The most credits that it may spend in all, as a decimal string; at least what it has spent. A key that was made
    /// without a budget can't be given one.
    #[schema(value_type = String, pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    budget: Option<String>,
}

/// Changes a key that counts.
///
/// Here it counts at once, on other nodes within two seconds. Work under way keeps to what held when it began.
#[utoipa::path(patch, path = "/api/v1/admin/keys/{id}", tag = "admin", operation_id = "change_key",
    params(("id" = String, Path, format = "uuid")), request_body = KeyChangeBody,
    responses((status = 200, body = KeyBody, description = "the key as it is now"), KeyErrors, BodyErrors,
        (status = 404, body = ErrorBody, description = "no such key, or it is revoked or has expired")))]
pub(crate) async fn change(
    State(state): State<AppState>,
    _admin: Admin,
    Id(id): Id<KeyId>,
    body: Body,
) -> Result<Json<KeyBody>, ApiError> {
    let change = key_change(body.object)?;
    Ok(Json(KeyBody::new(&state.keys.change(id, change).await?)))
}

/// How a key is rotated.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents it")]
pub(crate) struct RotationBody {
    /// How long the secret that it had lives on, such as `"1h"` or `"0s"`, at most 30 days; left out, 24 hours.
    #[schema(pattern = "^[0-9]{1,6}(ms|s|m|h)?$")]
    overlap: Option<String>,
}

/// Gives a key another secret.
///
/// It is shown in this answer and never again, but for the same request with the same `Idempotency-Key`.
/// The secret that it had lives on for the overlap; one that was replaced before ends now. All else of the key stays.
/// Here it counts at once, on other nodes within two seconds.
#[utoipa::path(post, path = "/api/v1/admin/keys/{id}/rotate", tag = "admin", operation_id = "rotate_key",
    params(("id" = String, Path, format = "uuid"), IdempotencyHeader), request_body = Option<RotationBody>,
    responses((status = 200, body = KeyBody, description = "the key, with its new secret"), KeyErrors, BodyErrors,
        (status = 404, body = ErrorBody, description = "no such key, or it is revoked or has expired"),
        (status = 409, body = ErrorBody, description = "the secret that this request gave is no longer good, or can't be \
            shown again: `already_made`")))]
pub(crate) async fn rotate(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<KeyId>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    BodyOrNone(body): BodyOrNone,
) -> Result<Json<KeyBody>, ApiError> {
    let once = once(&admin, &headers, &method, &uri, &body).await?;
    let issued = state.keys.reissue(id, overlap(body.object)?, once.as_ref()).await?;
    Ok(Json(KeyBody::issued(&issued)))
}

/// Revokes a key. Here it counts at once, on other nodes within two seconds.
#[utoipa::path(delete, path = "/api/v1/admin/keys/{id}", tag = "admin", operation_id = "revoke_key",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "the key is revoked"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such key")))]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    _admin: Admin,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, ApiError> {
    state.keys.revoke(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn new_key(mut object: Object) -> Result<NewKey, ApiError> {
    let kind: KeyKind = object
        .required_text("kind")?
        .parse()
        .map_err(|error| ApiError::invalid("kind", format!("{error}")))?;
    let account = object.text("account")?.map(|text| text.parse::<ExternalId>());
    let realm = object.text("realm")?.map(|text| text.parse::<Realm>());
    let new = NewKey {
        kind,
        account: account
            .transpose()
            .map_err(|error| ApiError::malformed("account", format!("account: {error}")))?,
        realm: realm
            .transpose()
            .map_err(|error| ApiError::malformed("realm", error.to_string()))?
            .unwrap_or_default(),
        name: object.short_text("name")?,
        scopes: scopes(&mut object, "scopes")?,
        models: models(&mut object, "models")?,
        limits: limits(&mut object, "limits")?,
        expires_at: object.moment("expires_at")?,
        budget: object.credits("budget")?,
    };
    object.nothing_else("kind, account, realm, name, scopes, models, limits, expires_at and budget")?;
    Ok(new)
}

/// How long a secret lives on that was replaced, where nobody says.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

fn overlap(mut object: Object) -> Result<Duration, ApiError> {
    let overlap = object.text("overlap")?;
    object.nothing_else("overlap")?;
    let Some(text) = overlap else { return Ok(OVERLAP) };
    fourfold_domain::parse_duration(&text)
        .map_err(|_wrong| ApiError::malformed("overlap", "overlap must be such as \"24h\" or \"0s\""))
}

fn key_change(mut object: Object) -> Result<KeyChange, ApiError> {
    let change = KeyChange {
        name: object.given("name", Object::short_text)?,
        scopes: object.given("scopes", scopes)?,
        models: object.given("models", models)?,
        limits: object.given("limits", limits)?,
        expires_at: object.given("expires_at", Object::moment)?,
        budget: match object.given("budget", Object::credits)? {
            Some(None) => return Err(ApiError::invalid("budget", "budget can be changed, not taken away")),
            given => given.flatten(),
        },
    };
    object.nothing_else("name, scopes, models, limits, expires_at and budget")?;
    Ok(change)
}

fn scopes(object: &mut Object, name: &'static str) -> Result<Scopes, ApiError> {
    let scopes = object.not_empty(name)?.texts(name)?;
    Scopes::parse(&scopes).map_err(|error| ApiError::invalid(name, format!("{error}")))
}

fn models(object: &mut Object, name: &'static str) -> Result<AllowedModels, ApiError> {
    let models = object.not_empty(name)?.texts(name)?;
    AllowedModels::parse(&models).map_err(|error| ApiError::invalid(name, format!("{error}")))
}

fn limits(object: &mut Object, name: &'static str) -> Result<Limits, ApiError> {
    let Some(limits) = object.object(name)? else { return Ok(Limits::default()) };
    serde_json::from_value(Value::Object(limits)).map_err(|error| {
        let known = "requests_per_minute, tokens_per_minute and concurrency, each a whole number";
        ApiError::malformed(name, format!("{name} may have {known} ({error})"))
    })
}

impl KeyBody {
    fn issued(issued: &Issued) -> Self {
        Self { key: Some(issued.secret.expose().to_owned()), ..Self::new(&issued.key) }
    }

    fn new(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            kind: key.kind.as_str(),
            realm: key.realm.to_string(),
            account: key.account.as_ref().map(ToString::to_string),
            name: key.name.clone(),
            scopes: (key.scopes != Scopes::All).then(|| key.scopes.names()),
            models: Some(key.models.patterns().map(str::to_owned).collect())
                .filter(|patterns: &Vec<_>| !patterns.is_empty()),
            limits: LimitsBody {
                requests_per_minute: key.limits.requests_per_minute,
                tokens_per_minute: key.limits.tokens_per_minute,
                concurrency: key.limits.concurrency,
            },
            previous_until: key.previous.map(|previous| rfc3339::write(previous.until)),
            created_at: rfc3339::write(key.created_at),
            expires_at: key.expires_at.map(rfc3339::write),
            revoked_at: key.revoked_at.map(rfc3339::write),
            budget: key.budget.map(|budget| BudgetBody {
                limit: budget.limit.to_string(),
                held: budget.held.to_string(),
                charged: budget.charged.to_string(),
            }),
            key: None,
        }
    }
}
