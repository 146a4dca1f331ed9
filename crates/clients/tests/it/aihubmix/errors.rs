//! What the vendor's error answers mean.

use std::collections::BTreeMap;

use fourfold_clients::aihubmix::{AihubmixApi, AihubmixFailures};
use fourfold_clients::http::{
    AuthScheme, ClientError, Effect, ErrorKind, FailedAnswer, Failure, FailureReader,
};
use fourfold_clients::openai::EmbeddingRequest;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::support::{client, simulated};

const NOT: Effect = Effect::NotStarted;
const MAY: Effect = Effect::MayHaveStarted;

fn read(status: u16, body: &str) -> Failure {
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("header-1"));
    let status = StatusCode::from_u16(status).unwrap();
    AihubmixFailures.read(&FailedAnswer { status, headers: &headers, body: body.as_bytes() })
}

#[test]
fn errors_follow_the_vendors_table() {
    let empty = "Your account balance is insufficient. Please recharge your account.";
    let table = [
        (400, Some("size_not_supported"), "No such size", Some("size_not_supported"), false, NOT),
        (400, None, empty, Some("insufficient_user_quota"), false, NOT),
        (401, None, "no key provided", None, false, NOT),
        (403, Some("insufficient_user_quota"), "No money", Some("insufficient_user_quota"), false, NOT),
        (403, None, empty, Some("insufficient_user_quota"), false, NOT),
        (403, Some("channel_disabled"), "This channel is disabled", Some("channel_disabled"), false, NOT),
        (404, None, "task video_1 not found", None, false, NOT),
        (429, None, "The gpt-5 model Too many requests", None, true, NOT),
        (500, Some("no_valid_channel_error"), "None", Some("no_valid_channel_error"), true, NOT),
        (500, None, "no_valid_channel_error", Some("no_valid_channel_error"), true, NOT),
        (500, None, "upstream error", None, true, MAY),
        (502, None, "bad gateway", None, true, MAY),
        (503, None, "Incorrect model ID. Please request to view the model page", None, false, NOT),
        (503, None, "You do not have permission to use this model", None, false, NOT),
        (503, None, "No available channel for model x under group default", None, false, NOT),
        (503, None, "The provider of this model is rate limited, try again later", None, true, NOT),
        (503, None, "Too many requests: you do not have permission for more", None, true, NOT),
        (503, Some("slow_down"), "Wait", Some("slow_down"), true, NOT),
        (503, None, "Something else", None, true, MAY),
        (504, None, "timed out", None, true, MAY),
    ];
    for (status, said, message, code, is_retryable, effect) in table {
        let mut error = json!({"message": format!("{message} (tid: 2026112100000000001)")});
        error["type"] = json!("Aihubmix_api_error");
        if let Some(said) = said {
            error["code"] = json!(said);
        }
        let failure = read(status, &json!({"error": error, "type": "error"}).to_string());
        assert_eq!(
            (failure.code.as_deref(), failure.is_retryable),
            (code, is_retryable),
            "{status} {message}"
        );
        assert_eq!(failure.effect, effect, "{status} {message}");
        assert_eq!(failure.request_id.as_deref(), Some("2026112100000000001"));
    }
}

#[test]
fn what_the_models_own_vendors_say_is_read_in_their_shapes() {
    let table = [
        (400, r#"{"error":{"message":"M","type":"invalid_request_error","code":"bad"}}"#, "bad", "header-1"),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"M"}}"#,
            "invalid_request_error",
            "header-1",
        ),
        (429, r#"{"error":{"code":429,"message":"M","status":"RESOURCE_EXHAUSTED"}}"#, "429", "header-1"),
        (400, r#"{"code":"InvalidParameter","message":"M"}"#, "InvalidParameter", "header-1"),
        (400, r#"{"code":"bad","message":"M (tid:t1)"}"#, "bad", "t1"),
        (400, r#"{"code":"bad","message":"M, said tid: nobody (tid: )"}"#, "bad", "header-1"),
    ];
    for (status, body, code, request_id) in table {
        let failure = read(status, body);
        assert_eq!((failure.code.as_deref(), failure.request_id.as_deref()), (Some(code), Some(request_id)));
        assert!(failure.message.unwrap().starts_with('M'), "{body}");
    }
    let page = read(503, "<html>Service Unavailable</html>");
    assert_eq!((page.code, page.is_retryable, page.effect), (None, true, MAY));
}

async fn failed(fault: &str, model: &str) -> (Simulator, ClientError) {
    let (simulator, client) = simulated();
    if !fault.is_empty() {
        simulator.fault("POST /aihubmix/v1/*", fault).unwrap();
    }
    let error = client.embeddings(&EmbeddingRequest::new(model, "a cat")).await.unwrap_err();
    (simulator, error)
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_not_there_is_asked_for_once_and_one_that_is_busy_again() {
    let (simulator, error) = failed("", "no-such-model").await;
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Status, 503));
    assert_eq!((error.is_retryable(), error.effect()), (false, Effect::NotStarted));
    assert_eq!(error.request_id().unwrap().len(), 19);
    assert_eq!(simulator.received().len(), 1);
    for fault in ["status=503", "status=500", "status=429"] {
        let (simulator, error) = failed(fault, "text-embedding-3-small").await;
        assert_eq!(error.kind(), ErrorKind::RetriesExhausted { tries: 4 }, "{fault}");
        assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (4, 0));
    }
}

#[tokio::test]
async fn an_account_without_money_is_a_403() {
    let (simulator, error) = failed("status=403", "text-embedding-3-small").await;
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (403, Some("insufficient_user_quota")));
    assert!(!error.is_retryable());
    assert_eq!(simulator.received().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_wrong_is_a_401() {
    let keys = BTreeMap::from([(Vendor::AiHubMix, vec!["other".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..SimulatorSettings::default() });
    let client = client(&simulator.base_url(Vendor::AiHubMix));
    let error = client.list_models().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (401, false));
    assert_eq!(error.last().request_id().unwrap().len(), 19);
    // The same client with the right one.
    let right = AuthScheme::Bearer("other".to_owned().into());
    client.http().get("models").auth(&right).send().await.unwrap();
}
