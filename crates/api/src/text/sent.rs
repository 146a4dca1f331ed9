//! A request for text as it came.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use bytes::Bytes;
use fourfold_domain::{InvalidInput, WireAsked};
use http::request::Parts;

use crate::AppState;
use crate::error::ApiError;
use crate::extract::{User, aside, read_whole};

/// A request for text: who sends it, and what, not yet read.
pub(crate) struct Sent {
    pub(super) user: User,
    pub(super) parts: Parts,
    pub(super) body: Bytes,
}

impl Sent {
    /// What it asks, where the caller may ask that of the model.
    pub(crate) async fn read(
        self,
        read: impl FnOnce(&[u8]) -> Result<WireAsked, InvalidInput> + Send + 'static,
    ) -> Result<WireAsked, ApiError> {
        let asked = aside(&self.body, read).await??;
        self.user.admission.check_model(&asked.model)?;
        Ok(asked)
    }
}

impl FromRequest<AppState> for Sent {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let user = User::from_request_parts(&mut parts, state).await?;
        let body = read_whole(body, state).await?;
        Ok(Self { user, parts, body })
    }
}
