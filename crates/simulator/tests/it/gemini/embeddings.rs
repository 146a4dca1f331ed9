//! Embeddings.

use serde_json::{Value, json};

use super::{field, path};
use crate::support::{post, simulator};

const FIRST: &str = "gemini-embedding-001";
const SECOND: &str = "gemini-embedding-2";

fn text(text: &str) -> Value {
    json!({"content": {"parts": [{"text": text}]}})
}

fn request(model: &str, extra: Value) -> Value {
    super::merged(super::merged(text("a fox"), json!({"model": format!("models/{model}")})), extra)
}

fn values(embedding: &Value) -> Vec<f32> {
    serde_json::from_value(embedding["values"].clone()).unwrap()
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|component| component * component).sum::<f32>().sqrt()
}

async fn embedded(model: &str, body: &Value) -> Vec<f32> {
    let answer = post(&simulator(), &path(model, "embedContent"), body).await.json();
    assert_eq!(answer["usageMetadata"]["promptTokenCount"], 2);
    values(&answer["embedding"])
}

#[tokio::test]
async fn a_text_is_embedded() {
    let vector = embedded(FIRST, &text("a fox")).await;
    assert_eq!(vector.len(), 3072);
    assert!((length(&vector) - 1.0).abs() < 1e-3);
    assert_eq!(embedded(FIRST, &text("a fox")).await, vector);
    assert_ne!(embedded(FIRST, &text("an ox")).await, vector);
}

#[tokio::test]
async fn only_the_newer_model_gives_a_short_vector_its_length() {
    let short = super::merged(text("a fox"), json!({"outputDimensionality": 64, "taskType": "CLUSTERING"}));
    let whole = embedded(FIRST, &text("a fox")).await;
    let cut = embedded(FIRST, &short).await;
    assert_eq!(cut, whole[..64]);
    assert!(length(&cut) < 0.5);
    let vector = embedded(SECOND, &short).await;
    assert_eq!(vector.len(), 64);
    assert!((length(&vector) - 1.0).abs() < 1e-3);
}

#[tokio::test]
async fn a_batch_gives_each_request_its_own_vector() {
    let simulator = simulator();
    let other = json!({"content": {"parts": [{"text": "an ox"}]}, "title": "t", "output_dimensionality": 8});
    let requests = [request(FIRST, json!({})), request(FIRST, other)];
    let batch = json!({"requests": requests});
    let answer = post(&simulator, &path(FIRST, "batchEmbedContents"), &batch).await.json();
    let lengths: Vec<_> =
        answer["embeddings"].as_array().unwrap().iter().map(|one| values(one).len()).collect();
    assert_eq!(lengths, [3072, 8]);
    assert_eq!(answer["usageMetadata"]["promptTokenCount"], 4);
    assert_eq!(simulator.counts().paid_tasks, 1);
}

#[tokio::test]
async fn only_the_newer_model_embeds_media() {
    let picture =
        |data: &str| json!({"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": data}}]}});
    let simulator = simulator();
    let embed = path(SECOND, "embedContent");
    let one = post(&simulator, &embed, &picture("iVBO")).await.json();
    let other = post(&simulator, &embed, &picture("iVBP")).await.json();
    assert_ne!(one["embedding"], other["embedding"]);
    assert_eq!(one["usageMetadata"]["promptTokenCount"], 258);
    let error = post(&simulator, &path(FIRST, "embedContent"), &picture("iVBO")).await.refusal(400);
    assert_eq!(field(&error), "content");
}

#[tokio::test]
async fn embeddings_that_break_a_rule_are_refused() {
    let simulator = simulator();
    for (extra, at) in [
        (json!({"content": null}), "content"),
        (json!({"content": {"parts": []}}), "content"),
        (json!({"taskType": "PLAY"}), "task_type"),
        (json!({"outputDimensionality": 4000}), "output_dimensionality"),
        (json!({"dimensions": 8}), ""),
    ] {
        let body = super::merged(text("a fox"), extra);
        let error = post(&simulator, &path(FIRST, "embedContent"), &body).await.refusal(400);
        assert_eq!(field(&error), at, "{body}");
    }
    for (requests, at) in [
        (json!([]), "requests"),
        (json!([text("a")]), "requests[0].model"),
        (json!([request(FIRST, json!({})), request(SECOND, json!({}))]), "requests[1].model"),
        (json!([request(FIRST, json!({"content": {}}))]), "requests[0].content"),
        (json!(vec![request(FIRST, json!({})); 101]), "requests"),
    ] {
        let body = json!({"requests": requests});
        let error = post(&simulator, &path(FIRST, "batchEmbedContents"), &body).await.refusal(400);
        assert_eq!(field(&error), at);
    }
    for verb in ["embedContent", "batchEmbedContents"] {
        post(&simulator, &path("text-embedding-004", verb), &text("a")).await.refusal(404);
        post(&simulator, &path(super::TEXT, verb), &text("a")).await.refusal(404);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
