//! The audit of the ledger, and its comparison with the vendors.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_service::ports::{Counts, Finding};
use fourfold_service::reconcile::{ReconcileService, Reconciliation};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::ApiError;
use crate::extract::{Admin, Body};
use crate::rfc3339;

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

/// What is to be compared.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewReconciliation {
    /// Books what vendors delivered and nobody got as the operator's loss; left out, nothing is changed.
    apply: Option<bool>,
    /// From when on, RFC 3339; left out, the last 30 days.
    #[schema(format = DateTime)]
    from: Option<String>,
    /// Until when, RFC 3339; left out, now.
    #[schema(format = DateTime)]
    to: Option<String>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationBody {
    from: String,
    to: String,
    /// Whether something could be changed.
    applied: bool,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    found: Reconciliation,
}

/// Compares the ledger with what each vendor can tell: tasks by their ids, what is left on its accounts; with the
/// margin of each model.
#[utoipa::path(post, path = "/api/v1/admin/ledger/reconcile", tag = "admin", operation_id = "reconcile_ledger",
    request_body = NewReconciliation,
    responses((status = 200, body = ReconciliationBody, description = "what was found"), KeyErrors, BodyErrors))]
pub(crate) async fn reconcile(
    State(state): State<AppState>,
    _admin: Admin,
    body: Body,
) -> Result<Json<ReconciliationBody>, ApiError> {
    let mut object = body.object;
    let apply = object.flag("apply")?.unwrap_or_default();
    let now = state.reconcile.now();
    let to = object.moment("to")?.unwrap_or(now);
    let from = object.moment("from")?.unwrap_or_else(|| ReconcileService::a_month_before(to));
    object.nothing_else("apply, from and to")?;
    let found = state.reconcile.reconcile(from, to, apply).await?;
    Ok(Json(ReconciliationBody { from: rfc3339::write(from), to: rfc3339::write(to), applied: apply, found }))
}
