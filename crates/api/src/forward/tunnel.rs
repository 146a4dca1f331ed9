//! A caller's connection and a target's that have become a WebSocket.

use fourfold_forward::{Body, tunnel};
use fourfold_service::limits::Admission;
use http::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::AppState;
use crate::error::ApiError;

/// Joins both connections once the caller has been told, in a task of its own that ends at the latest when the server
/// stops.
pub(super) async fn join(
    state: &AppState,
    answer: &mut Response<Body>,
    caller: Option<OnUpgrade>,
    admission: Admission,
) -> Result<(), ApiError> {
    // Else the target wasn't asked for it.
    let caller = caller.ok_or_else(ApiError::internal)?;
    let target = tunnel(answer).await?;
    let stopping = state.stopping.clone();
    state.spawner.start(async move {
        let _until_the_end = admission;
        let joined = match caller.await {
            Ok(caller) => target.join_until(TokioIo::new(caller), stopping.cancelled()).await.map(drop),
            Err(error) => Err(std::io::Error::other(error)),
        };
        if let Err(error) = joined {
            tracing::debug!(error = &error as &dyn std::error::Error, "a WebSocket broke off");
        }
    });
    Ok(())
}
