//! Models.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use super::{OLDER, get};
use crate::support::{settings, simulator};

const MODELS: &str = "/anthropic/v1/models";

#[tokio::test]
async fn models_are_listed_and_described() {
    let simulator = simulator();
    let list = get(&simulator, MODELS).await.json();
    assert_eq!(list["has_more"], false);
    assert_eq!((&list["first_id"], &list["last_id"]), (&json!("claude-sonnet-5"), &json!(OLDER)));
    let model = get(&simulator, &format!("{MODELS}/{OLDER}")).await.json();
    assert_eq!(model, list["data"][1]);
    assert_eq!((&model["type"], &model["display_name"]), (&json!("model"), &json!("Claude Haiku 4.5")));
    assert_eq!((&model["created_at"], &model["retires_at"]), (&json!("2025-10-01T00:00:00Z"), &Value::Null));
    let error = get(&simulator, &format!("{MODELS}/claude-2")).await.refusal(404);
    assert_eq!(error["error"], json!({"type": "not_found_error", "message": "model: claude-2"}));
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn models_come_in_pages() {
    let extra_models = vec!["a".to_owned(), "b".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    for (query, ids, has_more) in [
        ("limit=1", vec!["claude-sonnet-5"], true),
        ("limit=2&after_id=claude-sonnet-5", vec![OLDER, "a"], true),
        ("limit=2&after_id=a", vec!["b"], false),
        ("limit=2&before_id=b", vec![OLDER, "a"], true),
        ("before_id=a", vec!["claude-sonnet-5", OLDER], false),
        ("after_id=b", vec![], false),
    ] {
        let page = get(&simulator, &format!("{MODELS}?{query}")).await.json();
        let shown: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
        assert_eq!((shown, &page["has_more"]), (ids.clone(), &json!(has_more)), "{query}");
        assert_eq!(page["last_id"], json!(ids.last()));
    }
    for query in ["limit=0", "limit=1001", "limit=a", "after_id=c"] {
        get(&simulator, &format!("{MODELS}?{query}")).await.refusal(400);
    }
}
