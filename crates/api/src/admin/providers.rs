//! The vendors, and how their credentials stand.

use axum::Json;
use axum::extract::State;
use fourfold_domain::{Circuit, Reason};
use fourfold_service::routing::CredentialState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::Admin;
use crate::rfc3339;

/// The providers that are on.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProvidersBody {
    data: Vec<ProviderBody>,
    /// Always null: the providers are one page.
    next_cursor: Option<String>,
}

/// A provider.
#[derive(Serialize, ToSchema)]
struct ProviderBody {
    /// Its name.
    id: String,
    /// Always `provider`.
    object: &'static str,
    /// How many models it offers.
    models: usize,
    /// Its credentials, by their names.
    credentials: Vec<CredentialBody>,
}

/// A credential of a provider, as this process knows it.
#[derive(Serialize, ToSchema)]
struct CredentialBody {
    /// Its name.
    name: String,
    /// ready, resting (the vendor has had too many requests) or set_aside (the vendor refuses it, or its account
    /// is out of money).
    state: &'static str,
    /// When it is asked again, where it isn't ready.
    until: Option<String>,
    /// Since when it is set aside.
    since: Option<String>,
    /// Why it is set aside: unauthorized or out_of_money.
    reason: Option<&'static str>,
    /// The vendor's own words.
    message: Option<String>,
    /// How its circuit breaker stands: closed, open or half_open.
    #[schema(value_type = String)]
    circuit: Circuit,
}

/// Lists the providers with their credentials and how these stand.
#[utoipa::path(get, path = "/api/v1/admin/providers", tag = "admin", operation_id = "list_providers",
    responses((status = 200, body = ProvidersBody, description = "the providers"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    _admin: Admin,
) -> Result<Json<ProvidersBody>, ApiError> {
    let routing = &state.routing;
    let mut data = Vec::new();
    for key in routing.providers().keys() {
        let credentialed = routing.providers().of(&key);
        let credentials = credentialed.iter().map(|one| {
            CredentialBody::new(
                &one.credential,
                routing.credentials().of(&key, &one.credential),
                one.provider.circuit(),
            )
        });
        data.push(ProviderBody {
            id: key.to_string(),
            object: "provider",
            models: credentialed.first().map_or(0, |one| one.provider.models().len()),
            credentials: credentials.collect(),
        });
    }
    Ok(Json(ProvidersBody { data, next_cursor: None }))
}

impl CredentialBody {
    fn new(name: &str, state: CredentialState, circuit: Circuit) -> Self {
        let ready = Self {
            name: name.to_owned(),
            state: "ready",
            until: None,
            since: None,
            reason: None,
            message: None,
            circuit,
        };
        match state {
            CredentialState::Ready => ready,
            CredentialState::Resting { until } => {
                Self { state: "resting", until: Some(rfc3339::write(until)), ..ready }
            }
            CredentialState::SetAside { since, until, reason, message } => Self {
                state: "set_aside",
                until: Some(rfc3339::write(until)),
                since: Some(rfc3339::write(since)),
                reason: Some(Reason::as_str(reason)),
                message: Some(message),
                ..ready
            },
        }
    }
}
