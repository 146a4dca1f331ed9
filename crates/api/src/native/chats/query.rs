//! What queries say.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;

/// The end user, for routes without a body.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserIdQuery {
    /// The end user, in place of `Fourfold-User`; for service and admin keys.
    #[param(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    pub(crate) user_id: Option<String>,
}

/// Whether to wait.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// `false` refuses at once what would have to wait for an earlier message of the conversation.
    #[param(value_type = Option<bool>, default = true)]
    wait: Option<String>,
}

/// In which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderQuery {
    /// `asc`, the oldest first, or `desc`, the newest first.
    #[param(pattern = "^(asc|desc)$", default = "asc")]
    order: Option<String>,
}

/// Which conversations.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArchivedQuery {
    /// `true` lists those that were put away.
    #[param(value_type = Option<bool>, default = false)]
    archived: Option<String>,
}

/// A query as this type has it.
pub(crate) struct Asked<T>(pub(super) T);

impl<T: for<'q> Deserialize<'q>, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        let Query(query) = query.map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        Ok(Self(query))
    }
}

impl WaitQuery {
    pub(crate) fn may_wait(&self) -> Result<bool, ApiError> {
        flag("wait", self.wait.as_deref(), true)
    }
}

impl ArchivedQuery {
    pub(crate) fn is_archived(&self) -> Result<bool, ApiError> {
        flag("archived", self.archived.as_deref(), false)
    }
}

impl OrderQuery {
    pub(crate) fn is_newest_first(&self) -> Result<bool, ApiError> {
        match self.order.as_deref() {
            None | Some("asc") => Ok(false),
            Some("desc") => Ok(true),
            Some(_) => Err(ApiError::malformed("order", "order must be asc or desc")),
        }
    }
}

fn flag(name: &'static str, written: Option<&str>, usual: bool) -> Result<bool, ApiError> {
    match written {
        None => Ok(usual),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(ApiError::malformed(name, format!("{name} must be true or false"))),
    }
}
