//! What a target's callers may do, and how much of it.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use async_trait::async_trait;
use fourfold_forward::{
    Allow, Body, BreakerSettings, BreakerState, CollectBudget, Ended, ForwardEnd, ForwardError,
    ForwardRequest, Forwarder, Limit, Meter, MeterRequest, RateLimit, Refusal, Target, TargetLimits, Ticket,
};
use futures_util::TryStreamExt as _;
use futures_util::stream::poll_fn;
use http::Method;
use tokio::sync::mpsc;

use crate::support::{Reply, Upstream, body_of, builder, get, post, soon, until};

#[tokio::test]
async fn what_is_not_allowed_is_not_sent() {
    let upstream = Upstream::start([]).await;
    let allow = Allow::only(["GET /models/*", "POST /chat"]).unwrap();
    let target = Target::new("vendor", &upstream.url()).unwrap().allow(allow);
    let forwarder = Forwarder::new(target).unwrap();
    for request in [get("/files"), get("/models"), post("/models/x", ""), post("/chat/x", "")] {
        let refused = forwarder.forward(request).await;
        assert!(matches!(refused, Err(ForwardError::NotAllowed { .. })), "{refused:?}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn a_method_cannot_be_overridden_where_it_decides() {
    for name in ["x-http-method-override", "X-HTTP-Method", "x-method-override"] {
        let overriding = || ForwardRequest::new(Method::GET, "/a").header(name, "POST");
        let upstream = Upstream::start([Reply::ok("")]).await;
        let target = || Target::new("vendor", &upstream.url()).unwrap();
        let listed = Forwarder::new(target().allow(Allow::only(["GET /a"]).unwrap())).unwrap();
        let priced = builder(&upstream.url()).meter(Arc::new(Reader)).build().unwrap();
        for forwarder in [listed, priced] {
            let refused = forwarder.forward(overriding()).await;
            assert!(matches!(refused, Err(ForwardError::InvalidRequest(_))), "{refused:?}");
        }
        soon(builder(&upstream.url()).build().unwrap().forward(overriding())).await.unwrap();
    }
}

#[tokio::test]
async fn a_request_has_its_place_until_its_answer_is_over() {
    let (reply, pipe) = Reply::piped("text/plain");
    let upstream = Upstream::start([reply.then_end(), Reply::ok("")]).await;
    let limits = TargetLimits { concurrent_max: Some(1), rate: None };
    let forwarder = builder(&upstream.url()).limits(limits).build().unwrap();
    let answer = soon(forwarder.forward(get("/"))).await.unwrap();
    let refused = forwarder.clone().forward(get("/")).await.unwrap_err();
    assert!(
        matches!(refused, ForwardError::TooManyRequests { limit: Limit::Concurrency, .. }),
        "{refused:?}"
    );
    assert!(refused.retry_after().is_some());
    pipe.send("x");
    drop(pipe);
    assert_eq!(body_of(answer).await, "x");
    soon(forwarder.forward(get("/"))).await.unwrap();
}

/// Looks at bodies.
struct Reader;

#[async_trait]
impl Meter for Reader {
    fn body_bytes_max(&self) -> Option<usize> {
        Some(64)
    }

    async fn before_send(&self, _: &MeterRequest<'_>) -> Result<Option<Ticket>, Refusal> {
        Ok(None)
    }

    fn on_end(&self, _: Ticket, _: ForwardEnd) -> Ended {
        Box::pin(std::future::ready(true))
    }
}

/// A request whose body comes as the test sends it.
fn dripping() -> (mpsc::UnboundedSender<&'static str>, ForwardRequest) {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let piece = move |cx: &mut Context<'_>| rx.poll_recv(cx).map(|piece| piece.map(Ok::<_, std::io::Error>));
    let body = Body::from_stream(poll_fn(piece).map_ok(bytes::Bytes::from));
    (tx, ForwardRequest::new(Method::POST, "/").header("content-type", "application/json").body(body))
}

/// Goes as far with a request as it goes by itself.
async fn begin(request: &mut (impl Future<Output: std::fmt::Debug> + Unpin)) {
    tokio::select! {
        biased;
        ended = request => panic!("{ended:?}"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn a_body_that_is_collected_has_no_place_until_it_is_whole() {
    let upstream = Upstream::start([Reply::ok(""), Reply::ok("")]).await;
    let limits = TargetLimits { concurrent_max: Some(1), rate: None };
    let forwarder = builder(&upstream.url()).limits(limits).meter(Arc::new(Reader)).build().unwrap();
    let (drip, request) = dripping();
    drip.send("{").unwrap();
    let mut dripping = std::pin::pin!(forwarder.forward(request));
    begin(&mut dripping).await;
    soon(forwarder.forward(get("/"))).await.unwrap();
    drip.send("}").unwrap();
    drop(drip);
    soon(dripping).await.unwrap();
    assert_eq!(upstream.received()[1].text(), "{}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_collected_has_its_time() {
    let upstream = Upstream::start([]).await;
    let forwarder = builder(&upstream.url()).meter(Arc::new(Reader)).build().unwrap();
    let (drip, request) = dripping();
    drip.send("{").unwrap();
    let slow = forwarder.forward(request.collected_within(Duration::from_secs(60))).await.unwrap_err();
    assert!(matches!(slow, ForwardError::SlowBody), "{slow:?}");
}

#[tokio::test]
async fn bodies_that_are_collected_have_only_so_much_room_together() {
    let upstream = Upstream::start([Reply::ok("")]).await;
    let budget = CollectBudget::new(8);
    let forwarder = builder(&upstream.url()).meter(Arc::new(Reader)).collect_budget(budget.clone());
    let forwarder = forwarder.build().unwrap();
    let (drip, request) = dripping();
    drip.send("{     ").unwrap();
    let mut first = std::pin::pin!(forwarder.forward(request));
    begin(&mut first).await;
    let json = |body: &'static str| dripping().1.body(body);
    let refused = soon(forwarder.forward(json("{  }"))).await.unwrap_err();
    assert!(matches!(refused, ForwardError::NoRoom), "{refused:?}");
    drip.send("}").unwrap();
    drop(drip);
    soon(first).await.unwrap();
    assert_eq!(budget.held_bytes(), 0);
}

#[tokio::test]
async fn a_failed_request_gives_its_place_back() {
    let upstream = Upstream::start([Reply::close(), Reply::ok("")]).await;
    let limits = TargetLimits { concurrent_max: Some(1), rate: None };
    let forwarder = builder(&upstream.url()).limits(limits).build().unwrap();
    soon(forwarder.forward(get("/"))).await.unwrap_err();
    soon(forwarder.forward(get("/"))).await.unwrap();
}

#[tokio::test]
async fn more_than_the_rate_is_refused_and_told_when_to_come_back() {
    let upstream = Upstream::start([Reply::ok(""), Reply::ok("")]).await;
    let rate = RateLimit { requests: 2, per: Duration::from_secs(60) };
    let limits = TargetLimits { concurrent_max: None, rate: Some(rate) };
    let forwarder = builder(&upstream.url()).limits(limits).build().unwrap();
    for _ in 0..2 {
        soon(forwarder.forward(get("/"))).await.unwrap();
    }
    let refused = forwarder.forward(get("/")).await.unwrap_err();
    assert!(matches!(refused, ForwardError::TooManyRequests { limit: Limit::Rate, .. }), "{refused:?}");
    let wait = refused.retry_after().unwrap();
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
}

#[tokio::test]
async fn a_target_that_fails_and_fails_is_left_alone_until_probes_succeed() {
    let upstream = Upstream::start((0..5).map(|_| Reply::status(500, &[], ""))).await;
    let breaker = BreakerSettings { open_for: Duration::from_millis(1), ..BreakerSettings::default() };
    let forwarder = builder(&upstream.url()).breaker(breaker).build().unwrap();
    assert_eq!(forwarder.breaker_state(), BreakerState::Closed);
    for _ in 0..5 {
        assert_eq!(soon(forwarder.forward(get("/"))).await.unwrap().status(), 500);
    }
    assert_ne!(forwarder.breaker_state(), BreakerState::Closed);
    until(|| forwarder.breaker_state() == BreakerState::HalfOpen).await;
    upstream.push((0..3).map(|_| Reply::ok("")));
    for _ in 0..3 {
        soon(forwarder.forward(get("/"))).await.unwrap();
    }
    assert_eq!(forwarder.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn an_open_breaker_sends_nothing_and_says_until_when() {
    let upstream = Upstream::start((0..5).map(|_| Reply::close())).await;
    let forwarder = builder(&upstream.url()).build().unwrap();
    for _ in 0..5 {
        soon(forwarder.forward(get("/"))).await.unwrap_err();
    }
    let refused = forwarder.clone().forward(get("/")).await.unwrap_err();
    assert!(matches!(refused, ForwardError::BreakerOpen { .. }), "{refused:?}");
    assert!(refused.retry_after().unwrap() > Duration::from_secs(50));
    assert_eq!(upstream.received().len(), 5);
}
