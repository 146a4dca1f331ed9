//! What the tests share: a scripted server, and the settings that keep time out of the way.

mod server;
#[cfg(feature = "vendor")]
mod vendor;
mod wire;

pub(crate) use server::{Reply, Server};
#[cfg(feature = "vendor")]
pub(crate) use vendor::{Wire, check_form, check_kept, check_paid_once};
#[cfg(feature = "vendor")]
pub(crate) use wire::Received;

use std::future::Future;
use std::time::Duration;

use fourfold_clients::http::{
    BaseHttpClient, ClientBuilder, HttpSettings, PoolSettings, StreamTimeoutSettings, TimeoutSettings,
};

/// Settings without a timer, so that a paused clock moves for nothing but the waits between tries.
pub(crate) fn timeless() -> HttpSettings {
    let timeouts = TimeoutSettings {
        connect: Duration::ZERO,
        first_byte: Duration::ZERO,
        idle: Duration::ZERO,
        total: Duration::ZERO,
        stream: StreamTimeoutSettings { first_byte: Duration::ZERO, idle: Duration::ZERO },
    };
    let pool = PoolSettings { idle_timeout: Duration::ZERO, ..PoolSettings::default() };
    HttpSettings { timeouts, pool, ..HttpSettings::default() }
}

/// A client of the server with timeless settings and no jitter, to be changed by the test.
pub(crate) fn builder(server: &Server) -> ClientBuilder {
    BaseHttpClient::builder(server.url()).settings(timeless()).random(|| 0.0)
}

/// A client of the server with timeless settings.
pub(crate) fn client(server: &Server) -> BaseHttpClient {
    builder(server).build().unwrap()
}

/// Waits for what must happen soon. The limit only ends a test that would hang.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("this should have happened long ago")
}

/// Runs beside the test.
#[expect(clippy::disallowed_methods, reason = "a test has no tracker; its runtime ends all tasks with it")]
pub(crate) fn run<F>(work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
