//! The caller's credits and the lines of its ledger.

use axum::Json;
use axum::extract::State;
use fourfold_domain::EntryId;

use super::wire::{CreditsBody, EntryBody};
use crate::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Page, PageQuery, Paged, User};

/// Shows what the account has.
#[utoipa::path(get, path = "/api/v1/credits", tag = "credits",
    responses((status = 200, body = CreditsBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(crate) async fn show(State(state): State<AppState>, user: User) -> Result<Json<CreditsBody>, ApiError> {
    let account = state.credits.account(&user.subject).await?;
    Ok(Json(CreditsBody::new(user.subject.external_id.as_str(), account.as_ref())))
}

/// Lists the account's entries, the newest first.
#[utoipa::path(get, path = "/api/v1/credits/entries", tag = "credits", params(PageQuery),
    responses((status = 200, body = Paged<EntryBody>), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn entries(
    State(state): State<AppState>,
    user: User,
    page: Page<EntryId>,
) -> Result<Json<Paged<EntryBody>>, ApiError> {
    let entries = state.credits.entries(&user.subject, page.before, page.limit_and_one()).await?;
    Ok(Json(page.of(entries, |entry| entry.id.to_string(), |entry| EntryBody::new(&entry))))
}
