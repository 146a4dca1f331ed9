//! Models.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::json;

use super::{CHAT, chat};
use crate::support::{get, post, settings};

#[tokio::test]
async fn models_are_listed_and_served() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let list = get(&simulator, "/deepseek/models").await.json();
    assert_eq!(list, get(&simulator, "/deepseek/v1/models").await.json());
    let models = list["data"].as_array().unwrap();
    assert_eq!(models[0], json!({"id": "deepseek-flash", "object": "model", "owned_by": "deepseek"}));
    assert_eq!(models.last().unwrap()["id"], "mine");
    for model in models {
        let answer = post(&simulator, CHAT, &chat(json!({"model": model["id"]}))).await.json();
        assert_eq!(answer["model"], model["id"]);
    }
}

#[tokio::test]
async fn a_retired_model_is_refused() {
    let simulator = Simulator::start(settings());
    for model in ["deepseek-chat", "deepseek-reasoner", "gpt-4o"] {
        let error = post(&simulator, CHAT, &chat(json!({"model": model}))).await.refusal(400);
        assert_eq!(error["error"]["message"], "Model Not Exist");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
