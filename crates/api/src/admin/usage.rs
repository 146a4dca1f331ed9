//! What all accounts used, summed up.

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use fourfold_domain::{ExternalId, ProviderKey, Realm, Subject};
use fourfold_service::usage::{UsageFilter, UsageKey};
use http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use super::jobs::read;
use crate::AppState;
use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::{Admin, Page, PageQuery, Paged};
use crate::native::usage::{UsageBody, UsageSpan, UsageSpanQuery};

/// Whose usage is meant, as it is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageFilterQuery {
    /// The caller's name of one account, of the default realm where `realm` is left out.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    account: Option<String>,
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    realm: Option<String>,
    /// The provider that was asked last.
    #[param(pattern = "^[a-z0-9_-]{1,64}$")]
    provider: Option<String>,
}

/// Whose usage is meant.
pub(crate) struct WrittenFilter {
    account: Option<ExternalId>,
    realm: Option<Realm>,
    provider: Option<ProviderKey>,
}

/// Sums up what was used, in the order of the groups.
#[utoipa::path(get, path = "/api/v1/admin/usage", tag = "admin", operation_id = "show_all_usage",
    params(UsageFilterQuery, UsageSpanQuery, PageQuery),
    responses((status = 200, body = Paged<UsageBody>, description = "the sums"), KeyErrors))]
pub(crate) async fn show(
    State(state): State<AppState>,
    _admin: Admin,
    filter: WrittenFilter,
    span: UsageSpan,
    page: Page<UsageKey>,
) -> Result<Json<Paged<UsageBody>>, ApiError> {
    let WrittenFilter { account, realm, provider } = filter;
    let (account, realm) = match account {
        None => (None, realm),
        Some(external_id) => (Some(Subject { realm: realm.unwrap_or_default(), external_id }), None),
    };
    let groups = span.groups();
    let query = span.query(UsageFilter { account: None, realm, provider }, &page);
    let sums = state.usage.of_all(account.as_ref(), query).await?;
    let body = |(sum, account)| UsageBody::new(&sum, groups, account);
    Ok(Json(page.of(sums, |(sum, _)| sum.key.to_string(), body)))
}

impl<S: Send + Sync> FromRequestParts<S> for WrittenFilter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(written) = Query::<UsageFilterQuery>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        Ok(Self {
            account: read("account", written.account)?,
            realm: read("realm", written.realm)?,
            provider: read("provider", written.provider)?,
        })
    }
}
