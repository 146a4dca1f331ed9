//! What is written in the settings is what happens on the wire.

use std::sync::{Arc, Mutex};

use fourfold_forward::settings::ForwardSettings;
use fourfold_forward::{Body, BreakerState, ForwardError, Forwarder, Limit, TimeoutStage};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Reply, TlsUpstream, Upstream, body_of, get, post, run, soon, until};

/// A forwarder by these settings, whose one target is `t`.
fn forwarder(mut settings: Value, base_url: &str) -> Forwarder {
    let target = settings["targets"]["t"].as_object_mut().unwrap();
    target.insert("base_url".to_owned(), json!(base_url));
    target.entry("allow").or_insert(json!("all"));
    let settings: ForwardSettings = serde_json::from_value(settings).unwrap();
    settings.validate().unwrap();
    let target = settings.targets["t"].resolve("t", &settings).unwrap();
    target.into_builder().unwrap().build().unwrap()
}

fn with_target(target: Value, upstream: &Upstream) -> Forwarder {
    forwarder(json!({"targets": {"t": target}}), &upstream.url())
}

fn busy() -> Reply {
    Reply::status(503, &[], "")
}

#[tokio::test]
async fn retries_are_as_many_and_after_those_statuses_that_are_written() {
    let upstream = Upstream::start([busy(), busy(), busy(), Reply::status(504, &[], "")]).await;
    let settings = json!({
        "retry": {"max_attempts": 3, "base": "1ms", "retry_on": [503]},
        "circuit_breaker": {"enabled": false},
        "targets": {"t": {}},
    });
    let forwarder = forwarder(settings, &upstream.url());
    let answer = soon(forwarder.forward(get("/"))).await.unwrap();
    assert_eq!((answer.status(), upstream.received().len()), (StatusCode::SERVICE_UNAVAILABLE, 3));
    let answer = soon(forwarder.forward(get("/"))).await.unwrap();
    assert_eq!((answer.status(), upstream.received().len()), (StatusCode::GATEWAY_TIMEOUT, 4));
}

#[tokio::test]
async fn connections_that_break_off_are_tried_again_by_every_strategy() {
    for strategy in ["exponential", "status_code"] {
        let upstream = Upstream::start([Reply::close(), Reply::ok("x")]).await;
        let forwarder = with_target(json!({"retry": {"strategy": strategy, "base": "1ms"}}), &upstream);
        let answer = soon(forwarder.forward(get("/"))).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{strategy}");
    }
}

#[tokio::test]
async fn methods_that_may_do_work_twice_are_sent_again_only_where_that_is_written() {
    let upstream = Upstream::start([busy(), busy(), Reply::ok("x")]).await;
    let careful = with_target(json!({"retry": {"base": "1ms"}}), &upstream);
    assert_eq!(soon(careful.forward(post("/", "{}"))).await.unwrap().status(), 503);
    let careless = with_target(json!({"retry": {"base": "1ms", "unsafe_methods": true}}), &upstream);
    assert_eq!(soon(careless.forward(post("/", "{}"))).await.unwrap().status(), 200);
}

