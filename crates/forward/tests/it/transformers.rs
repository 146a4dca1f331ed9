//! Transformers: their order, what they see, and what happens if one can't.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_forward::{
    Allow, AuthScheme, CallContext, ForwardError, ForwardRequest, Forwarder, ForwarderBuilder, RequestDraft,
    RequestTransformer, ResponseDraft, ResponseTransformer, Target, TransformError,
};
use http::{HeaderValue, Method, StatusCode};

use crate::support::{Reply, Upstream, body_of, builder, soon};

/// What a test has done to a draft.
type Change<D> = fn(&mut D, &CallContext) -> Result<(), &'static str>;

/// Notes that it was asked, and does what the test wants.
struct Does<D> {
    name: &'static str,
    priority: i32,
    reads_body: bool,
    asked: Arc<Mutex<Vec<&'static str>>>,
    does: Change<D>,
}

impl<D> std::fmt::Debug for Does<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<D> Does<D> {
    fn run(&self, draft: &mut D, call: &CallContext) -> Result<(), TransformError> {
        self.asked.lock().unwrap().push(self.name);
        (self.does)(draft, call)
            .map_err(|message| TransformError { message: message.to_owned(), source: None })
    }
}

#[async_trait]
impl RequestTransformer for Does<RequestDraft> {
    fn name(&self) -> &str {
        self.name
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    fn reads_body(&self) -> bool {
        self.reads_body
    }

    async fn transform(&self, request: &mut RequestDraft, call: &CallContext) -> Result<(), TransformError> {
        self.run(request, call)
    }
}

#[async_trait]
impl ResponseTransformer for Does<ResponseDraft> {
    fn name(&self) -> &str {
        self.name
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    fn reads_body(&self) -> bool {
        self.reads_body
    }

    async fn transform(
        &self,
        response: &mut ResponseDraft,
        call: &CallContext,
    ) -> Result<(), TransformError> {
        self.run(response, call)
    }
}

fn does<D>(
    name: &'static str,
    priority: i32,
    asked: &Arc<Mutex<Vec<&'static str>>>,
    does: Change<D>,
) -> Arc<Does<D>> {
    Arc::new(Does { name, priority, reads_body: name.contains("body"), asked: Arc::clone(asked), does })
}

fn with_request(upstream: &Upstream, name: &'static str, change: Change<RequestDraft>) -> ForwarderBuilder {
    builder(&upstream.url()).request_transformer(does(name, 1, &Arc::default(), change))
}

fn json_post(body: impl Into<Bytes>) -> ForwardRequest {
    let body: Bytes = body.into();
    ForwardRequest::new(Method::POST, "/a?b=c").header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn lower_priorities_go_first_and_equal_ones_as_they_were_added() {
    let asked = Arc::default();
    let upstream = Upstream::start([Reply::ok("")]).await;
    let forwarder = builder(&upstream.url())
        .request_transformer(does("body", 300, &asked, |_, _| Ok(())))
        .request_transformer(does("one", 100, &asked, |_, _| Ok(())))
        .request_transformer(does("two", 100, &asked, |_, _| Ok(())))
        .request_transformer(does("path", -50, &asked, |_, _| Ok(())))
        .response_transformer(does::<ResponseDraft>("last", 200, &asked, |_, _| Ok(())))
        .response_transformer(does::<ResponseDraft>("back", 100, &asked, |_, _| Ok(())))
        .build()
        .unwrap();
    soon(forwarder.forward(json_post("{}"))).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["path", "one", "two", "body", "back", "last"]);
}

#[tokio::test]
async fn a_transformer_sees_the_call_and_may_change_everything_but_the_target() {
    let upstream = Upstream::start([Reply::ok("")]).await;
    let target = Target::new("vendor", &format!("{}/v1", upstream.url())).unwrap();
    let target = target.auth(AuthScheme::Bearer("vendor-key".into())).allow(Allow::everything());
    let change: Change<RequestDraft> = |draft, call| {
        assert_eq!((&*call.target, &*call.request_id, &*call.path), ("vendor", "r1", "/a"));
        assert_eq!(call.extensions.get::<u32>(), Some(&7));
        assert!(!draft.headers.contains_key("authorization"), "no credential is in sight");
        assert_eq!(draft.body.as_deref(), Some(&b"{}"[..]));
        draft.method = Method::PUT;
        draft.path = "/other".into();
        draft.query = Some("d=e".into());
        draft.headers.insert("x-added", HeaderValue::from_static("1"));
        draft.body = Some(Bytes::from("{\"longer\": 1}"));
        Ok(())
    };
    let forwarder = Forwarder::builder(target).request_transformer(does("body", 1, &Arc::default(), change));
    let request = json_post("{}").request_id("r1").extension(7_u32).header("content-length", "2");
    soon(forwarder.build().unwrap().forward(request)).await.unwrap();
    let received = upstream.only_received();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("PUT", "/v1/other?d=e"));
    assert_eq!((received.header("x-added"), received.header("x-request-id")), (Some("1"), Some("r1")));
    assert_eq!(
        (received.header("authorization"), received.header("content-length")),
        (Some("Bearer vendor-key"), Some("13"))
    );
    assert_eq!(received.text(), "{\"longer\": 1}");
}

#[tokio::test]
async fn if_a_transformer_fails_nothing_is_sent() {
    let upstream = Upstream::start([]).await;
    let forwarder = with_request(&upstream, "mine", |_, _| Err("no such tenant")).build().unwrap();
    let error = soon(forwarder.forward(json_post("{}"))).await.unwrap_err();
    assert!(matches!(&error, ForwardError::RequestTransform { transformer, .. } if transformer == "mine"));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no such tenant");
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn the_path_is_checked_again() {
    let upstream = Upstream::start([]).await;
    let climbs: [Change<RequestDraft>; 4] = [
        |draft, _| {
            draft.path = "/a/../../b".into();
            Ok(())
        },
        |draft, _| {
            draft.path = "//elsewhere/b".into();
            Ok(())
        },
        |draft, _| {
            draft.path = "/a?b".into();
            Ok(())
        },
        |draft, _| {
            draft.query = Some("a\r\nb".into());
            Ok(())
        },
    ];
    for climb in climbs {
        let forwarder = with_request(&upstream, "path", climb).build().unwrap();
        let refused = soon(forwarder.forward(json_post("{}"))).await;
        assert!(matches!(refused, Err(ForwardError::UnsafePath(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_length_of_a_transformers_own_is_not_believed() {
    let upstream = Upstream::start([]).await;
    let forwarder = with_request(&upstream, "header", |draft, _| {
        draft.headers.insert("content-length", HeaderValue::from_static("30"));
        Ok(())
    });
    let refused = soon(forwarder.build().unwrap().forward(json_post("{}"))).await;
    assert!(matches!(refused, Err(ForwardError::InvalidRequest(_))), "{refused:?}");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_pass_untouched() {
    let change: Change<RequestDraft> = |draft, _| {
        if draft.body.is_some() {
            draft.body = Some("changed".into());
        }
        Ok(())
    };
    let large = "x".repeat(65);
    for (media_type, coding, body, is_seen) in [
        ("application/json", "identity", "{}", true),
        ("application/vnd.any+json; charset=utf-8", "identity", "{}", true),
        ("application/json", "identity", &large[..64], true),
        ("application/json", "identity", &large, false),
        ("application/json", "gzip", "{}", false),
        ("text/plain", "identity", "{}", false),
    ] {
        let upstream = Upstream::start([Reply::ok("")]).await;
        let forwarder = with_request(&upstream, "body", change).body_bytes_max(64).build().unwrap();
        let request = ForwardRequest::new(Method::POST, "/")
            .header("content-type", media_type)
            .header("content-encoding", coding)
            .body(body.to_owned());
        soon(forwarder.forward(request)).await.unwrap();
        assert_eq!(upstream.only_received().text(), if is_seen { "changed" } else { body }, "{media_type}");
    }
}

#[tokio::test]
async fn a_streamed_body_above_the_limit_arrives_whole() {
    let upstream = Upstream::start([Reply::ok("")]).await;
    let forwarder = with_request(&upstream, "body", |draft, _| {
        if draft.body.is_none() { Ok(()) } else { Err("it was to be too large") }
    });
    let pieces = ["one ", "two ", "three"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
    let body = fourfold_forward::Body::from_stream(futures_util::stream::iter(pieces));
    let request =
        ForwardRequest::new(Method::POST, "/").header("content-type", "application/json").body(body);
    soon(forwarder.body_bytes_max(6).build().unwrap().forward(request)).await.unwrap();
    assert_eq!(upstream.only_received().text(), "one two three");
}

#[tokio::test]
async fn answers_are_changed_on_the_way_back() {
    let json = [("Content-Type", "application/json")];
    let upstream = Upstream::start([Reply::status(200, &json, "{\"a\": 1}")]).await;
    let change: Change<ResponseDraft> = |draft, _| {
        assert_eq!(draft.body.as_deref(), Some(&b"{\"a\": 1}"[..]));
        draft.status = StatusCode::CREATED;
        draft.headers.insert("x-added", HeaderValue::from_static("1"));
        draft.body = Some("{}".into());
        Ok(())
    };
    let forwarder = builder(&upstream.url()).response_transformer(does("body", 1, &Arc::default(), change));
    let answer = soon(forwarder.build().unwrap().forward(json_post("{}"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-added"]), (201, &"1".parse().unwrap()));
    assert_ne!(answer.headers().get("content-length").map(HeaderValue::as_bytes), Some(&b"8"[..]));
    assert_eq!(body_of(answer).await, "{}");
}

#[tokio::test]
async fn streams_and_failures_of_answers_are_told_apart() {
    let upstream = Upstream::start([
        Reply::status(200, &[("Content-Type", "text/event-stream")], "data: 1\n\n"),
        Reply::ok("{}"),
    ])
    .await;
    let change: Change<ResponseDraft> = |draft, _| {
        assert_eq!(draft.body, None);
        if draft.headers.contains_key("content-type") { Ok(()) } else { Err("no type") }
    };
    let forwarder = builder(&upstream.url())
        .response_transformer(does("body", 1, &Arc::default(), change))
        .build()
        .unwrap();
    let answer = soon(forwarder.forward(json_post("{}"))).await.unwrap();
    assert_eq!(body_of(answer).await, "data: 1\n\n");
    let error = soon(forwarder.forward(json_post("{}"))).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), ("answer_transform", fourfold_forward::Effect::Started));
}
