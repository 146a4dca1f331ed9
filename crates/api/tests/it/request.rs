//! What each request gets: its id and its metrics.

use http::Method;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::support::House;

async fn request_id(given: Option<&str>) -> String {
    let house = House::new().await;
    let ask = house.get("/health/live");
    let ask = match given {
        Some(given) => ask.header("x-request-id", given),
        None => ask,
    };
    ask.answer().await.header("x-request-id").unwrap().to_owned()
}

#[tokio::test]
async fn a_fit_id_is_kept() {
    for fit in ["1", "abc-DEF_1.2", &"x".repeat(64)] {
        assert_eq!(request_id(Some(fit)).await, fit);
    }
}

#[tokio::test]
async fn a_request_without_a_fit_id_gets_one() {
    for unfit in [None, Some(""), Some("a b"), Some("a/b"), Some("ü"), Some("a\tb"), Some(&*"x".repeat(65))]
    {
        let id: uuid::Uuid = request_id(unfit).await.parse().unwrap();
        assert_eq!(id.get_version_num(), 7, "{unfit:?}");
    }
}

#[tokio::test]
async fn an_error_names_its_request() {
    let house = House::new().await;
    let answer = house.get("/nothing").header("x-request-id", "mine").check(404, "not_found", None).await;
    assert_eq!(answer.json()["request_id"], "mine");
    assert_eq!(answer.header("x-request-id"), Some("mine"));
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status_and_never_by_a_callers_text() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    let house = House::new().await;
    let id = house.submit("u1").await;
    for _ in 0..2 {
        house.get(&format!("/api/v1/jobs/{id}")).by("u1").answer().await;
    }
    house.get(&format!("/api/v1/jobs/{id}")).answer().await;
    house.head(&format!("/api/v1/jobs/{id}")).by("u1").answer().await;
    house.get("/secret").answer().await;
    house.ask(Method::from_bytes(b"SECRET").unwrap(), "/api/v1/jobs").answer().await;
    house.get("/docs/").answer().await;
    let rendered = handle.render();
    let mut counted: Vec<_> = rendered
        .lines()
        .filter_map(|line| line.strip_prefix("fourfold_http_requests_total"))
        .map(str::to_owned)
        .collect();
    counted.sort_unstable();
    let line = |route: &str, method: &str, status: u16, count: u64| {
        format!("{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}")
    };
    let mut expected = vec![
        line("/api/v1/jobs", "POST", 202, 1),
        line("/api/v1/jobs", "other", 405, 1),
        line("/api/v1/jobs/{id}", "GET", 200, 2),
        line("/api/v1/jobs/{id}", "GET", 401, 1),
        line("/api/v1/jobs/{id}", "HEAD", 200, 1),
        line("/docs/", "GET", 200, 1),
        line("unmatched", "GET", 404, 1),
    ];
    expected.sort_unstable();
    assert_eq!(counted, expected);
    assert!(!rendered.to_lowercase().contains("secret"));
}
