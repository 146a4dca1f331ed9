//! What the tests share: a target that plays a script, and forwarders without timers.

mod leaving;
mod target;
mod tls;
mod wire;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use fourfold_forward::{
    Allow, Body, ForwardRetry, ForwardTimeouts, Forwarder, ForwarderBuilder, PoolSettings, Target,
};
use http::{Request, Response};
use http_body_util::BodyExt as _;

pub(crate) use leaving::{Gone, TRIES, at_once};
pub(crate) use target::{Reply, Upstream};
pub(crate) use tls::TlsUpstream;

/// No time limit at all, so that a paused clock moves for nothing but what the test is about.
pub(crate) const TIMELESS: ForwardTimeouts = ForwardTimeouts {
    connect: Duration::ZERO,
    request: Duration::ZERO,
    stream: Duration::ZERO,
    idle: Duration::ZERO,
};

/// A forwarder of everything, once and without time limits, to be changed by the test.
pub(crate) fn builder(url: &str) -> ForwarderBuilder {
    builder_named("vendor", url)
}

/// The same, of a target of this name.
pub(crate) fn builder_named(name: &str, url: &str) -> ForwarderBuilder {
    let target = Target::new(name, url).unwrap().allow(Allow::everything());
    Forwarder::builder(target)
        .timeouts(TIMELESS)
        .retry(ForwardRetry::never())
        .pool(PoolSettings { idle_timeout: Duration::ZERO, ..PoolSettings::default() })
}

pub(crate) fn forwarder(upstream: &Upstream) -> Forwarder {
    builder(&upstream.url()).build().unwrap()
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).body(body.into()).unwrap()
}

/// The whole body of an answer.
pub(crate) async fn body_of(answer: Response<Body>) -> Bytes {
    soon(answer.into_body().collect()).await.unwrap().to_bytes()
}

/// Waits for what must happen soon. The limit only ends a test that would hang.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("this should have happened long ago")
}

/// Waits until this is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    soon(async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Waits until nothing of this test's runtime has anything left to do: a paused clock moves only then.
pub(crate) async fn stand_still() {
    tokio::time::pause();
    tokio::time::sleep(Duration::from_millis(1)).await;
    tokio::time::resume();
}

/// Runs beside the test.
#[expect(clippy::disallowed_methods, reason = "a test has no tracker; its runtime ends all tasks with it")]
pub(crate) fn run<F>(work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
