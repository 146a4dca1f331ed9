mod page;

use std::time::Duration;

use fourfold_clients::http::AuthScheme;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;
use crate::{CallContext, RequestDraft};

fn settings(written: Value) -> ForwardSettings {
    serde_json::from_value(written).unwrap()
}

fn with_target(target: Value) -> ForwardSettings {
    settings(json!({"targets": {"t": target}}))
}

fn resolved(settings: &ForwardSettings, name: &str) -> ResolvedTarget {
    settings.validate().unwrap();
    settings.targets[name].resolve(name, settings).unwrap()
}

/// The request as it goes to a target.
async fn sent(target: &ResolvedTarget, method: Method, path: &str, body: &str) -> RequestDraft {
    let call = CallContext {
        target: target.name.as_str().into(),
        request_id: "r".into(),
        method: method.clone(),
        path: path.into(),
        extensions: http::Extensions::new(),
    };
    let headers = [("user-agent", "caller"), ("authorization", "Bearer ff_1")]
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    let headers = HeaderMap::from_iter(headers);
    let body = Some(body.to_owned().into());
    let mut request = RequestDraft { method, path: path.to_owned(), query: None, headers, body };
    let mut transformers = target.request_transformers.clone();
    transformers.sort_by_key(|transformer| transformer.priority());
    for transformer in transformers {
        transformer.transform(&mut request, &call).await.unwrap();
    }
    request
}

fn bearer(target: &ResolvedTarget) -> &str {
    let AuthScheme::Bearer(key) = &target.auth else { panic!("{:?}", target.auth) };
    key.expose_secret()
}

fn header<'r>(request: &'r RequestDraft, name: &str) -> Option<&'r str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn what_is_not_written_has_the_documented_default() {
    let target = resolved(&with_target(json!({"base_url": "https://a.test"})), "t");
    let seconds = Duration::from_secs;
    let timeouts = crate::ForwardTimeouts {
        connect: seconds(5),
        request: seconds(30),
        idle: seconds(60),
        stream: Duration::ZERO,
    };
    assert_eq!(target.timeouts, timeouts);
    let retry = crate::ForwardRetry {
        attempts_max: 3,
        statuses: [429, 500, 502, 503, 504].map(|status| StatusCode::from_u16(status).unwrap()).to_vec(),
        base: seconds(1),
        multiplier: 2.0,
        ceiling: seconds(30),
        cap: seconds(180),
        unsafe_methods: false,
        replay_bytes_max: 65_536,
    };
    assert_eq!((target.retry, target.strategy), (retry, StrategyName::Exponential));
    assert_eq!(target.breaker, fourfold_clients::http::BreakerSettings::default());
    assert!(target.tls == crate::TlsSettings::default() && target.proxy.is_none());
    assert_eq!(target.health_check, None);
    assert_eq!(target.limits, crate::TargetLimits::default());
    assert_eq!((target.body_bytes_max, target.logging.body_bytes_max), (8 << 20, 0));
    assert!(target.logging.requests && target.logging.answers);
}

#[test]
fn a_target_beats_the_settings_of_all_field_by_field() {
    let settings = settings(json!({
        "defaults": {"timeout": "10s", "idle": "2m", "verify_ssl": false},
        "retry": {"max_attempts": 5, "base": "200ms"},
        "circuit_breaker": {"enabled": false, "failure_threshold": 7},
        "targets": {
            "plain": {"base_url": "https://a.test"},
            "own": {
                "base_url": "https://a.test",
                "timeouts": {"timeout": 90, "stream": "1h"},
                "retry": {"max_attempts": 2, "strategy": "status_code", "retry_on": [503], "unsafe_methods": true},
                "circuit_breaker": {"enabled": true, "half_open_requests": 1},
                "tls": {"verify_ssl": true},
            },
        },
    }));
    let (plain, own) = (resolved(&settings, "plain"), resolved(&settings, "own"));
    let seconds = Duration::from_secs;
    assert_eq!((plain.timeouts.request, own.timeouts.request), (seconds(10), seconds(90)));
    assert_eq!((plain.timeouts.idle, own.timeouts.idle), (seconds(120), seconds(120)));
    assert_eq!((plain.timeouts.stream, own.timeouts.stream), (seconds(0), seconds(3600)));
    assert_eq!((plain.retry.attempts_max, own.retry.attempts_max), (5, 2));
    assert_eq!((plain.strategy, own.strategy), (StrategyName::Exponential, StrategyName::StatusCode));
    assert_eq!(own.retry.statuses, [StatusCode::SERVICE_UNAVAILABLE]);
    assert_eq!((plain.retry.unsafe_methods, own.retry.unsafe_methods), (false, true));
    for target in [&plain, &own] {
        assert_eq!(target.retry.base, Duration::from_millis(200));
    }
    assert_eq!((plain.breaker.failures_max, own.breaker.failures_max), (0, 7));
    assert_eq!((plain.breaker.probes, own.breaker.probes), (3, 1));
    assert_eq!((plain.tls.verify, own.tls.verify), (false, true));
}

