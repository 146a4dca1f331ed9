//! Pictures by the route for all models.

use fourfold_simulator::Simulator;
use serde_json::{Value, json};

use super::message;
use crate::support::{Answered, decoded, get, png_size, post, simulator};

fn path(model: &str) -> String {
    format!("/aihubmix/v1/models/{model}/predictions")
}

async fn predict(simulator: &Simulator, model: &str, input: Value) -> Answered {
    post(simulator, &path(model), &json!({"input": input})).await
}

#[tokio::test]
async fn openais_models_answer_with_bytes_and_what_they_used() {
    let simulator = simulator();
    let input = json!({"prompt": "a lake", "size": "96x64", "n": 2, "quality": "high"});
    let answer = predict(&simulator, "openai/gpt-image-2", input).await.json();
    let pictures = answer["output"]["b64_json"].as_array().unwrap();
    assert_eq!((pictures.len(), &answer["output"]["urls"]), (2, &json!([])));
    assert_eq!(png_size(&decoded(&pictures[0]["bytesBase64"])), (96, 64));
    assert_eq!((&pictures[0]["mimeType"], &answer["usage"]["input_tokens"]), (&json!("png"), &json!(2)));
    assert_eq!(simulator.counts().paid_tasks, 1);
}

#[tokio::test]
async fn alibabas_models_answer_with_a_list_of_bytes() {
    let simulator = simulator();
    let input = json!({"prompt": "a lake", "size": "1024*576", "n": 3});
    let answer = predict(&simulator, "qianfan/qwen-image", input).await.json();
    assert_eq!(answer["output"].as_array().unwrap().len(), 3);
    assert_eq!(png_size(&decoded(&answer["output"][2]["b64_json"]["bytesBase64"])), (1024, 576));
}

#[tokio::test]
async fn the_others_answer_with_a_list_of_links() {
    let simulator = simulator();
    for model in ["doubao/doubao-seedream-5.0-lite", "ideogram/V3", "bfl/FLUX.1-Kontext-pro"] {
        let answer = predict(&simulator, model, json!({"prompt": "a lake"})).await.json();
        let url = answer["output"][0]["url"].as_str().unwrap();
        let picture = get(&simulator, url.strip_prefix("http://simulator.test").unwrap()).await;
        assert_eq!(png_size(&picture.body), (1024, 1024), "{model}");
    }
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn what_is_asked_for_is_below_input() {
    let simulator = simulator();
    for (body, named) in [
        (json!({"prompt": "a lake"}), "input is required"),
        (json!({"input": "a lake"}), "input must be an object"),
        (json!({"input": {}}), "prompt is required"),
    ] {
        let error = post(&simulator, &path("qianfan/qwen-image"), &body).await.refusal(400);
        assert!(message(&error).starts_with(named), "{error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn each_family_has_its_rules_here_too() {
    let simulator = simulator();
    for (model, extra, status) in [
        ("openai/gpt-image-1.5", json!({"size": "96x64"}), 400),
        ("openai/gpt-image-2", json!({"style": "vivid"}), 400),
        ("qianfan/qwen-image", json!({"size": "96x64"}), 400),
        ("bfl/flux-kontext-max", json!({"safety_tolerance": 7}), 400),
        ("qianfan/qwen-image", json!({"prompt": "a [filtered] lake"}), 400),
        ("openai/gpt-4o-image-vip", json!({}), 503),
        ("openai/gpt-4o", json!({}), 503),
    ] {
        let mut input = json!({"prompt": "a lake"});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        predict(&simulator, model, input).await.refusal(status);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
