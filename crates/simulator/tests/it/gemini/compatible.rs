//! OpenAI's wire below a base of its own.

use std::collections::BTreeMap;

use axum::body::Body;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::Request;
use serde_json::{Value, json};

use super::TEXT;
use crate::support::{decoded, get, png_size, post, send, settings, simulator};

const BASE: &str = "/gemini/v1beta/openai";

fn chat(extra: Value) -> Value {
    super::merged(json!({"model": TEXT, "messages": [{"role": "user", "content": "Say hi"}]}), extra)
}

#[tokio::test]
async fn a_chat_is_answered_with_or_without_the_prefix_of_a_model() {
    let simulator = simulator();
    for model in [TEXT.to_owned(), format!("models/{TEXT}")] {
        let google = json!({"google": {"thinking_config": {"thinking_budget": 100}}});
        let asked = chat(json!({"model": model, "max_tokens": 3, "extra_body": google}));
        let answer = post(&simulator, &format!("{BASE}/chat/completions"), &asked).await.json();
        assert_eq!(answer["choices"][0]["message"]["content"], "This is a");
        assert_eq!(answer["model"], TEXT);
    }
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn a_streamed_chat_ends_with_done() {
    let answer =
        post(&simulator(), &format!("{BASE}/chat/completions"), &chat(json!({"stream": true}))).await;
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn texts_are_embedded_at_the_length_of_the_model() {
    let asked = json!({"model": "gemini-embedding-001", "input": ["a", "b"]});
    let answer = post(&simulator(), &format!("{BASE}/embeddings"), &asked).await.json();
    let lengths: Vec<_> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["embedding"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [3072, 3072]);
}

#[tokio::test]
async fn a_picture_comes_in_base64() {
    let simulator = simulator();
    let path = format!("{BASE}/images/generations");
    let asked = json!({"model": "gemini-3.1-flash-image", "prompt": "a fox", "response_format": "b64_json"});
    let answer = post(&simulator, &path, &asked).await.json();
    assert_eq!(png_size(&decoded(&answer["data"][0]["b64_json"])), (1024, 1024));
    let by_link = json!({"model": "gemini-3.1-flash-image", "prompt": "a fox", "response_format": "url"});
    post(&simulator, &path, &by_link).await.refusal(400);
}

#[tokio::test]
async fn models_are_listed() {
    let list = get(&simulator(), &format!("{BASE}/models")).await.json();
    assert_eq!((&list["object"], &list["data"][0]["id"]), (&json!("list"), &json!(TEXT)));
    let one = get(&simulator(), &format!("{BASE}/models/{TEXT}")).await.json();
    assert_eq!(one["id"], TEXT);
}

#[tokio::test]
async fn errors_are_googles_in_an_array() {
    let keys = BTreeMap::from([(Vendor::Gemini, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    let path = format!("{BASE}/chat/completions");
    for (asked, status, word) in [
        (chat(json!({"model": "gemini-2.0-flash"})), 404, "NOT_FOUND"),
        (chat(json!({"messages": []})), 400, "INVALID_ARGUMENT"),
        (json!([]), 400, "INVALID_ARGUMENT"),
    ] {
        let error = post(&simulator, &path, &asked).await.refusal(status);
        assert_eq!((error.as_array().unwrap().len(), &error[0]["error"]["status"]), (1, &json!(word)));
    }
    let request = Request::post(&path).header("authorization", "Bearer other").body(Body::empty()).unwrap();
    let error = send(&simulator, request).await.refusal(400);
    assert_eq!(error[0]["error"]["details"][0]["reason"], "API_KEY_INVALID");
}
