//! Pictures by models that draw and talk.

use serde_json::{Value, json};

use super::{TEXT, field, generate, hi};
use crate::support::{decoded, png_size, simulator};

const DRAWS: &str = "gemini-3.1-flash-image";

fn config(config: Value) -> Value {
    hi(json!({"generationConfig": config}))
}

async fn parts(config: Value) -> Vec<Value> {
    let answer = generate(&simulator(), DRAWS, &self::config(config)).await.json();
    assert_eq!(answer["candidates"][0]["finishReason"], "STOP");
    answer["candidates"][0]["content"]["parts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_picture_comes_with_a_text_unless_it_is_asked_for_alone() {
    for modalities in [json!({}), json!({"responseModalities": ["TEXT", "IMAGE"]})] {
        let parts = parts(modalities).await;
        assert_eq!(parts[0], json!({"text": "Here is a picture of: Say hi"}));
        assert_eq!(parts[1]["inlineData"]["mimeType"], "image/png");
        assert_eq!(png_size(&decoded(&parts[1]["inlineData"]["data"])), (1024, 1024));
    }
    let alone = parts(json!({"responseModalities": ["IMAGE"]})).await;
    assert_eq!(alone.len(), 1);
    let none = parts(json!({"responseModalities": ["TEXT"]})).await;
    assert_eq!(none[0]["text"], "This is a simulated answer to: Say hi");
}

#[tokio::test]
async fn a_picture_has_the_size_that_was_asked_for() {
    for (image, size) in [
        (json!({"aspectRatio": "16:9"}), (1376, 768)),
        (json!({"aspectRatio": "2:3", "imageSize": "2K"}), (1696, 2528)),
        (json!({"imageSize": "4K"}), (4096, 4096)),
    ] {
        let config = json!({"responseModalities": ["IMAGE"], "imageConfig": image});
        assert_eq!(png_size(&decoded(&parts(config).await[0]["inlineData"]["data"])), size);
    }
}

#[tokio::test]
async fn a_picture_costs_tokens_of_its_own() {
    let answer = generate(&simulator(), DRAWS, &config(json!({}))).await.json();
    let expected = json!([{"modality": "IMAGE", "tokenCount": 1120}, {"modality": "TEXT", "tokenCount": 7}]);
    assert_eq!(answer["usageMetadata"]["candidatesTokensDetails"], expected);
    assert_eq!(answer["usageMetadata"].get("thoughtsTokenCount"), None);
}

#[tokio::test]
async fn what_the_filter_catches_has_a_reason_of_its_own() {
    let contents = json!({"contents": [{"parts": [{"text": "a [filtered] fox"}]}]});
    let answer = generate(&simulator(), DRAWS, &contents).await.json();
    let candidate = &answer["candidates"][0];
    assert_eq!((candidate.get("content"), &candidate["finishReason"]), (None, &json!("IMAGE_SAFETY")));
    assert_eq!(candidate["safetyRatings"][0]["blocked"], true);
    assert!(candidate["finishMessage"].is_string());
}

#[tokio::test]
async fn pictures_that_break_a_rule_are_refused() {
    for (model, asked, at) in [
        (DRAWS, json!({"candidateCount": 2}), "generation_config.candidate_count"),
        (DRAWS, json!({"responseModalities": ["AUDIO"]}), "generation_config.response_modalities"),
        (
            DRAWS,
            json!({"imageConfig": {"aspectRatio": "1:2"}}),
            "generation_config.image_config.aspect_ratio",
        ),
        (DRAWS, json!({"imageConfig": {"imageSize": "8K"}}), "generation_config.image_config.image_size"),
        (TEXT, json!({"responseModalities": ["TEXT", "IMAGE"]}), "generation_config.response_modalities"),
    ] {
        let error = generate(&simulator(), model, &config(asked.clone())).await.refusal(400);
        assert_eq!(field(&error), at, "{asked}");
    }
}
