//! The caller's credits and the lines of its ledger.

use axum::Json;
use axum::extract::State;
use fourfold_domain::{Credits, EntryId};
use fourfold_service::credits::{Account, Entry};
use serde::Serialize;
use utoipa::ToSchema;

use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::{Page, PageQuery, Paged, User, UserHeader};
use crate::{AppState, rfc3339};

/// An account's credits.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditsBody {
    /// The caller's name of the account.
    account: String,
    /// What can be spent.
    available: String,
    /// What is set aside for work under way.
    held: String,
}

/// One line of the ledger. `available` and `held` of the account are the sums of these changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryBody {
    id: String,
    /// grant, adjust, hold, settle, release, interrupted or overrun.
    kind: &'static str,
    /// What it is about: what was granted or given back, less what was set aside or charged.
    amount: String,
    /// How `available` changed.
    available_change: String,
    /// How `held` changed.
    held_change: String,
    /// What for, `job:<id>` or `call:<id>`.
    owner: Option<String>,
    /// True where the charge is our estimate, since the vendor didn't tell what was used; else left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
    created_at: String,
}

/// Shows what the account has.
#[utoipa::path(get, path = "/api/v1/credits", tag = "credits", operation_id = "show_credits", params(UserHeader),
    responses((status = 200, body = CreditsBody, description = "what the account has"), KeyErrors))]
pub(crate) async fn show(State(state): State<AppState>, user: User) -> Result<Json<CreditsBody>, ApiError> {
    let account = state.credits.account(&user.subject).await?;
    Ok(Json(CreditsBody::new(user.subject.external_id.as_str(), account.as_ref())))
}

/// Lists the account's entries, the newest first.
#[utoipa::path(get, path = "/api/v1/credits/entries", tag = "credits", operation_id = "list_entries",
    params(UserHeader, PageQuery),
    responses((status = 200, body = Paged<EntryBody>, description = "the entries"), KeyErrors))]
pub(crate) async fn entries(
    State(state): State<AppState>,
    user: User,
    page: Page<EntryId>,
) -> Result<Json<Paged<EntryBody>>, ApiError> {
    let entries = state.credits.own_entries(&user.subject, page.after, page.limit_and_one()).await?;
    Ok(Json(page.of(entries, |entry| entry.id.to_string(), |entry| EntryBody::new(&entry))))
}

impl CreditsBody {
    /// An account that was never used has nothing.
    fn new(external_id: &str, account: Option<&Account>) -> Self {
        let text = |credits: Option<Credits>| credits.unwrap_or_default().to_string();
        Self {
            account: external_id.to_owned(),
            available: text(account.map(|account| account.available)),
            held: text(account.map(|account| account.held)),
        }
    }
}

impl EntryBody {
    pub(crate) fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string(),
            kind: entry.kind.as_str(),
            amount: entry.amount.to_string(),
            available_change: entry.available_change.to_string(),
            held_change: entry.held_change.to_string(),
            owner: entry.owner.map(|owner| owner.to_string()),
            estimated: entry.is_estimated,
            created_at: rfc3339::write(entry.created_at),
        }
    }
}