#[test]
fn retries_and_logs_can_be_turned_off_as_a_whole() {
    let settings = settings(json!({
        "retry": {"enabled": false, "max_attempts": 5},
        "logging": {"enabled": false, "log_body": true},
        "targets": {"t": {"base_url": "https://a.test"}},
    }));
    let target = resolved(&settings, "t");
    assert_eq!(target.retry.attempts_max, 1);
    let logging = target.logging;
    assert!(!logging.requests && !logging.answers && logging.body_bytes_max == 0);
}

#[test]
fn redacted_headers_are_beside_those_that_hold_keys() {
    let settings = settings(json!({
        "logging": {"log_body": true, "redact": ["X-Tenant"]},
        "targets": {"t": {"base_url": "https://a.test"}},
    }));
    let logging = resolved(&settings, "t").logging;
    assert!(
        ["x-tenant", "authorization", "set-cookie"]
            .iter()
            .all(|name| logging.hidden_headers.iter().any(|has| has == name))
    );
    assert_eq!(logging.body_bytes_max, 4096);
}

#[test]
fn a_target_allows_what_generates_unless_it_says_otherwise() {
    let allows = |allow: Value, method: Method, path: &str| {
        let target = match allow {
            Value::Null => json!({"base_url": "https://a.test"}),
            allow => json!({"base_url": "https://a.test", "allow": allow}),
        };
        resolved(&with_target(target), "t").allow.allows(&method, path)
    };
    let all = json!("all");
    for (allow, method, path, expected) in [
        (&Value::Null, Method::POST, "/v1/chat/completions", true),
        (&Value::Null, Method::POST, "/v1/responses", false),
        (&Value::Null, Method::GET, "/v1/models/gpt-5", true),
        (&Value::Null, Method::GET, "/v1/responses", false),
        (&Value::Null, Method::GET, "/v1/files", false),
        (&Value::Null, Method::DELETE, "/v1/models/gpt-5", false),
        (&Value::Null, Method::POST, "/chat/completions", false),
        (&all, Method::DELETE, "/v1/files/a", true),
        (&json!(["GET /v1/files/**"]), Method::GET, "/v1/files/a/content", true),
        (&json!(["GET /v1/files/**"]), Method::POST, "/v1/chat/completions", false),
        (&json!("GET /a, POST /b"), Method::POST, "/b", true),
        (&json!([]), Method::GET, "/v1/models", false),
    ] {
        assert_eq!(allows(allow.clone(), method.clone(), path), expected, "{allow} {method} {path}");
    }
}

#[tokio::test]
async fn a_targets_headers_and_transformers_work_together() {
    let settings = settings(json!({
        "targets": {"t": {
            "base_url": "https://a.test",
            "headers": {"X-Team": "search", "user-agent": "own"},
            "transformers": {"request": [
                {"body": {"set": {"store": false}}, "only_for": ["POST /v1/responses"]},
                {"path": {"strip_prefix": "/v1", "rewrite": [{"from": "/x/*", "to": "/y/{1}"}]}},
                {"header": {"replace": {"x-team": "late"}}, "priority": 150},
            ]},
        }},
    }));
    let target = resolved(&settings, "t");
    let request = sent(&target, Method::POST, "/v1/responses", "{\"a\": 1}").await;
    let body = request.body.as_deref();
    assert_eq!((request.path.as_str(), body), ("/responses", Some(&b"{\"a\": 1,\"store\":false}"[..])));
    let request = sent(&target, Method::POST, "/v1/x/1", "{}").await;
    assert_eq!((request.path.as_str(), request.body.as_deref()), ("/y/1", Some(&b"{}"[..])));
    for (name, value) in [("user-agent", "own"), ("x-team", "late")] {
        assert_eq!(header(&request, name), Some(value), "{name}");
    }
}

#[test]
fn a_target_without_transformers_has_none() {
    let target = with_target(json!({"base_url": "https://a.test", "auth": {"key": "sk-1"}}));
    let target = resolved(&target, "t");
    assert!(target.request_transformers.is_empty() && target.response_transformers.is_empty());
    assert_eq!(bearer(&target), "sk-1");
}

#[test]
fn a_targets_own_user_agent_beats_that_of_all() {
    let settings = settings(json!({
        "defaults": {"user_agent": "gateway"},
        "targets": {
            "own": {"base_url": "https://a.test", "headers": {"User-Agent": "own"}},
            "plain": {"base_url": "https://a.test"},
        },
    }));
    assert_eq!(resolved(&settings, "own").user_agent, None);
    assert_eq!(resolved(&settings, "plain").user_agent, Some(HeaderValue::from_static("gateway")));
}

