//! The settings: how they are written, their defaults and their bounds.

use std::time::Duration;

use fourfold_clients::http::{AddressPolicy, BaseHttpClient, ErrorKind, HttpSettings, RateLimitSettings};

#[test]
fn defaults_are_as_documented() {
    let settings: HttpSettings = serde_json::from_str("{}").unwrap();
    assert_eq!(settings, HttpSettings::default());
    let seconds = Duration::from_secs;
    let timeouts = settings.timeouts;
    assert_eq!(
        [timeouts.connect, timeouts.first_byte, timeouts.idle, timeouts.total],
        [5, 30, 30, 60].map(seconds)
    );
    assert_eq!([timeouts.stream.first_byte, timeouts.stream.idle], [60, 60].map(seconds));
    assert_eq!([settings.retry.base, settings.retry.ceiling, settings.retry.cap], [1, 30, 180].map(seconds));
    assert_eq!((settings.retry.retries_max, settings.retry.jitter), (3, 0.25));
    assert_eq!((settings.breaker.failures_max, settings.breaker.probes), (5, 3));
    assert_eq!((settings.breaker.open_for, settings.pool.idle_timeout), (seconds(60), seconds(20)));
    assert_eq!(settings.foreign_addresses, AddressPolicy::PublicOnly);
    assert_eq!(settings.user_agent, concat!("fourfold/", env!("CARGO_PKG_VERSION")));
}

#[test]
fn all_of_it_can_be_written_down_and_read_back() {
    let text = r#"{
        "timeouts": {"connect": "200ms", "first_byte": 2, "idle": 0.5, "total": "5m", "stream": {"idle": "1h"}},
        "retry": {"retries_max": 1, "base": "10ms", "jitter": 0},
        "breaker": {"failures_max": 0},
        "rate_limit": {"calls": 150, "per": "10s"},
        "cache": {"ttl": 0},
        "pool": {"http2": false},
        "tls": {"ca_files": ["/etc/ca.pem"]},
        "proxy": "http://proxy:3128",
        "foreign_addresses": "any",
        "answer_bytes_max": 1024
    }"#;
    let settings: HttpSettings = serde_json::from_str(text).unwrap();
    assert_eq!(settings.timeouts.connect, Duration::from_millis(200));
    assert_eq!(settings.timeouts.idle, Duration::from_millis(500));
    assert_eq!(settings.timeouts.stream.idle, Duration::from_secs(3600));
    assert_eq!(settings.rate_limit.unwrap().wait_max, Duration::from_secs(10));
    settings.validate().unwrap();
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(written["timeouts"]["connect"], "200ms");
    assert_eq!(serde_json::from_value::<HttpSettings>(written).unwrap(), settings);
}

#[test]
fn mistakes_name_the_place() {
    for (text, place) in [
        (r#"{"timeouts": {"conect": 1}}"#, "conect"),
        (r#"{"timeouts": {"connect": "soon"}}"#, "a duration such as"),
        (r#"{"timeouts": {"connect": -1}}"#, "negative"),
        (r#"{"proxy": "socks5://proxy"}"#, "http://host:port"),
        (r#"{"foreign_addresses": "private"}"#, "public_only"),
    ] {
        let error = serde_json::from_str::<HttpSettings>(text).unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
    }
    let change = |change: fn(&mut HttpSettings)| {
        let mut settings = HttpSettings::default();
        change(&mut settings);
        settings.validate().unwrap_err().to_string()
    };
    for (error, place) in [
        (change(|settings| settings.timeouts.connect = Duration::from_secs(601)), "timeouts.connect must"),
        (change(|settings| settings.retry.retries_max = 21), "retry.retries_max must"),
        (change(|settings| settings.retry.jitter = 1.5), "retry.jitter must"),
        (change(|settings| settings.retry.jitter = f64::NAN), "retry.jitter must"),
        (change(|settings| settings.breaker.probes = 0), "breaker.probes must"),
        (change(|settings| settings.answer_bytes_max = 1), "answer_bytes_max must"),
        (change(|settings| settings.event_bytes_max = 1), "event_bytes_max must"),
        (change(|settings| settings.rate_limit = Some(limit(0, 1))), "rate_limit.calls must"),
        (change(|settings| settings.rate_limit = Some(limit(1, 0))), "rate_limit.per must"),
        (change(|settings| settings.timeouts.total = Duration::MAX), "timeouts.total must"),
        (change(|settings| settings.breaker.open_for = Duration::MAX), "breaker.open_for must"),
        (change(|settings| settings.pool.idle_timeout = Duration::MAX), "pool.idle_timeout must"),
        (change(|settings| settings.cache.ttl = Duration::MAX), "cache.ttl must"),
        (change(|settings| settings.rate_limit = Some(limit(1, u64::MAX))), "rate_limit.per must"),
        (change(|settings| settings.user_agent = "a\nb".to_owned()), "user_agent must"),
    ] {
        assert!(error.starts_with(place), "{error}");
    }
}

#[test]
fn a_client_with_a_mistake_is_not_built() {
    let build = |base_url: &str| BaseHttpClient::builder(base_url).build();
    for wrong in [
        "vendor.test",
        "ftp://vendor.test",
        "https://user@vendor.test",
        "https://vendor.test/?key=1",
        "https://",
    ] {
        let error = build(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSettings, "{wrong}");
        assert!(
            std::error::Error::source(&error).unwrap().to_string().starts_with("the base URL"),
            "{wrong}"
        );
    }
    let mut settings = HttpSettings::default();
    settings.tls.ca_files = vec!["/nowhere/ca.pem".into()];
    let error = BaseHttpClient::builder("https://vendor.test").settings(settings).build().unwrap_err();
    assert!(
        std::error::Error::source(&error).unwrap().to_string().starts_with("tls.ca_files: /nowhere/ca.pem")
    );
}

fn limit(calls: u32, per_s: u64) -> RateLimitSettings {
    RateLimitSettings { calls, per: Duration::from_secs(per_s), wait_max: Duration::ZERO }
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_tells_names_forms_and_docs() {
    let schema = serde_json::to_value(schemars::schema_for!(HttpSettings)).unwrap();
    let timeouts = &schema["$defs"]["TimeoutSettings"]["properties"];
    assert_eq!(
        (&timeouts["connect"]["type"], &timeouts["connect"]["default"]),
        (&"string".into(), &"5s".into())
    );
    assert!(timeouts["connect"]["description"].as_str().unwrap().contains("Default 5 s"));
    assert_eq!(schema["properties"]["foreign_addresses"]["default"], "public_only");
}
