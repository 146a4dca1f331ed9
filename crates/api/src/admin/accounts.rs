//! Accounts and grants.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::{AccountId, CreditsChange, EntryId, Subject};
use fourfold_service::credits::Account;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    AccountPath, Admin, Body, Object, Page, PageQuery, Paged, RealmQuery, Subjected, WrittenRealm,
    idempotency_key,
};
use crate::native::credits::EntryBody;
use crate::rfc3339;

/// An account, as the operator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountBody {
    /// Our id.
    id: String,
    /// The caller's name of it.
    account: String,
    realm: String,
    available: String,
    held: String,
    created_at: String,
}

/// A grant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewGrant {
    /// How many, as a decimal string such as "10" or "0.5".
    #[schema(pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    credits: String,
    /// Names the grant, so that it is made once however often it is sent.
    #[schema(min_length = 1, max_length = 200)]
    operation_id: Option<String>,
    /// Words of your own.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// A correction.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewAdjustment {
    /// By how much, as a decimal string with or without a sign, such as "-2.5"; not 0.
    #[schema(pattern = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]
    credits: String,
    /// Names the correction, so that it is made once however often it is sent.
    #[schema(min_length = 1, max_length = 200)]
    operation_id: Option<String>,
    /// Words of your own.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// Gives credits to an account, which is made on first use.
#[utoipa::path(post, path = "/api/v1/admin/accounts/{account}/grants", tag = "admin",
    operation_id = "grant_credits", request_body = NewGrant,
    params(AccountPath, WrittenRealm,
        ("Idempotency-Key" = Option<String>, Header, description = "stands for operation_id where that is left out")),
    responses((status = 201, body = AccountBody, description = "the account"), KeyErrors, BodyErrors))]
pub(crate) async fn grant(
    State(state): State<AppState>,
    _admin: Admin,
    Subjected(subject): Subjected,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut object = body.object;
    let credits = Object::required("credits", object.credits("credits")?)?;
    if credits.is_zero() {
        return Err(ApiError::invalid("credits", "credits must be more than 0"));
    }
    let operation_id = operation_id(&mut object, &headers, &subject)?;
    let note = object.short_text("note")?;
    object.nothing_else("credits, operation_id and note")?;
    let account = state.credits.grant(subject, credits, operation_id.as_deref(), note).await?;
    Ok((StatusCode::CREATED, Json(AccountBody::new(&account))).into_response())
}

/// Corrects what an account can spend, up or down; never below nothing, and what is held stays held.
#[utoipa::path(post, path = "/api/v1/admin/accounts/{account}/adjustments", tag = "admin",
    operation_id = "adjust_credits", request_body = NewAdjustment,
    params(AccountPath, WrittenRealm,
        ("Idempotency-Key" = Option<String>, Header, description = "stands for operation_id where that is left out")),
    responses((status = 201, body = AccountBody, description = "the account"), KeyErrors, BodyErrors,
        (status = 402, body = ErrorBody, description = "the account has less than would be taken"),
        (status = 404, body = ErrorBody, description = "no such account")))]
pub(crate) async fn adjust(
    State(state): State<AppState>,
    _admin: Admin,
    Subjected(subject): Subjected,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut object = body.object;
    let change = Object::required("credits", object.credits_change("credits")?)?;
    if change == CreditsChange::ZERO {
        return Err(ApiError::invalid("credits", "credits must be more or less than 0"));
    }
    let operation_id = operation_id(&mut object, &headers, &subject)?;
    let note = object.short_text("note")?;
    object.nothing_else("credits, operation_id and note")?;
    let account = state.credits.adjust(subject, change, operation_id.as_deref(), note).await?;
    Ok((StatusCode::CREATED, Json(AccountBody::new(&account))).into_response())
}

/// What makes an operation of the ledger happen once.
fn operation_id(
    object: &mut Object,
    headers: &HeaderMap,
    subject: &Subject,
) -> Result<Option<String>, ApiError> {
    match object.text("operation_id")? {
        Some(id) if !(1..=200).contains(&id.len()) => {
            Err(ApiError::invalid("operation_id", "operation_id must be 1 to 200 bytes"))
        }
        Some(id) => Ok(Some(id)),
        // No realm and no external id has a slash, so that no two accounts share a name.
        None => {
            Ok(idempotency_key(headers)?
                .map(|key| format!("{}/{}/{key}", subject.realm, subject.external_id)))
        }
    }
}

/// Lists a realm's accounts, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/accounts", tag = "admin", operation_id = "list_accounts",
    params(PageQuery, WrittenRealm),
    responses((status = 200, body = Paged<AccountBody>, description = "the accounts"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    _admin: Admin,
    RealmQuery(realm): RealmQuery,
    page: Page<AccountId>,
) -> Result<Json<Paged<AccountBody>>, ApiError> {
    let accounts = state.credits.accounts(&realm, page.after, page.limit_and_one()).await?;
    Ok(Json(page.of(accounts, |account| account.id.to_string(), |account| AccountBody::new(&account))))
}

/// Shows an account.
#[utoipa::path(get, path = "/api/v1/admin/accounts/{account}", tag = "admin", operation_id = "show_account",
    params(AccountPath, WrittenRealm),
    responses((status = 200, body = AccountBody, description = "the account"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such account")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    _admin: Admin,
    Subjected(subject): Subjected,
) -> Result<Json<AccountBody>, ApiError> {
    let account = state.credits.account(&subject).await?.ok_or_else(|| ApiError::not_found("account"))?;
    Ok(Json(AccountBody::new(&account)))
}

/// Lists an account's entries, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/accounts/{account}/entries", tag = "admin",
    operation_id = "list_account_entries",
    params(AccountPath, WrittenRealm, PageQuery),
    responses((status = 200, body = Paged<EntryBody>, description = "the entries"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such account")))]
pub(crate) async fn entries(
    State(state): State<AppState>,
    _admin: Admin,
    Subjected(subject): Subjected,
    page: Page<EntryId>,
) -> Result<Json<Paged<EntryBody>>, ApiError> {
    state.credits.account(&subject).await?.ok_or_else(|| ApiError::not_found("account"))?;
    let entries = state.credits.entries(&subject, page.after, page.limit_and_one()).await?;
    Ok(Json(page.of(entries, |entry| entry.id.to_string(), |entry| EntryBody::new(&entry))))
}

impl AccountBody {
    fn new(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            account: account.subject.external_id.to_string(),
            realm: account.subject.realm.to_string(),
            available: account.available.to_string(),
            held: account.held.to_string(),
            created_at: rfc3339::write(account.created_at),
        }
    }
}