#[test]
fn the_ready_target_takes_what_is_written_before_what_it_brings() {
    for (base_url, expected) in [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://api.openai.com/v1/", "https://api.openai.com"),
        ("http://127.0.0.1:9/openai", "http://127.0.0.1:9/openai"),
    ] {
        let mut settings = ForwardSettings::default();
        settings.add_openai(base_url, "sk-1".into());
        let target = resolved(&settings, "openai");
        assert_eq!(target.base_url, expected);
        assert_eq!(target.timeouts.request, Duration::from_secs(60));
        assert_eq!(bearer(&target), "sk-1");
    }
    let mut settings = settings(json!({"targets": {"openai": {
        "base_url": "https://own.test", "auth": {"key": "sk-own"}, "timeouts": {"timeout": "5s", "idle": "1s"},
    }}}));
    settings.add_openai("https://api.openai.com/v1", "sk-1".into());
    let target = resolved(&settings, "openai");
    assert_eq!(target.base_url, "https://own.test");
    assert_eq!(target.timeouts.request, Duration::from_secs(5));
    assert_eq!(bearer(&target), "sk-own");
    let mut settings = self::settings(json!({"targets": {"openai": {"base_url": "https://own.test"}}}));
    settings.add_openai("https://api.openai.com/v1", "sk-1".into());
    assert!(matches!(resolved(&settings, "openai").auth, AuthScheme::None), "the key is for OpenAI");
}

