//! Health checks.

use std::time::Duration;

use fourfold_forward::{Allow, AuthScheme, ForwardError, Forwarder, HealthCheck, Target};
use tokio::sync::oneshot;

use crate::support::{Reply, Upstream, builder, get, run, soon, until};

fn quick(path: &str) -> HealthCheck {
    HealthCheck { interval: Duration::from_millis(5), ..HealthCheck::new(path) }
}

#[tokio::test]
async fn an_ill_target_gets_nothing_until_it_is_well_again() {
    let ill = (0..3).map(|_| Reply::status(503, &[], ""));
    let upstream = Upstream::start(ill.chain([Reply::hang()])).await;
    let check = HealthCheck {
        unhealthy_after: 3,
        healthy_after: 1,
        timeout: Duration::from_secs(30),
        ..quick("/up?x=1")
    };
    let forwarder = builder(&upstream.url()).health(check).build().unwrap();
    assert!(forwarder.is_healthy());
    let (stop, stopped) = oneshot::channel::<()>();
    let watched = forwarder.clone();
    let watching = run(async move {
        watched.watch(async { _ = stopped.await }).await;
    });
    until(|| !forwarder.is_healthy()).await;
    let refused = forwarder.forward(get("/")).await.unwrap_err();
    assert!(matches!(refused, ForwardError::Unhealthy { .. }), "{refused:?}");
    assert_eq!(upstream.received()[0].target, "/up?x=1");
    until(|| upstream.received().len() == 4).await;
    drop(stop);
    soon(watching).await.unwrap();
    assert!(!forwarder.is_healthy());
}

#[tokio::test]
async fn a_check_asks_with_the_targets_credential() {
    let (reply, asked) = Reply::ok("").telling();
    let upstream = Upstream::start([reply, Reply::hang()]).await;
    let target = Target::new("vendor", &format!("{}/v1", upstream.url())).unwrap();
    let target = target.auth(AuthScheme::Bearer("vendor-key".into())).allow(Allow::everything());
    let forwarder = Forwarder::builder(target).health(quick("/models")).build().unwrap();
    tokio::select! {
        () = forwarder.watch(std::future::pending()) => panic!("it should watch on"),
        asked = soon(asked) => asked.unwrap(),
    }
    let received = &upstream.received()[0];
    assert_eq!(
        (received.target.as_str(), received.header("authorization")),
        ("/v1/models", Some("Bearer vendor-key"))
    );
    assert!(forwarder.is_healthy());
    // What wasn't asked for any more.
    upstream.take_script();
}

#[tokio::test]
async fn without_checks_there_is_nothing_to_watch() {
    let upstream = Upstream::start([]).await;
    soon(crate::support::forwarder(&upstream).watch(std::future::pending())).await;
}
