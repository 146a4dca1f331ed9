//! What web pages of other origins may do.

use fourfold_api::{CorsSettings, ServerSettings};
use http::Method;

use crate::support::rules::operations;
use crate::support::{House, Plan};

const PAGE: &str = "https://app.example.com";

/// Fails unless a page of `origin` is told `allowed`, when it asks and when it asks first.
async fn check(listen: &str, origins: Option<&[&str]>, origin: &str, allowed: Option<&str>) {
    let origins = origins.map(|origins| origins.iter().map(|&origin| origin.to_owned()).collect());
    let listen = listen.parse().unwrap();
    let settings = ServerSettings { listen, cors: CorsSettings { origins }, ..ServerSettings::default() };
    let house = House::with(Plan { settings, ..Plan::default() }).await;
    let case = format!("{listen} {origin}");

    let answer = house.get("/api/v1/credits").by("u1").header("origin", origin).answer().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), allowed, "{case}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{case}");

    let first = house
        .ask(Method::OPTIONS, "/api/v1/jobs")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,fourfold-user");
    let answer = first.answer().await;
    assert_eq!(answer.header("access-control-allow-origin"), allowed, "{case}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{case}");
    if allowed.is_some() {
        // Browsers take no `*` for `Authorization`.
        let headers = answer.header("access-control-allow-headers").unwrap();
        assert!(headers.contains("authorization") && headers.contains("fourfold-user"), "{headers}");
        assert!(answer.header("access-control-allow-methods").unwrap().contains("DELETE"));
    }
}

#[tokio::test]
async fn on_loopback_any_page_may_ask_without_credentials() {
    check("127.0.0.1:8080", None, PAGE, Some("*")).await;
    check("[::1]:8080", None, PAGE, Some("*")).await;
}

#[tokio::test]
async fn elsewhere_no_page_may() {
    check("0.0.0.0:8000", None, PAGE, None).await;
    check("192.0.2.1:8000", None, PAGE, None).await;
    check("127.0.0.1:8080", Some(&[]), PAGE, None).await;
}

#[tokio::test]
async fn where_origins_are_named_those_may() {
    let origins: &[&str] = &[PAGE, "http://localhost:3000"];
    for listen in ["127.0.0.1:8080", "0.0.0.0:8000"] {
        check(listen, Some(origins), PAGE, Some(PAGE)).await;
        check(listen, Some(origins), "http://localhost:3000", Some("http://localhost:3000")).await;
        check(listen, Some(origins), "https://evil.example.com", None).await;
        check(listen, Some(origins), "null", None).await;
    }
}

#[tokio::test]
async fn a_page_can_read_errors_and_what_they_say_of_another_try() {
    let house = House::new().await;
    let answer =
        house.get("/api/v1/credits").header("origin", PAGE).check(401, "invalid_api_key", None).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["etag", "content-range", "retry-after", "x-request-id", "x-should-retry"] {
        assert!(exposed.contains(name), "{name}: {exposed}");
    }
}

/// What OpenAI's and Anthropic's clients send from a page, besides our own.
const SENT: [&str; 20] = [
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "anthropic-version",
    "authorization",
    "cache-control",
    "content-type",
    "fourfold-user",
    "idempotency-key",
    "last-event-id",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "prefer",
    "range",
    "x-api-key",
    "x-request-id",
    "x-stainless-lang",
    "x-stainless-os",
    "x-stainless-retry-count",
    "x-stainless-timeout",
];

#[tokio::test]
async fn a_page_gets_its_leave_for_every_route_and_header() {
    let house = House::new().await;
    for operation in operations() {
        let method = operation.method.as_str();
        let first = house
            .ask(Method::OPTIONS, operation.path)
            .header("origin", PAGE)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", SENT.join(","));
        let answer = first.answer().await;
        let asked = format!("{method} {}", operation.path);
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (200, Some("*")),
            "{asked}"
        );
        let methods = answer.header("access-control-allow-methods").unwrap();
        assert!(methods.split(',').any(|known| known == method), "{asked}: {methods}");
        let headers: Vec<_> = answer.header("access-control-allow-headers").unwrap().split(',').collect();
        assert!(SENT.iter().all(|sent| headers.contains(sent)), "{asked}: {headers:?}");
        assert_eq!(answer.header("access-control-max-age"), Some("600"), "{asked}");
        assert!(answer.text().is_empty(), "{asked}");
    }
}

#[tokio::test]
async fn what_depends_on_the_origin_is_not_kept_for_another() {
    let origins = vec![PAGE.to_owned(), "http://localhost:3000".to_owned()];
    let settings =
        ServerSettings { cors: CorsSettings { origins: Some(origins) }, ..ServerSettings::default() };
    let house = House::with(Plan { settings, ..Plan::default() }).await;
    let answer = house.get("/api/v1/credits").by("u1").header("origin", PAGE).answer().await;
    assert!(answer.header("vary").unwrap().contains("origin"), "{:?}", answer.headers);
}
