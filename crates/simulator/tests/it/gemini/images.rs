//! Pictures as older clients ask for them.

use serde_json::{Value, json};

use super::{field, path};
use crate::support::{Answered, decoded, png_size, post, simulator};

async fn predict(parameters: Value) -> Answered {
    let body = json!({"instances": [{"prompt": "a fox"}], "parameters": parameters});
    post(&simulator(), &path("imagen-4.0-generate-001", "predict"), &body).await
}

#[tokio::test]
async fn pictures_are_made_in_the_number_and_size_that_were_asked_for() {
    let answer =
        predict(json!({"sampleCount": 2, "aspectRatio": "16:9", "sampleImageSize": "2K"})).await.json();
    let pictures: Vec<_> = answer["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|picture| decoded(&picture["bytesBase64Encoded"]))
        .collect();
    assert_eq!(pictures.iter().map(|picture| png_size(picture)).collect::<Vec<_>>(), [(2816, 1536); 2]);
    assert_ne!(pictures[0], pictures[1]);
    assert_eq!(answer["predictions"][0]["mimeType"], "image/png");
}

#[tokio::test]
async fn a_picture_comes_as_jpeg_where_it_is_asked_for() {
    let answer =
        predict(json!({"outputOptions": {"mimeType": "image/jpeg"}, "personGeneration": "ALLOW_ADULT"}));
    let answer = answer.await.json();
    assert_eq!(answer["predictions"][0]["mimeType"], "image/jpeg");
    assert_eq!(decoded(&answer["predictions"][0]["bytesBase64Encoded"])[..2], [0xff, 0xd8]);
}

#[tokio::test]
async fn what_the_filter_catches_is_missing() {
    let simulator = simulator();
    let predict = path("imagen-4.0-generate-001", "predict");
    let body =
        |parameters: Value| json!({"instances": [{"prompt": "a [filtered] fox"}], "parameters": parameters});
    assert_eq!(post(&simulator, &predict, &body(json!({}))).await.json(), json!({}));
    let said = post(&simulator, &predict, &body(json!({"includeRaiReason": true}))).await.json();
    assert!(said["predictions"][0]["raiFilteredReason"].is_string());
}

#[tokio::test]
async fn pictures_that_break_a_rule_are_refused() {
    for (parameters, at) in [
        (json!({"sampleCount": 5}), "parameters.sample_count"),
        (json!({"aspectRatio": "2:1"}), "parameters.aspect_ratio"),
        (json!({"sampleImageSize": "4K"}), "parameters.sample_image_size"),
        (json!({"personGeneration": "all"}), "parameters.person_generation"),
        (json!({"outputOptions": {"mimeType": "image/gif"}}), "parameters.output_options.mime_type"),
        (json!({"n": 1}), "parameters"),
    ] {
        assert_eq!(field(&predict(parameters.clone()).await.refusal(400)), at, "{parameters}");
    }
    let simulator = simulator();
    for (instances, at) in [
        (json!([]), "instances"),
        (json!([{"prompt": "a"}, {"prompt": "b"}]), "instances"),
        (json!([{"prompt": ""}]), "instances[0].prompt"),
    ] {
        let body = json!({"instances": instances});
        let error = post(&simulator, &path("imagen-4.0-generate-001", "predict"), &body).await.refusal(400);
        assert_eq!(field(&error), at);
    }
    for model in ["imagen-3.0-generate-002", "gemini-3.1-flash-image"] {
        post(&simulator, &path(model, "predict"), &json!({})).await.refusal(404);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
