//! Refusals in AIHubMix's shape.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_simulator::{RateLimit, Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{CHAT, chat, message};
use crate::support::{get, post, request, send, settings, simulator};

#[tokio::test]
async fn an_error_ends_with_the_id_that_it_is_traced_by() {
    let simulator = simulator();
    let mut traces = Vec::new();
    for _ in 0..2 {
        let error = post(&simulator, CHAT, &chat(json!({"model": "gpt-1"}))).await.refusal(503);
        assert_eq!(
            (&error["type"], &error["error"]["type"]),
            (&json!("error"), &json!("Aihubmix_api_error"))
        );
        assert_eq!(error["error"].get("code"), None);
        let (text, trace) = message(&error).split_once(" (tid: ").unwrap();
        assert!(text.starts_with("Incorrect model ID."), "{text}");
        let digits = trace.strip_suffix(')').unwrap();
        assert!(digits.len() == 19 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
        traces.push(digits.to_owned());
    }
    assert_ne!(traces[0], traces[1]);
}

#[tokio::test]
async fn the_key_comes_in_either_header() {
    let keys = BTreeMap::from([(Vendor::AiHubMix, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for (header, value, status, problem) in [
        ("authorization", "Bearer mine", 200, ""),
        ("x-api-key", "mine", 200, ""),
        ("authorization", "Bearer other", 401, "Invalid token"),
        ("x-api-key", "other", 401, "Invalid token"),
        ("authorization", "", 401, "no key provided"),
        ("app-code", "mine", 401, "no key provided"),
    ] {
        let request = Request::post(CHAT).header(header, value);
        let answer = send(&simulator, request.body(chat(json!({})).to_string().into()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{header}: {value}");
        if status != 200 {
            assert!(message(&answer.refusal(status)).starts_with(problem));
        }
    }
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn money_runs_out_on_demand() {
    let simulator = simulator();
    simulator.fault("POST /aihubmix/*", "status=403; skip=1").unwrap();
    post(&simulator, CHAT, &chat(json!({}))).await.json();
    let error = post(&simulator, CHAT, &chat(json!({}))).await.refusal(403);
    assert_eq!(error["error"]["code"], "insufficient_user_quota");
    assert!(message(&error).starts_with("Your account balance is insufficient."), "{error}");
    assert_eq!(simulator.counts().paid_tasks, 1);
}

#[tokio::test]
async fn a_503_says_whether_the_model_is_wrong_or_busy() {
    let simulator = simulator();
    let wrong = post(&simulator, CHAT, &chat(json!({"model": "gpt-1"}))).await.refusal(503);
    simulator.fault("POST /aihubmix/*", "status=503; times=1").unwrap();
    let busy = post(&simulator, CHAT, &chat(json!({}))).await.refusal(503);
    assert!(message(&wrong).contains("Incorrect model ID") && !message(&wrong).contains("rate limited"));
    assert!(message(&busy).contains("rate limited") && !message(&busy).contains("model ID"));
    post(&simulator, CHAT, &chat(json!({}))).await.json();
}

#[tokio::test]
async fn each_status_has_its_words() {
    let simulator = simulator();
    for (status, code, text) in [
        (401, Value::Null, "Invalid token"),
        (429, Value::Null, "The requested model Too many requests"),
        (500, json!("no_valid_channel_error"), "no_valid_channel_error"),
        (502, Value::Null, "Simulated answer with status 502."),
    ] {
        simulator.fault("POST /aihubmix/*", &format!("status={status}; times=1")).unwrap();
        let error = post(&simulator, CHAT, &chat(json!({}))).await.refusal(status);
        assert_eq!(error["error"]["code"], code);
        assert!(message(&error).starts_with(text), "{error}");
    }
    let fault = "status=403; code=channel_disabled; message=This channel is disabled; times=1";
    simulator.fault("POST /aihubmix/*", fault).unwrap();
    let error = post(&simulator, CHAT, &chat(json!({}))).await.refusal(403);
    assert_eq!(error["error"]["code"], "channel_disabled");
    assert!(message(&error).starts_with("This channel is disabled (tid: "), "{error}");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_refusal_before_a_stream_is_plain_json() {
    let simulator = simulator();
    let answer = post(&simulator, CHAT, &chat(json!({"model": "gpt-1", "stream": true}))).await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.refusal(503);
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_not_told_how_long_to_wait() {
    let limit = RateLimit { requests: 1, per: Duration::from_secs(10) };
    let rate_limits = BTreeMap::from([(Vendor::AiHubMix, Some(limit))]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..settings() });
    post(&simulator, CHAT, &chat(json!({}))).await.json();
    let answer = post(&simulator, CHAT, &chat(json!({}))).await;
    assert!(message(&answer.refusal(429)).contains("Too many requests"));
    assert_eq!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = simulator();
    for path in ["/aihubmix/v1/nothing", "/aihubmix/v1/models/gpt-4o", "/aihubmix/v1/videos/nothing"] {
        assert_eq!(get(&simulator, path).await.refusal(404)["error"]["type"], "Aihubmix_api_error");
    }
    get(&simulator, CHAT).await.refusal(405);
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_refused() {
    let simulator = simulator();
    for (body, status) in [(b"{".to_vec(), 400), (b"[]".to_vec(), 400), (vec![b' '; (64 << 20) + 1], 413)] {
        let request = request(Method::POST, CHAT).body(body.into()).unwrap();
        send(&simulator, request).await.refusal(status);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
