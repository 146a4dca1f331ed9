//! Several targets by name.

use fourfold_forward::{ForwardError, ForwardRequest, Forwarders, TargetError};
use http::Method;

use crate::support::{Reply, Upstream, body_of, builder_named, forwarder, soon};

#[tokio::test]
async fn a_request_goes_to_the_target_that_it_names_and_to_no_other() {
    let (first, second) =
        (Upstream::start([Reply::ok("first")]).await, Upstream::start([Reply::ok("second")]).await);
    let built = [("first", &first), ("second", &second)]
        .map(|(name, upstream)| builder_named(name, &upstream.url()).build().unwrap());
    let forwarders = Forwarders::new(built).unwrap();
    for name in ["first", "second"] {
        let request = ForwardRequest::new(Method::POST, "/a?b").target(name).body("question");
        assert_eq!(body_of(soon(forwarders.forward(request)).await.unwrap()).await, name);
    }
    assert_eq!(second.only_received().target, "/a?b");
    let unknown = soon(forwarders.forward(ForwardRequest::new(Method::GET, "/a").target("third"))).await;
    assert!(matches!(unknown, Err(ForwardError::UnknownTarget(name)) if name == "third"));
    let unnamed = soon(forwarders.forward(ForwardRequest::new(Method::GET, "/a"))).await;
    assert!(matches!(unnamed, Err(ForwardError::InvalidRequest("no target"))), "{unnamed:?}");
    let names: Vec<_> = forwarders.iter().map(|one| one.target().name().to_owned()).collect();
    assert_eq!(
        (names, format!("{forwarders:?}").as_str()),
        (vec!["first".into(), "second".into()], "{\"first\", \"second\"}")
    );
    assert!(forwarders.get("second").is_some() && forwarders.get("third").is_none());
}

#[tokio::test]
async fn a_forwarder_takes_nothing_that_is_meant_for_another_target() {
    let upstream = Upstream::start([]).await;
    let request = ForwardRequest::new(Method::GET, "/").target("another");
    let refused = soon(forwarder(&upstream).forward(request)).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.to_string().as_str()),
        ("unknown_target", "there is no target \"another\"")
    );
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn two_targets_of_one_name_are_refused() {
    let twice = ["http://a.test", "http://b.test"].map(|url| builder_named("same", url).build().unwrap());
    assert!(matches!(Forwarders::new(twice), Err(TargetError::Duplicate(name)) if name == "same"));
}