#[test]
fn the_ready_target_has_no_version_in_its_base_url() {
    let target = |more: Value| {
        let mut target = json!({"base_url": "http://own.test/v1/"});
        target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings(json!({"targets": {"openai": target}})).validate()
    };
    let error = target(json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "forward.targets.openai.base_url must be without the /v1, which the caller's path brings: write http://own.test"
    );
    // There its callers' is taken away.
    let strips = json!({"transformers": {"request": [{"path": {"strip_prefix": "/v1"}}]}});
    target(strips).unwrap();
    settings(json!({"targets": {"other": {"base_url": "http://own.test/v1"}}})).validate().unwrap();
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    let check = |written: &Value, expected: &str| {
        let error = settings(written.clone()).validate().unwrap_err();
        assert_eq!(error.to_string(), expected, "{written}");
    };
    for (written, expected) in [
        (json!({"defaults": {"timeout": "25h"}}), "defaults.timeout must be at most a day"),
        (
            json!({"defaults": {"connect_timeout": "11m"}}),
            "defaults.connect_timeout must be at most 10 minutes",
        ),
        (
            json!({"defaults": {"user_agent": "a\nb"}}),
            "defaults.user_agent must be text that a header can carry",
        ),
        (json!({"retry": {"max_attempts": 0}}), "retry.max_attempts must be from 1 to 20"),
        (json!({"retry": {"retry_on": [503, 200]}}), "retry.retry_on must be from 400 to 599"),
        (json!({"retry": {"multiplier": 0.5}}), "retry.multiplier must be from 1 to 10"),
        (
            json!({"circuit_breaker": {"failure_threshold": 0}}),
            "circuit_breaker.failure_threshold must be from 1 to 10000",
        ),
        (
            json!({"circuit_breaker": {"recovery_timeout": 0}}),
            "circuit_breaker.recovery_timeout must be more than zero",
        ),
        (json!({"logging": {"redact": ["a b"]}}), "logging.redact must be names of headers"),
        (
            json!({"targets": {"A": {"base_url": "https://a"}}}),
            "targets.A must be called by 1 to 64 characters of a-z 0-9 _ -",
        ),
    ] {
        check(&written, &format!("forward.{expected}"));
    }
    for (target, expected) in [
        (json!({}), "base_url must be given"),
        (
            json!({"base_url": "ftp://a"}),
            "base_url must be http:// or https:// with a host, without user, query, fragment, dot segments or //",
        ),
        (json!({"timeouts": {"idle": "25h"}}), "timeouts.idle must be at most a day"),
        (json!({"retry": {"base": "11m"}}), "retry.base must be at most 10 minutes"),
        (json!({"headers": {"Host": "b"}}), "headers.Host belongs to the connection, and can't be changed"),
        (
            json!({"headers": {"Authorization": "b"}}),
            "headers.Authorization carries a credential: write it as the target's auth",
        ),
        (json!({"auth": {"scheme": "bearer"}}), "auth.key must be given"),
        (json!({"auth": {"scheme": "query", "key": "k"}}), "auth.name must be given"),
        (json!({"auth": {"name": "x", "key": "k"}}), "auth.name is for the schemes header and query only"),
        (json!({"auth": {"key": "a\nb"}}), "auth.key must be text that a header can carry"),
        (
            json!({"allow": ["/v1"]}),
            "allow can't be: \"/v1\" must be METHOD /path, the method in capitals and no CONNECT or TRACE, with * for one whole segment and ** at the end for any rest",
        ),
        (json!({"limits": {"rate": {"requests": 0}}}), "limits.rate.requests must be from 1 to 1000000"),
        (json!({"health_check": {"path": "x"}}), "health_check.path must be a path such as /v1/models"),
        (json!({"health_check": {"timeout": 0}}), "health_check.timeout must be more than zero"),
        (json!({"body_bytes_max": 1}), "body_bytes_max must be from 1024 to 67108864"),
        (
            json!({"transformers": {"request": [{}]}}),
            "transformers.request[0] must have exactly one of path, header and body",
        ),
        (
            json!({"transformers": {"response": [{"header": {"remove": ["a"]}}, {"header": {}, "body": {}}]}}),
            "transformers.response[1] must have exactly one of header and body",
        ),
        (
            json!({"transformers": {"request": [{"path": {}}]}}),
            "transformers.request[0].path must have at least one of strip_prefix, rewrite and add_prefix",
        ),
        (
            json!({"transformers": {"request": [{"header": {}}]}}),
            "transformers.request[0].header must have at least one of remove, replace and add",
        ),
        (
            json!({"transformers": {"response": [{"body": {}}]}}),
            "transformers.response[0].body must have at least one of rename_model, set, default and drop",
        ),
        (
            json!({"transformers": {"request": [{"path": {"rewrite": [
                {"from": "/a", "to": "/b"}, {"from": "/a*", "to": "/b"},
            ]}}]}}),
            "transformers.request[0].path.rewrite[1].from can have stars only for whole segments",
        ),
        (json!({"auth": {"scheme": "none", "key": "k"}}), "auth.key is for another scheme than none"),
        (
            json!({"health_check": {"interval": "1s"}}),
            "health_check.path must be given: without it nothing is asked",
        ),
        (
            json!({"limits": {"rate": {"per": "2s"}}}),
            "limits.rate.requests must be given: without it nothing is limited",
        ),
        (
            json!({"transformers": {"request": [{"header": {"add": {"x-api-key": "k"}}}]}}),
            "transformers.request[0].header.add.x-api-key carries a credential: write it as the target's auth",
        ),
        (
            json!({"transformers": {"request": [{"path": {"strip_prefix": "x"}}]}}),
            "transformers.request[0].path.strip_prefix must be a path with a slash at its start, without query or dot segments",
        ),
        (
            json!({"transformers": {"response": [{"body": {"set": {"a": 1}, "drop": ["a.b"]}}]}}),
            "transformers.response[0].body.drop.a.b must be named once, and none in it or around it",
        ),
        (
            json!({"transformers": {"request": [{"body": {}, "only_for": ["x"]}]}}),
            "transformers.request[0].only_for can't be: \"x\" must be METHOD /path, the method in capitals and no CONNECT or TRACE, with * for one whole segment and ** at the end for any rest",
        ),
    ] {
        let mut target = target;
        if let Some(target) = target.as_object_mut().filter(|target| !target.is_empty()) {
            target.entry("base_url").or_insert(json!("https://a.test"));
        }
        check(&json!({"targets": {"t": target}}), &format!("forward.targets.t.{expected}"));
    }
}

#[test]
fn what_is_unknown_or_of_another_type_is_refused() {
    for written in [
        json!({"default": {}}),
        json!({"defaults": {"timeouts": "3s"}}),
        json!({"retry": {"strategy": "linear"}}),
        json!({"retry": {"base": "soon"}}),
        json!({"targets": {"t": {"baseurl": "https://a"}}}),
        json!({"targets": {"t": {"allow": true}}}),
        json!({"targets": {"t": {"auth": {"scheme": "basic"}}}}),
        json!({"targets": {"t": {"transformers": {"response": [{"path": {}}]}}}}),
        json!({"targets": {"t": {"proxy": "socks5://a"}}}),
    ] {
        assert!(serde_json::from_value::<ForwardSettings>(written.clone()).is_err(), "{written}");
    }
}

#[test]
fn printing_shows_no_secret() {
    let settings = with_target(json!({
        "base_url": "https://a.test",
        "headers": {"x-team": "sk-secret"},
        "auth": {"key": "sk-secret"},
        "proxy": "http://user:sk-secret@proxy:3128",
        "transformers": {"request": [{"header": {"add": {"x-b": "sk-secret"}}}]},
    }));
    let printed = format!("{settings:?} {:?}", resolved(&settings, "t"));
    assert!(!printed.contains("sk-secret"), "{printed}");
}
