//! The audit of the ledger.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_service::ports::{Counts, Finding};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::Admin;

/// What an audit found.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// Whether everything adds up.
    clean: bool,
    /// How much was looked at.
    #[schema(value_type = Object)]
    counts: Counts,
    /// The accounts where something doesn't add up.
    accounts: Vec<String>,
    /// What doesn't add up.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Finding>,
}

/// Looks for anything that doesn't add up, in one snapshot.
#[utoipa::path(get, path = "/api/v1/admin/ledger/verify", tag = "admin", operation_id = "verify_ledger",
    responses((status = 200, body = AuditBody, description = "everything adds up"), KeyErrors,
        (status = 409, body = AuditBody, description = "something doesn't add up")))]
pub(crate) async fn verify(State(state): State<AppState>, _admin: Admin) -> Result<Response, ApiError> {
    let audit = state.credits.audit().await?;
    let clean = audit.findings.is_empty();
    let mut accounts: Vec<String> = audit.findings.iter().map(|finding| finding.account.clone()).collect();
    accounts.sort();
    accounts.dedup();
    if !clean {
        tracing::error!(findings = audit.findings.len(), "the ledger doesn't add up");
    }
    let status = if clean { StatusCode::OK } else { StatusCode::CONFLICT };
    let body = AuditBody { clean, counts: audit.counts, accounts, findings: audit.findings };
    Ok((status, Json(body)).into_response())
}