#[tokio::test]
async fn time_limits_are_those_of_the_target() {
    let upstream = Upstream::start([Reply::hang()]).await;
    let settings = json!({
        "defaults": {"timeout": "1h"},
        "targets": {"t": {"timeouts": {"timeout": "20ms"}, "retry": {"enabled": false}}},
    });
    let error = soon(forwarder(settings, &upstream.url()).forward(get("/"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::Timeout { stage: TimeoutStage::FirstByte, .. }), "{error:?}");

    let (reply, pipe) = Reply::piped("text/plain");
    let upstream = Upstream::start([reply]).await;
    let forwarder = with_target(json!({"timeouts": {"idle": "20ms"}}), &upstream);
    let answer = soon(forwarder.forward(get("/"))).await.unwrap();
    pipe.send("x");
    let whole = http_body_util::BodyExt::collect(answer.into_body());
    assert!(soon(whole).await.is_err());
}

#[tokio::test]
async fn the_breaker_opens_after_as_many_failures_as_are_written() {
    let upstream = Upstream::start([busy(), busy()]).await;
    let breaker = json!({"failure_threshold": 2, "recovery_timeout": "1h"});
    let target = json!({"circuit_breaker": breaker, "retry": {"enabled": false}});
    let forwarder = with_target(target, &upstream);
    for _ in 0..2 {
        soon(forwarder.forward(get("/"))).await.unwrap();
    }
    let error = soon(forwarder.forward(get("/"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::BreakerOpen { .. }), "{error:?}");
    assert_ne!(forwarder.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_target_is_trusted_by_its_own_authority_or_where_nothing_is_checked() {
    let upstream = TlsUpstream::start().await;
    let url = format!("https://localhost:{}", upstream.port());
    let ask = |tls: Value| {
        let target = json!({"tls": tls, "retry": {"enabled": false}});
        let forwarder = forwarder(json!({"targets": {"t": target}}), &url);
        async move { soon(forwarder.forward(post("/", "x"))).await.map(|answer| answer.status()) }
    };
    let strange = ask(json!({})).await.unwrap_err();
    assert!(matches!(strange, ForwardError::Unreachable { .. }), "{strange:?}");
    assert_eq!(ask(json!({"ca_files": [upstream.ca_file()]})).await.unwrap(), StatusCode::OK);
    assert_eq!(ask(json!({"verify_ssl": false})).await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn connections_go_through_the_proxy_that_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = run(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 1024];
        let bytes = connection.read(&mut head).await.unwrap();
        connection.write_all(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&head[..bytes]).into_owned()
    });
    let target = json!({"proxy": proxy, "retry": {"enabled": false}});
    let forwarder = forwarder(json!({"targets": {"t": target}}), "https://vendor.invalid");
    assert!(soon(forwarder.forward(get("/"))).await.is_err());
    assert!(soon(asked).await.unwrap().starts_with("CONNECT vendor.invalid:443 "));
}

#[tokio::test]
async fn the_user_agent_and_the_headers_of_the_settings_go_out() {
    let upstream = Upstream::start([Reply::ok("x")]).await;
    let settings = json!({
        "defaults": {"user_agent": "gateway/1"},
        "targets": {"t": {"headers": {"x-team": "search"}, "auth": {"key": "sk-1"}}},
    });
    let request = Request::get("/").header("user-agent", "caller").header("x-team", "own");
    let request = request.header("authorization", "Bearer ff_1").body(Body::empty()).unwrap();
    soon(forwarder(settings, &upstream.url()).forward(request)).await.unwrap();
    let received = upstream.only_received();
    for (name, value) in [("user-agent", "gateway/1"), ("x-team", "search"), ("authorization", "Bearer sk-1")]
    {
        assert_eq!(received.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_credential_in_the_query_replaces_the_callers_own_of_that_name() {
    let upstream = Upstream::start([Reply::ok("x"), Reply::ok("x"), Reply::ok("x")]).await;
    let target = json!({"auth": {"scheme": "query", "name": "key", "key": "a/b&c"}});
    let forwarder = with_target(target, &upstream);
    for path in ["/p?x=%2F&%6bey=mine&key", "/p", "/p?x"] {
        soon(forwarder.forward(get(path))).await.unwrap();
    }
    let targets: Vec<_> = upstream.received().into_iter().map(|received| received.target).collect();
    assert_eq!(targets, ["/p?x=%2F&key=a%2Fb%26c", "/p?key=a%2Fb%26c", "/p?x&key=a%2Fb%26c"]);
}

#[tokio::test]
async fn a_target_that_fails_its_health_checks_is_left_alone() {
    let upstream = Upstream::start([busy(), Reply::hang()]).await;
    let check = json!({"path": "/up", "interval": "1ms", "timeout": "1h", "unhealthy_threshold": 1});
    let forwarder = with_target(json!({"health_check": check}), &upstream);
    let (stop, stopped) = oneshot::channel::<()>();
    let watched = forwarder.clone();
    let watching = run(async move { watched.watch(async { _ = stopped.await }).await });
    until(|| !forwarder.is_healthy()).await;
    assert!(matches!(forwarder.forward(get("/")).await, Err(ForwardError::Unhealthy { .. })));
    assert_eq!(upstream.received()[0].target, "/up");
    drop(stop);
    soon(watching).await.unwrap();
    upstream.take_script();
}

#[tokio::test]
async fn limits_are_those_of_the_target() {
    let upstream = Upstream::start([Reply::ok("x"), Reply::ok("x")]).await;
    let limits = json!({"concurrency": 1, "rate": {"requests": 2, "per": "1h"}});
    let forwarder = with_target(json!({"limits": limits}), &upstream);
    let first = soon(forwarder.forward(get("/"))).await.unwrap();
    let refused = |error: ForwardError| match error {
        ForwardError::TooManyRequests { limit, .. } => limit,
        error => panic!("{error:?}"),
    };
    assert_eq!(refused(forwarder.forward(get("/")).await.unwrap_err()), Limit::Concurrency);
    body_of(first).await;
    body_of(soon(forwarder.forward(get("/"))).await.unwrap()).await;
    assert_eq!(refused(forwarder.forward(get("/")).await.unwrap_err()), Limit::Rate);
}

#[tokio::test]
async fn bodies_up_to_the_limit_are_changed() {
    let upstream = Upstream::start([Reply::ok("x"), Reply::ok("x")]).await;
    let target = json!({
        "transformers": {"request": [{"body": {"set": {"a": 1}}}]},
        "body_bytes_max": 1024,
    });
    let forwarder = with_target(target, &upstream);
    let large = format!("{{\"b\":\"{}\"}}", "x".repeat(1024));
    for body in ["{}", &large] {
        let request = Request::post("/").header("content-type", "application/json");
        soon(forwarder.forward(request.body(Body::from(body.to_owned())).unwrap())).await.unwrap();
    }
    let received = upstream.received();
    assert_eq!((&received[0].body[..], &received[1].body[..]), (&b"{\"a\":1}"[..], large.as_bytes()));
}

/// What is logged while the work runs on this thread.
async fn logged(work: impl Future) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    let lines = lines.0.lock().unwrap().clone();
    String::from_utf8(lines).unwrap()
}

#[tokio::test]
async fn the_log_shows_what_is_written_and_warns_of_the_targets_failures_only() {
    let upstream = Upstream::start([Reply::ok("four"), Reply::close()]).await;
    let settings = json!({
        "logging": {"log_request": false, "log_body": true, "body_bytes_max": 2, "redact": ["x-tenant"]},
        "retry": {"enabled": false},
        "targets": {"t": {"allow": ["GET /a"]}},
    });
    let forwarder = forwarder(settings, &upstream.url());
    let log = logged(async {
        let request = Request::get("/a").header("x-tenant", "secret-1").body(Body::empty()).unwrap();
        body_of(forwarder.forward(request).await.unwrap()).await;
        forwarder.forward(get("/b")).await.unwrap_err();
        forwarder.forward(get("/..")).await.unwrap_err();
    })
    .await;
    assert!(log.contains("a request ended") && log.contains("body=\"fo\""), "{log}");
    assert!(!log.contains("a request goes on") && !log.contains("secret-1"), "{log}");
    assert!(log.contains("error=\"not_allowed\"") && log.contains("error=\"unsafe_path\""), "{log}");
    assert!(!log.contains("WARN"), "{log}");
    let log = logged(async { forwarder.forward(get("/a")).await.unwrap_err() }).await;
    assert!(log.contains("WARN") && log.contains("error=\"interrupted\""), "{log}");
}
