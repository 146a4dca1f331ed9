//! The proxy at the surface: over a real forwarder, to a server that answers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use fourfold_api::{ForwardAccess, ForwardTarget, ForwardTargets};
use fourfold_forward::{Allow, AuthScheme, ForwardRetry, Forwarder, Target};
use fourfold_service::Spawner;
use fourfold_service::keys::{KeyKind, Scope, Scopes};
use fourfold_service::limits::{LimitSettings, Limits};
use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::support::{Ask, House, Plan, new_key};

/// A server that remembers what it was asked, and answers as it was told to.
#[derive(Clone, Default)]
struct Upstream {
    asked: Arc<Mutex<Vec<(Method, String, HeaderMap)>>>,
}

impl Upstream {
    /// Starts it; its base URL.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, spawner) = (self.clone(), Spawner::new(Handle::current()));
        let router = Router::new().fallback(move |request: Request| async move { upstream.answer(request) });
        let (settings, serving) = (fourfold_api::ServerSettings::default(), spawner.clone());
        spawner.start(async move { fourfold_api::serve(listener, router, &settings, &serving).await });
        format!("http://{address}")
    }

    fn answer(&self, request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let answer = Response::builder()
            .status(if head.uri.path().ends_with("/teapot") { 418 } else { 200 })
            .header("x-theirs", "1")
            .header("x-request-id", "theirs")
            .header("fourfold-error", "1")
            .header("access-control-allow-origin", "https://theirs.test")
            .header("x-ratelimit-limit-requests", "7");
        self.asked.lock().unwrap().push((head.method, head.uri.to_string(), head.headers));
        answer.body(body).unwrap()
    }

    fn asked(&self) -> Vec<(Method, String, HeaderMap)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn last(&self) -> (Method, String, HeaderMap) {
        self.asked().pop().unwrap()
    }
}

/// The house with the target `t`.
struct Proxy {
    house: House,
    upstream: Upstream,
    router: Router,
}

impl Proxy {
    async fn new() -> Self {
        Self::with(House::new().await, all(), Allow::everything()).await
    }

    async fn with(house: House, access: ForwardAccess, allow: Allow) -> Self {
        let upstream = Upstream::default();
        let target = Target::new("t", &format!("{}/base", upstream.start().await)).unwrap();
        let target = target.auth(AuthScheme::Bearer("vendor-key".into())).allow(allow);
        let forwarder = Forwarder::builder(target).retry(ForwardRetry::never()).build().unwrap();
        let targets = ForwardTargets::default();
        let target = Arc::new(ForwardTarget { forwarder, access });
        targets.replace(BTreeMap::from([("t".to_owned(), target)]));
        let router = house.router_over(|services| services.targets = targets);
        Self { house, upstream, router }
    }

    fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        self.house.ask(method.parse().unwrap(), path).of(self.router.clone())
    }
}

fn all() -> ForwardAccess {
    ForwardAccess { kinds: vec![KeyKind::Admin, KeyKind::Service, KeyKind::User], keys: Vec::new() }
}

#[tokio::test]
async fn every_method_goes_on_with_the_path_byte_for_byte() {
    let proxy = Proxy::new().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"] {
        let path = "/a%20b/c;d=1:2@e/%C3%A9?q=%2f&q&r=a+b";
        let answer = proxy.ask(method, &format!("/forward/t{path}")).by_admin().answer().await;
        assert_eq!(answer.status, 200, "{method}: {}", answer.text());
        let (asked, target, _) = proxy.upstream.last();
        assert_eq!((asked.as_str(), target.as_str()), (method, &*format!("/base{path}")));
    }
    let answer = proxy.ask("GET", "/forward/t/").by_admin().answer().await;
    assert_eq!((answer.status, proxy.upstream.last().1), (200, "/base/".to_owned()));
}

