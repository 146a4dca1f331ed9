//! Webhooks: the secrets that sign them, what became of each delivery, and sending one again.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{EventId, WebhookSecretId};
use fourfold_service::webhooks::{DeliveryState, DeliveryTry, DeliveryView, WebhookSecret};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Id, IdempotencyHeader, Page, PageQuery, Paged, User, UserHeader, idempotency_of};
use crate::{AppState, rfc3339};

/// A secret of the account.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretBody {
    id: String,
    /// Always `webhook_secret`.
    object: &'static str,
    created_at: String,
    /// The secret itself, `whsec_` and base64; shown only when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// One event on its way to one address.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// The `webhook-id` of every try.
    id: String,
    /// Always `webhook_delivery`.
    object: &'static str,
    job: String,
    /// What is told, such as `job.succeeded`.
    #[serde(rename = "type")]
    kind: String,
    /// The job's version; of two events of a job the higher one is newer.
    sequence: u32,
    url: String,
    /// pending, delivered, failed or gone (the receiver answered 410).
    state: &'static str,
    created_at: String,
    /// When it was delivered or given up.
    ended_at: Option<String>,
    /// Not before this moment it is tried again.
    next_try_at: Option<String>,
    /// Its latest tries, at most 50, the first first.
    tries: Vec<TryBody>,
}

/// One try to deliver.
#[derive(Serialize, ToSchema)]
struct TryBody {
    number: u32,
    began_at: String,
    /// The status that was answered.
    status: Option<u16>,
    /// Why it failed.
    error: Option<String>,
    duration_ms: u64,
}

/// Makes a secret for webhooks.
///
/// It is shown in this answer and never again, and from now on signs everything that is sent, beside those that the
/// account has already. An account has at most 10. With `Idempotency-Key` the same request by the same key or token is
/// given the same secret again, while that is there.
#[utoipa::path(post, path = "/api/v1/webhooks/secrets", tag = "webhooks", operation_id = "create_webhook_secret",
    params(UserHeader, IdempotencyHeader),
    responses((status = 201, body = SecretBody, description = "the secret, with its text"), KeyErrors,
        (status = 409, body = ErrorBody, description = "the account has as many as it may, or the secret that this \
            request made can't be shown again: `already_made`")))]
pub(crate) async fn make_secret(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // No body tells two of these requests apart, and only who made the secret is shown it again.
    let idempotency = idempotency_of(&headers, &method, &uri, user.fingerprint(&headers)?)?;
    let new = state.webhooks.make_secret(user.subject, idempotency).await?;
    let body = SecretBody { secret: Some(new.secret.expose()), ..SecretBody::new(&new.kept) };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Lists the account's secrets for webhooks, the newest first.
#[utoipa::path(get, path = "/api/v1/webhooks/secrets", tag = "webhooks", operation_id = "list_webhook_secrets",
    params(UserHeader, PageQuery),
    responses((status = 200, body = Paged<SecretBody>, description = "the secrets, without their texts"), KeyErrors))]
pub(crate) async fn list_secrets(
    State(state): State<AppState>,
    user: User,
    page: Page<WebhookSecretId>,
) -> Result<Json<Paged<SecretBody>>, ApiError> {
    let secrets = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => state.webhooks.secrets(account.id, page.after, page.limit_and_one()).await?,
    };
    Ok(Json(page.of(secrets, |secret| secret.id.to_string(), |secret| SecretBody::new(&secret))))
}

/// Deletes a secret for webhooks. What is sent from now on isn't signed with it.
#[utoipa::path(delete, path = "/api/v1/webhooks/secrets/{id}", tag = "webhooks",
    operation_id = "delete_webhook_secret", params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "the secret is gone"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such secret, or it is another account's")))]
pub(crate) async fn revoke_secret(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<WebhookSecretId>,
) -> Result<StatusCode, ApiError> {
    state.webhooks.revoke_secret(user.subject, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the account's deliveries with their tries, the newest first. Old ones are forgotten after a while.
#[utoipa::path(get, path = "/api/v1/webhooks/deliveries", tag = "webhooks", operation_id = "list_webhook_deliveries",
    params(UserHeader, PageQuery),
    responses((status = 200, body = Paged<DeliveryBody>, description = "the deliveries"), KeyErrors))]
pub(crate) async fn list_deliveries(
    State(state): State<AppState>,
    user: User,
    page: Page<EventId>,
) -> Result<Json<Paged<DeliveryBody>>, ApiError> {
    let deliveries = match state.credits.account(&user.subject).await? {
        None => Vec::new(),
        Some(account) => state.webhooks.deliveries(account.id, page.after, page.limit_and_one()).await?,
    };
    let id = |view: &DeliveryView| view.delivery.id.to_string();
    Ok(Json(page.of(deliveries, id, |view| DeliveryBody::new(&view))))
}

/// Sends a delivery once more.
///
/// With the same `webhook-id`, whatever came of it before, and with the whole schedule of tries before it. An address
/// that had answered 410 is sent to again, for all of the account's deliveries.
#[utoipa::path(post, path = "/api/v1/webhooks/deliveries/{id}/redeliver", tag = "webhooks",
    operation_id = "redeliver_webhook", params(UserHeader, ("id" = String, Path, format = "uuid")),
    responses((status = 202, body = DeliveryBody, description = "the delivery as it is now"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such delivery, or it is another account's")))]
pub(crate) async fn redeliver(
    State(state): State<AppState>,
    user: User,
    Id(id): Id<EventId>,
) -> Result<Response, ApiError> {
    let account = state.credits.account(&user.subject).await?;
    let account = account.ok_or_else(|| ApiError::not_found("delivery"))?;
    let view = state.webhooks.redeliver(account.id, id).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryBody::new(&view))).into_response())
}

impl SecretBody {
    fn new(secret: &WebhookSecret) -> Self {
        let created_at = rfc3339::write(secret.created_at);
        Self { id: secret.id.to_string(), object: "webhook_secret", created_at, secret: None }
    }
}

impl DeliveryBody {
    fn new(view: &DeliveryView) -> Self {
        let delivery = &view.delivery;
        let is_pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id.to_string(),
            object: "webhook_delivery",
            job: delivery.job.to_string(),
            kind: format!("job.{}", delivery.job_state),
            sequence: delivery.version,
            url: delivery.url.to_string(),
            state: delivery.state.as_str(),
            created_at: rfc3339::write(delivery.created_at),
            ended_at: delivery.ended_at.map(rfc3339::write),
            next_try_at: is_pending.then(|| rfc3339::write(delivery.next_at)),
            tries: view.tries.iter().map(TryBody::new).collect(),
        }
    }
}

impl TryBody {
    fn new(ended: &DeliveryTry) -> Self {
        Self {
            number: ended.number,
            began_at: rfc3339::write(ended.began_at),
            status: ended.status,
            error: ended.error.clone(),
            duration_ms: u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
