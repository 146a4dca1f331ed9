//! Models.

use fourfold_simulator::{Simulator, SimulatorSettings};

use crate::support::{get, settings, simulator};

#[tokio::test]
async fn models_are_listed_with_the_day_of_their_end() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let list = get(&simulator, "/openai/v1/models").await.json();
    let models = list["data"].as_array().unwrap();
    let whisper = models.iter().find(|model| model["id"] == "whisper-1").unwrap();
    assert_eq!((&whisper["object"], &whisper["shutdown_date"]), (&"model".into(), &"2027-02-26".into()));
    assert_eq!(models.last().unwrap()["id"], "mine");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_model_that_was_shut_down_is_unknown() {
    let simulator = simulator();
    assert_eq!(get(&simulator, "/openai/v1/models/gpt-4o").await.json()["id"], "gpt-4o");
    let error = get(&simulator, "/openai/v1/models/dall-e-3").await.refusal(404);
    assert_eq!(error["error"]["code"], "model_not_found");
}
