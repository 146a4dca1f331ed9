//! A request for text as it came.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use bytes::Bytes;
use fourfold_domain::{InvalidInput, WireAsked};
use http::request::Parts;

use crate::AppState;
use crate::error::ApiError;
use crate::extract::{User, aside, read_whole};

/// Bodies of up to so many bytes are copied, which costs less than what they would keep.
const COPIED_BYTES_MAX: usize = 64 * 1024;

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
        let body = released(read_whole(body, state).await?);
        Ok(Self { user, parts, body })
    }
}

/// A small body is mostly a slice of what its connection has read, and would keep all of that to the end of the call.
fn released(body: Bytes) -> Bytes {
    if body.len() <= COPIED_BYTES_MAX { Bytes::copy_from_slice(&body) } else { body }
}
