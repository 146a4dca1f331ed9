//! Connections that stop speaking HTTP after a 101.

use hyper_util::rt::TokioIo;

use super::body::Body;
use super::error::{ClientError, Effect, ErrorKind};

/// A connection after its upgrade, to be read and written as bytes. Dropping it closes it.
pub type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// Takes the connection of a 101 answer of [`exchange`](super::BaseHttpClient::exchange), once the server has
/// switched. Each answer gives its connection once.
pub async fn upgrade(answer: &mut http::Response<Body>) -> Result<Upgraded, ClientError> {
    let upgraded = hyper::upgrade::on(answer).await;
    upgraded
        .map(TokioIo::new)
        .map_err(|error| ClientError::new(ErrorKind::Interrupted, Effect::MayHaveStarted).with_source(error))
}
