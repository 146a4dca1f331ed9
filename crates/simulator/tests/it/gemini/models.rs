//! Models.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use crate::support::{get, settings, simulator};

const MODELS: &str = "/gemini/v1beta/models";

fn names(list: &Value) -> Vec<String> {
    list["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn models_are_listed_in_pages() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let all = get(&simulator, MODELS).await.json();
    assert_eq!(all.get("nextPageToken"), None);
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let page = get(&simulator, &format!("{MODELS}?pageSize=10&pageToken={token}")).await.json();
        assert!(names(&page).len() <= 10);
        paged.extend(names(&page));
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, names(&all));
    assert_eq!(paged.last().unwrap(), "models/mine");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_page_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (query, at) in
        [("pageSize=many", "page_size"), ("page_size=-1", "page_size"), ("pageToken=9999", "page_token")]
    {
        let error = get(&simulator, &format!("{MODELS}?{query}")).await.refusal(400);
        assert_eq!(super::field(&error), at, "{query}");
    }
    assert_eq!(names(&get(&simulator, &format!("{MODELS}?pageSize=0")).await.json()).len(), 25);
}

#[tokio::test]
async fn a_model_says_what_it_does() {
    let simulator = simulator();
    for (model, methods) in [
        ("gemini-3.8-flash", json!(["generateContent", "countTokens"])),
        ("gemini-embedding-2", json!(["embedContent", "countTokens"])),
        ("imagen-4.0-generate-001", json!(["predict"])),
        ("veo-3.1-generate-preview", json!(["predictLongRunning"])),
        ("gemini-omni-1.1-flash", json!([])),
    ] {
        let described = get(&simulator, &format!("{MODELS}/{model}")).await.json();
        assert_eq!(described["name"], format!("models/{model}"));
        assert_eq!(described["supportedGenerationMethods"], methods);
    }
}

#[tokio::test]
async fn a_model_that_was_shut_down_is_not_found() {
    let simulator = simulator();
    for model in
        ["gemini-2.0-flash", "text-embedding-004", "veo-3.0-generate-001", "imagen-4.0-ultra-generate-001"]
    {
        let error = get(&simulator, &format!("{MODELS}/{model}")).await.refusal(404);
        assert_eq!(error["error"]["status"], "NOT_FOUND");
    }
}