#[tokio::test]
async fn who_calls_stays_here_and_the_targets_credential_goes_out() {
    let proxy = Proxy::new().await;
    let ask =
        proxy.ask("POST", "/forward/t/x").by("u1").header("x-own", "kept").header("traceparent", "00-1");
    let answer = ask.header("x-request-id", "mine").body("four").answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "four"));
    let (_, _, headers) = proxy.upstream.last();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("authorization"), Some("Bearer vendor-key"));
    assert_eq!((header("fourfold-user"), header("x-api-key")), (None, None));
    assert_eq!((header("x-own"), header("traceparent")), (Some("kept"), Some("00-1")));
    assert_eq!((header("x-request-id"), answer.header("x-request-id")), (Some("mine"), Some("mine")));
}

#[tokio::test]
async fn who_cannot_change_the_protocol_asks_as_if_he_did_not_want_to() {
    let proxy = Proxy::new().await;
    // As a request of HTTP/1.0, this has no connection to take over.
    let ask = proxy.ask("GET", "/forward/t/x").by_admin().header("connection", "upgrade");
    assert_eq!(ask.header("upgrade", "websocket").answer().await.status, 200);
    let (_, _, headers) = proxy.upstream.last();
    assert!(!headers.contains_key("upgrade"), "{headers:?}");
}

#[tokio::test]
async fn an_answer_is_the_targets_whatever_its_status() {
    let proxy = Proxy::new().await;
    let answer = proxy.ask("POST", "/forward/t/teapot").by_admin().body("as it is").response().await;
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    let headers = answer.headers();
    assert_eq!(headers["x-theirs"], "1");
    assert!(!headers.contains_key("fourfold-error") && !headers.contains_key("x-should-retry"));
    assert_eq!(headers["access-control-allow-origin"], "https://theirs.test");
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    assert_eq!(&body[..], b"as it is");
}

