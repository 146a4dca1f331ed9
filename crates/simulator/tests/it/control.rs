//! The controls over HTTP.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Account, Answer, Refuse, Simulator, SimulatorSettings, Timings, Vendor};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{delete, get, post, request, send, simulator};

const CHAT: &str = "/openai/v1/chat/completions";

fn chat() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
}

async fn patch(simulator: &Simulator, path: &str, body: &Value) -> StatusCode {
    send(simulator, request(Method::PATCH, path).body(body.to_string().into()).unwrap()).await.status
}

#[tokio::test]
async fn the_vendors_are_named() {
    let answer = get(&simulator(), "/_simulator").await.json();
    assert_eq!(answer["base_urls"]["openai"], "http://simulator.test/openai/v1");
    assert_eq!(answer["base_urls"]["aihubmix"], "http://simulator.test/aihubmix/v1");
}

#[tokio::test]
async fn faults_are_set_listed_and_cleared() {
    let simulator = simulator();
    let fault = json!({"requests": "POST /openai/*", "fault": "status=503"});
    let created = post(&simulator, "/_simulator/faults", &fault).await;
    assert_eq!((created.status, created.text()), (StatusCode::CREATED, r#"{"id":1}"#));
    post(&simulator, CHAT, &chat()).await.refusal(503);
    let listed = json!([{"id": 1, "requests": "POST /openai/*", "fault": "status=503", "matched": 1}]);
    assert_eq!(get(&simulator, "/_simulator/faults").await.json(), listed);
    assert_eq!(delete(&simulator, "/_simulator/faults/1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete(&simulator, "/_simulator/faults/1").await.status, StatusCode::NOT_FOUND);
    post(&simulator, CHAT, &chat()).await.json();
}

#[tokio::test]
async fn a_wrong_control_says_why() {
    let simulator = simulator();
    for (path, body, problem) in [
        ("faults", json!({"requests": "* *", "fault": "explode"}), "no fault called `explode`"),
        ("faults", json!({"fault": "lose"}), "missing field `requests`"),
        ("clock", json!({"advance": "soon"}), "no duration such as"),
        ("clock", json!({"advance": "999999999999999999s"}), "`advance` must be at most 10 years"),
        ("connections", json!({"refuse_for": "11years"}), "`refuse_for` must be at most 10 years"),
        ("connections", json!({"refuse": 1}), "unknown variant `refuse`"),
        ("answers", json!({"requests": "* *", "answers": [{"json": 1, "text": ""}]}), "one of `json`"),
    ] {
        let answer = post(&simulator, &format!("/_simulator/{path}"), &body).await;
        let error = answer.refusal(400)["error"].to_string();
        assert!(error.contains(problem), "{path}: {error}");
    }
}

#[tokio::test]
async fn scripted_answers_come_in_turn_and_then_the_vendors() {
    let simulator = simulator();
    let answers = json!([{"json": {"a": 1}}, {"status": 418, "text": "tea", "headers": {"x-pot": "blue"}}]);
    let script = json!({"requests": "POST /openai/v1/chat/*", "answers": answers});
    post(&simulator, "/_simulator/answers", &script).await;
    simulator.script("POST /openai/*", [Answer::events(["data: {}\n\n"])]).unwrap();
    assert_eq!(post(&simulator, CHAT, &chat()).await.json(), json!({"a": 1}));
    let second = post(&simulator, CHAT, &chat()).await;
    assert_eq!((second.status.as_u16(), second.text(), second.header("x-pot")), (418, "tea", "blue"));
    assert_eq!(post(&simulator, CHAT, &chat()).await.events(), ["{}"]);
    assert_eq!(post(&simulator, CHAT, &chat()).await.json()["object"], "chat.completion");
    // The second answer was none that a vendor charges for.
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn timings_and_limits_change_while_it_runs() {
    let simulator = simulator();
    assert_eq!(
        patch(&simulator, "/_simulator/timings", &json!({"pace": "20ms"})).await,
        StatusCode::NO_CONTENT
    );
    let timings = get(&simulator, "/_simulator/timings").await.json();
    assert_eq!((&timings["pace"], &timings["links_work"]), (&json!("20ms"), &json!("1h")));
    assert_eq!(
        patch(&simulator, "/_simulator/timings", &json!({"pase": "1s"})).await,
        StatusCode::BAD_REQUEST
    );

    let limit = json!({"openai": {"requests": 1, "per": "10s"}});
    patch(&simulator, "/_simulator/rate-limits", &limit).await;
    post(&simulator, CHAT, &chat()).await.json();
    let limited = post(&simulator, CHAT, &chat()).await;
    assert_eq!(limited.refusal(429)["error"]["code"], "rate_limit_exceeded");
    assert_eq!(limited.header("retry-after"), "10");
    post(&simulator, "/_simulator/clock", &json!({"advance": "10s"})).await;
    post(&simulator, CHAT, &chat()).await.json();
    patch(&simulator, "/_simulator/rate-limits", &json!({"openai": null})).await;
    post(&simulator, CHAT, &chat()).await.json();
}

#[tokio::test]
async fn times_over_ten_years_are_refused_and_change_nothing() {
    let simulator = simulator();
    for field in ["answer", "pace", "task_queued", "task_running", "results_kept", "links_work"] {
        let change = json!({field: "11years"});
        assert_eq!(
            patch(&simulator, "/_simulator/timings", &change).await,
            StatusCode::BAD_REQUEST,
            "{field}"
        );
    }
    assert_eq!(get(&simulator, "/_simulator/timings").await.json()["links_work"], "1h");
    for (advance, status) in [("6years", 204), ("6years", 400), ("4years", 204), ("1s", 400)] {
        let answer = post(&simulator, "/_simulator/clock", &json!({"advance": advance})).await;
        assert_eq!(answer.status.as_u16(), status, "{advance}");
    }
}

#[tokio::test]
async fn the_longest_times_of_all_leave_the_vendors_answering() {
    let simulator = simulator();
    let timings = Timings {
        pace: Duration::MAX,
        task_queued: Duration::MAX,
        task_running: Duration::MAX,
        results_kept: Duration::MAX,
        links_work: Duration::MAX,
        ..Timings::default()
    };
    simulator.set_timings(timings.clone());
    let video = json!({"prompt": "a fox"});
    let id = post(&simulator, "/openai/v1/videos", &video).await.json()["id"].clone();
    for advance in [Duration::MAX, Duration::MAX] {
        simulator.advance(advance);
        let path = format!("/openai/v1/videos/{}", id.as_str().unwrap());
        assert_eq!(get(&simulator, &path).await.json()["id"], id);
    }
    simulator.refuse_connections(Refuse::For(Duration::MAX));
    simulator.reset();
    post(&simulator, CHAT, &chat()).await.json();

    let settings = SimulatorSettings { timings, ..SimulatorSettings::default() };
    let simulator = Simulator::start(settings);
    assert_eq!(post(&simulator, "/openai/v1/videos", &video).await.json()["status"], "queued");
}

#[tokio::test]
async fn only_the_keys_that_were_named_are_right_until_any_is_or_a_reset() {
    let simulator = simulator();
    let keys = |keys: Value| json!({"openai": keys});
    for (change, status) in [(json!(["right"]), 401), (Value::Null, 200), (json!(["mine", "right"]), 200)] {
        let done = patch(&simulator, "/_simulator/keys", &keys(change)).await;
        assert_eq!(done, StatusCode::NO_CONTENT);
        assert_eq!(post(&simulator, CHAT, &chat()).await.status.as_u16(), status);
    }
    simulator.set_keys(Vendor::OpenAi, Some(vec!["right".into()]));
    post(&simulator, CHAT, &chat()).await.refusal(401);
    simulator.reset();
    post(&simulator, CHAT, &chat()).await.json();
}

#[tokio::test]
async fn an_account_is_what_was_said_until_a_reset() {
    let simulator = simulator();
    let account = Account { credits: 7, generations_at_once: 1, generations_daily: 1 };
    let credits = async || {
        let asked = request(Method::GET, "/runway/v1/organization").header("x-runway-version", "2024-11-06");
        send(&simulator, asked.body(Body::empty()).unwrap()).await.json()["creditBalance"].clone()
    };
    let change = json!({"runway": {"credits": 50, "generations_at_once": 2, "generations_daily": 100}});
    assert_eq!(patch(&simulator, "/_simulator/accounts", &change).await, StatusCode::NO_CONTENT);
    assert_eq!(credits().await, 50);
    simulator.set_account(Vendor::Runway, Some(account));
    assert_eq!(credits().await, 7);
    patch(&simulator, "/_simulator/accounts", &json!({"runway": null})).await;
    assert_eq!(credits().await, 10_000_000);
    simulator.set_account(Vendor::Runway, Some(account));
    simulator.reset();
    assert_eq!(credits().await, 10_000_000);
    let partial = json!({"runway": {"credits": 50}});
    assert_eq!(patch(&simulator, "/_simulator/accounts", &partial).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_was_received_and_paid_is_listed() {
    let simulator = simulator();
    let id = post(&simulator, CHAT, &chat()).await.json()["id"].clone();
    let received = get(&simulator, "/_simulator/received").await.json();
    let received = &received[0];
    assert_eq!(received["vendor"], "openai");
    assert_eq!((&received["method"], &received["path"]), (&json!("POST"), &json!("/v1/chat/completions")));
    assert_eq!(received["body"], chat().to_string());
    assert_eq!((&received["status"], &received["closed_by_client_at"]), (&json!(200), &Value::Null));
    assert!(received["headers"].as_array().unwrap().contains(&json!(["authorization", "Bearer mine"])));
    let paid = json!([{"vendor": "openai", "task_id": id, "credential": "mine",
        "route": "POST /v1/chat/completions", "request": 1, "accepted_at": 1_790_000_000}]);
    assert_eq!(get(&simulator, "/_simulator/paid").await.json(), paid);
    let counts = get(&simulator, "/_simulator/counts").await.json();
    assert_eq!((&counts["requests"], &counts["paid_tasks"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn after_a_reset_the_same_request_gets_the_same_answer() {
    let simulator = simulator();
    let first = post(&simulator, CHAT, &chat()).await;
    simulator.fault("* *", "status=500").unwrap();
    assert_eq!(post(&simulator, "/_simulator/reset", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(simulator.counts().requests, 0);
    let again = post(&simulator, CHAT, &chat()).await;
    assert_eq!((again.json(), &again.headers), (first.json(), &first.headers));
}
