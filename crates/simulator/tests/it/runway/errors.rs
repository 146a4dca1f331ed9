//! Refusals in Runway's shape, and what each request must bring.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{RateLimit, Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::json;

use super::{get, post, start, versioned, video};
use crate::support::{request, send, settings, simulator};

const FROM_IMAGE: &str = "image_to_video";

#[tokio::test]
async fn an_error_is_a_text_with_issues() {
    let answer = post(&simulator(), FROM_IMAGE, &video(json!({"promptImage": [{"uri": "a"}]}))).await;
    assert_eq!(answer.header("apigw-requestid").len(), 32);
    let message = "Invalid asset: expected an HTTPS URL, a Runway upload URI or a data URI";
    let expected = json!({
        "error": "Validation of body failed",
        "issues": [{"code": "custom", "message": message, "path": ["promptImage", 0, "uri"]}],
        "docUrl": "https://docs.dev.runwayml.com/api",
    });
    assert_eq!(answer.refusal(400), expected);
}

#[tokio::test]
async fn a_call_needs_a_right_key() {
    let keys = BTreeMap::from([(Vendor::Runway, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for (header, value, status) in [
        ("authorization", "Bearer mine", 200),
        ("authorization", "Bearer other", 401),
        ("authorization", "mine", 401),
        ("x-api-key", "mine", 401),
    ] {
        let request = Request::get("/runway/v1/organization").header("x-runway-version", "2024-11-06");
        let answer = send(&simulator, request.header(header, value).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{header}: {value}");
        if status == 401 {
            assert!(answer.refusal(401)["error"].is_string());
        }
    }
}

#[tokio::test]
async fn each_request_names_the_version() {
    let simulator = simulator();
    let id = start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    let task = format!("tasks/{id}");
    for (method, path, body) in [
        (Method::POST, FROM_IMAGE, video(json!({}))),
        (Method::POST, "uploads", json!({"filename": "a.png", "type": "ephemeral"})),
        (Method::POST, "organization/usage", json!({})),
        (Method::GET, "organization", json!({})),
        (Method::GET, task.as_str(), json!({})),
        (Method::DELETE, task.as_str(), json!({})),
    ] {
        for (version, message) in [
            (None, "The X-Runway-Version header is required. The current version is 2024-11-06."),
            (
                Some("2023-01-01"),
                "X-Runway-Version 2023-01-01 is not supported. The current version is 2024-11-06.",
            ),
        ] {
            let mut request = request(method.clone(), &format!("/runway/v1/{path}"));
            if let Some(version) = version {
                request = request.header("x-runway-version", version);
            }
            let answer = send(&simulator, request.body(body.to_string().into()).unwrap()).await;
            assert_eq!(answer.refusal(400), json!({"error": message}), "{method} {path}");
        }
        let request = versioned(method.clone(), path).body(body.to_string().into()).unwrap();
        assert!(send(&simulator, request).await.status.is_success(), "{method} {path}");
    }
}

#[tokio::test]
async fn each_status_is_a_text_too() {
    let simulator = simulator();
    for (status, message) in [
        (400, "Bad request"),
        (401, "The API key that was provided is not valid."),
        (404, "Could not find Task"),
        (429, "Too many requests. Please try again later."),
        (500, "Internal server error"),
        (502, "The service is overloaded. Please try again later."),
        (503, "The service is overloaded. Please try again later."),
        (504, "The service is overloaded. Please try again later."),
    ] {
        simulator.fault("POST /runway/*", &format!("status={status}; times=1")).unwrap();
        let answer = post(&simulator, FROM_IMAGE, &video(json!({}))).await;
        assert_eq!(answer.refusal(status), json!({"error": message}));
    }
    let fault = "status=429; code=limit; message=Your daily task limit has been reached.; retry-after=9";
    simulator.fault("POST /runway/*", fault).unwrap();
    let answer = post(&simulator, FROM_IMAGE, &video(json!({}))).await;
    let error = answer.refusal(429);
    assert_eq!(error["error"], "Your daily task limit has been reached.");
    assert_eq!(error["issues"][0]["code"], "limit");
    assert_eq!(answer.header("retry-after"), "9");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_told_to_wait() {
    let limit = RateLimit { requests: 1, per: Duration::from_secs(10) };
    let rate_limits = BTreeMap::from([(Vendor::Runway, Some(limit))]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..settings() });
    get(&simulator, "organization").await.json();
    let answer = get(&simulator, "organization").await;
    assert_eq!(answer.refusal(429), json!({"error": "Too many requests. Please try again later."}));
    assert_eq!(answer.header("retry-after"), "10");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = simulator();
    assert_eq!(post(&simulator, "generations", &json!({})).await.refusal(404), json!({"error": "Not found"}));
    // There is no list of tasks.
    get(&simulator, "tasks").await.refusal(404);
    assert_eq!(get(&simulator, FROM_IMAGE).await.refusal(405), json!({"error": "Method not allowed"}));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let simulator = simulator();
    for (body, status) in [(b"{".to_vec(), 400), (b"[]".to_vec(), 400), (vec![b' '; (64 << 20) + 1], 413)] {
        let request = versioned(Method::POST, FROM_IMAGE).body(body.into()).unwrap();
        assert!(send(&simulator, request).await.refusal(status)["error"].is_string());
    }
}