#[tokio::test]
async fn errors_of_ours_say_that_they_are() {
    let proxy = Proxy::with(House::new().await, all(), Allow::only(["GET /a"]).unwrap()).await;
    for (path, status, code) in [
        ("/forward/none/a", 404, "not_found"),
        ("/forward/t/b", 403, "not_allowed"),
        ("/forward/t/../a", 400, "unsafe_path"),
        ("/forward/t//a", 400, "unsafe_path"),
        ("/forward/t/%2e%2e/a", 400, "unsafe_path"),
        ("/forward/t/a%2fb", 400, "unsafe_path"),
    ] {
        let answer = proxy.ask("GET", path).by_admin().check(status, code, None).await;
        assert_eq!(answer.header("fourfold-error"), Some("1"), "{path}");
    }
    let answer = proxy.ask("GET", "/forward/t/a").check(401, "invalid_api_key", None).await;
    assert_eq!(answer.header("fourfold-error"), Some("1"));
    assert!(proxy.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_target_that_is_gone_is_a_bad_gateway_that_may_be_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let target = Target::new("t", &url).unwrap().allow(Allow::everything());
    let forwarder = Forwarder::builder(target).retry(ForwardRetry::never()).build().unwrap();
    let target = Arc::new(ForwardTarget { forwarder, access: all() });
    let house = House::new().await;
    let router = house.router_over(|services| {
        services.targets.replace(BTreeMap::from([("t".to_owned(), target)]));
    });
    let answer =
        house.post("/forward/t/x", json!({})).of(router).by_admin().check(502, "unreachable", None).await;
    assert_eq!(answer.header("x-should-retry"), Some("true"));
}

#[tokio::test]
async fn only_the_kinds_of_callers_that_are_written_may_use_a_target() {
    let access = ForwardAccess { kinds: vec![KeyKind::Admin, KeyKind::Service], keys: Vec::new() };
    let proxy = Proxy::with(House::new().await, access, Allow::everything()).await;
    for (kind, status) in [(KeyKind::Admin, 200), (KeyKind::Service, 200), (KeyKind::User, 403)] {
        let answer = proxy.ask("GET", "/forward/t/x").by_kind(kind, "u1").await.answer().await;
        assert_eq!(answer.status, status, "{kind:?}");
        if status == 403 {
            assert_eq!(answer.code().as_deref(), Some("target_not_allowed"));
            assert!(answer.message().contains("admin or service"), "{}", answer.message());
        }
    }
    // Nobody has to be named who pays for nothing.
    let service = proxy.house.service.clone();
    assert_eq!(proxy.ask("GET", "/forward/t/x").key(&service).answer().await.status, 200);
}

#[tokio::test]
async fn where_keys_are_named_only_those_may_use_a_target() {
    let house = House::new().await;
    let named =
        fourfold_service::keys::NewKey { name: Some("proxy".to_owned()), ..new_key(KeyKind::Service, None) };
    let (named, other) = (house.key_like(named).await, house.key(KeyKind::Service, None).await);
    let access = ForwardAccess { kinds: vec![KeyKind::Service], keys: vec!["proxy".to_owned()] };
    let proxy = Proxy::with(house, access, Allow::everything()).await;
    assert_eq!(proxy.ask("GET", "/forward/t/x").key(&named).answer().await.status, 200);
    proxy.ask("GET", "/forward/t/x").key(&other).check(403, "target_not_allowed", None).await;
}

#[tokio::test]
async fn a_key_with_scopes_needs_that_of_the_proxy() {
    let proxy = Proxy::new().await;
    for (scope, status) in [(Scope::Forward, 200), (Scope::Chat, 403)] {
        let key = fourfold_service::keys::NewKey {
            scopes: Scopes::of(&[scope]),
            ..new_key(KeyKind::Service, None)
        };
        let key = proxy.house.key_like(key).await;
        assert_eq!(proxy.ask("GET", "/forward/t/x").key(&key).answer().await.status, status, "{scope:?}");
    }
}

#[tokio::test]
async fn the_callers_own_limits_hold_and_the_targets_words_about_its_limits_stay() {
    let account = Limits { requests_per_minute: Some(2), ..Limits::default() };
    let plan =
        Plan { caller_limits: LimitSettings { account, ..LimitSettings::default() }, ..Plan::default() };
    let proxy = Proxy::with(House::with(plan).await, all(), Allow::everything()).await;
    for _ in 0..2 {
        let answer = proxy.ask("GET", "/forward/t/x").by("u1").answer().await;
        assert_eq!((answer.status, answer.header("x-ratelimit-limit-requests")), (200, Some("7")));
    }
    proxy.ask("GET", "/forward/t/x").by("u1").check(429, "rate_limit_exceeded", None).await;
    assert_eq!(proxy.ask("GET", "/forward/t/x").by("u2").answer().await.status, 200);
}

#[tokio::test]
async fn a_browser_is_told_our_word_and_its_leave_is_ours_to_give() {
    let proxy = Proxy::new().await;
    let page = "https://app.example.com";
    let answer = proxy.ask("GET", "/forward/t/x").by_admin().header("origin", page).answer().await;
    let told: Vec<_> = answer.headers.get_all("access-control-allow-origin").iter().collect();
    assert_eq!((answer.status, told.len(), told[0].to_str().unwrap()), (200, 1, "*"));
    proxy.upstream.asked();
    let leave = proxy.ask("OPTIONS", "/forward/t/x").header("origin", page);
    let leave = leave.header("access-control-request-method", "POST").answer().await;
    assert_eq!((leave.status, leave.header("access-control-allow-origin")), (200, Some("*")));
    assert!(proxy.upstream.asked().is_empty(), "it isn't the target's to give");
}

#[tokio::test]
async fn an_admin_sees_how_the_targets_stand_and_no_secret() {
    let proxy = Proxy::with(House::new().await, all(), Allow::only(["GET /a/*"]).unwrap()).await;
    let listed = proxy.ask("GET", "/api/v1/admin/forward").by_admin().ok(200).await;
    let target = &listed["data"][0];
    assert!(target["base_url"].as_str().unwrap().ends_with("/base"));
    assert_eq!((&target["id"], &target["circuit"]), (&json!("t"), &json!("closed")));
    assert_eq!((&target["is_healthy"], &target["allow"]), (&json!(true), &json!(["GET /a/*"])));
    assert_eq!(target["access"], json!(["admin", "service", "user"]));
    assert!(!listed.to_string().contains("vendor-key"));
    let listed = Proxy::new().await.ask("GET", "/api/v1/admin/forward").by_admin().ok(200).await;
    assert_eq!(listed["data"][0]["allow"], json!("all"));
}
