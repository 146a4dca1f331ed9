//! Both lists of models.

use std::collections::BTreeMap;

use axum::body::Body;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::Request;
use serde_json::{Value, json};

use crate::support::{get, send, settings, simulator};

const CATALOG: &str = "/aihubmix/api/v1/models";

/// The names of the models that fit.
async fn names(simulator: &Simulator, query: &str) -> Vec<String> {
    let list = get(simulator, &format!("{CATALOG}?{query}")).await.json();
    let name = |model: &Value| model["model_id"].as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn models_are_listed_as_openai_lists_them() {
    let simulator = simulator();
    let list = get(&simulator, "/aihubmix/v1/models").await.json();
    let gpt = json!({"id": "gpt-4o", "object": "model", "created": 0, "owned_by": "system"});
    assert_eq!((&list["object"], &list["data"][0]), (&json!("list"), &gpt));
    send(&simulator, Request::get("/aihubmix/v1/models").body(Body::empty()).unwrap()).await.refusal(401);
}

#[tokio::test]
async fn the_catalog_asks_for_no_key() {
    let keys = BTreeMap::from([(Vendor::AiHubMix, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for key in ["", "Bearer mine"] {
        let request = Request::get(CATALOG).header("authorization", key).body(Body::empty());
        let catalog = send(&simulator, request.unwrap()).await.json();
        assert_eq!((&catalog["success"], &catalog["message"]), (&json!(true), &json!("")));
    }
    let other = Request::get("/aihubmix/v1/models").header("authorization", "Bearer other");
    send(&simulator, other.body(Body::empty()).unwrap()).await.refusal(401);
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn the_catalog_has_every_model_with_its_kind() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let listed = get(&simulator, "/aihubmix/v1/models").await.json();
    let all = get(&simulator, CATALOG).await.json();
    let all = all["data"].as_array().unwrap();
    assert_eq!(all.len(), listed["data"].as_array().unwrap().len());
    assert_eq!(all.last().unwrap()["model_id"], "mine");
    let wan = all.iter().find(|model| model["model_id"] == "wan2.6-t2v").unwrap();
    let expected = json!({"model_id": "wan2.6-t2v", "desc": "A simulated model.", "types": "video",
        "features": "", "input_modalities": "text,image", "max_output": 0, "context_length": 0,
        "pricing": {"input": 0.0, "output": 0.0, "cache_read": 0.0, "cache_write": 0.0}});
    assert_eq!(wan, &expected);
}

#[tokio::test]
async fn filters_narrow_the_catalog() {
    let simulator = simulator();
    for (query, expected) in [
        ("type=stt&model=WHISPER", vec!["whisper-1", "whisper-large-v3", "distil-whisper-large-v3-en"]),
        ("modalities=pdf,text&features=web", vec!["gemini-3.8-flash-search"]),
        ("modalities=audio&model=mini", vec!["gpt-4o-mini-transcribe"]),
        ("features=thinking,tools&model=gpt", vec!["gpt-5", "gpt-5-mini"]),
        ("type=embedding", vec!["text-embedding-3-small", "text-embedding-3-large"]),
        ("type=embedding&sort_order=desc", vec!["text-embedding-3-large", "text-embedding-3-small"]),
        ("type=rerank", vec![]),
        ("model=no-such-model", vec![]),
    ] {
        assert_eq!(names(&simulator, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_catalog_is_sorted_on_demand() {
    let simulator = simulator();
    let gpt = "type=llm&model=gpt&sort_by=context_length";
    let shortest = names(&simulator, &format!("{gpt}&sort_order=asc")).await;
    assert_eq!(shortest, ["gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini"]);
    let longest = names(&simulator, &format!("{gpt}&sort_order=desc")).await;
    assert_eq!(longest, ["gpt-5-mini", "gpt-5", "gpt-4o-mini", "gpt-4o"]);
    let coding = names(&simulator, "model=gemini&sort_by=coding").await;
    assert!(coding[0].starts_with("gemini-3.8") && coding.last().unwrap().ends_with("-tts"), "{coding:?}");
    let usual = names(&simulator, "").await;
    for by in ["order", "model_ratio"] {
        assert_eq!(names(&simulator, &format!("sort_by={by}")).await, usual);
    }
}
