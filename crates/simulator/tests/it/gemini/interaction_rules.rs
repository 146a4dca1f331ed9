//! What an interaction must keep to.

use serde_json::{Value, json};

use super::TEXT;
use super::interactions::{INTERACTIONS, interaction};
use crate::support::{post, simulator};

const FILMS: &str = "gemini-omni-1.1-flash";

/// The message of the refusal.
async fn refused(extra: Value) -> String {
    let error = post(&simulator(), INTERACTIONS, &interaction(extra)).await.refusal(400);
    let message = error["error"]["message"].as_str().unwrap();
    assert_eq!(error, json!({"error": {"code": "invalid_request", "message": message}}));
    message.to_owned()
}

#[tokio::test]
async fn interactions_that_break_a_rule_are_refused() {
    let input = |piece: Value| json!({"input": [piece]});
    let config = |config: Value| json!({"generation_config": config});
    for (extra, named) in [
        (json!({"model": null}), "model"),
        (json!({"input": null}), "input"),
        (json!({"input": []}), "input"),
        (json!({"input": 5}), "input"),
        (json!({"maxTokens": 5}), "maxTokens"),
        (input(json!({"type": "text"})), "input[0].text"),
        (input(json!({"type": "text", "txt": "a"})), "input[0]"),
        (input(json!({"type": "smell"})), "input[0].type"),
        (input(json!({"type": "image"})), "input[0].data"),
        (input(json!({"type": "image", "data": "iVBO"})), "input[0].mime_type"),
        (input(json!({"type": "image", "data": "%", "mime_type": "image/png"})), "input[0].data"),
        (input(json!({"type": "image", "uri": "fox.png"})), "file uri: fox.png"),
        (input(json!({"type": "function_result", "result": "a"})), "input[0].call_id"),
        (input(json!({"type": "user_input", "content": [{"type": "text"}]})), "input[0].content[0].text"),
        (json!({"background": true, "store": false}), "background"),
        (json!({"service_tier": "gold"}), "service_tier"),
        (config(json!({"top_k": 5})), "generation_config"),
        (config(json!({"temperature": 3})), "generation_config.temperature"),
        (config(json!({"thinking_level": "huge"})), "generation_config.thinking_level"),
        (config(json!({"tool_choice": "some"})), "generation_config.tool_choice"),
        (config(json!({"tool_choice": "any"})), "tool_choice any"),
        (json!({"tools": [{"type": "hammer"}]}), "tools[0].type"),
        (json!({"tools": [{"type": "function"}]}), "tools[0].name"),
        (json!({"response_modalities": ["video"]}), "response_modalities"),
        (json!({"response_format": "json"}), "response_format"),
        (json!({"response_format": {"type": "video"}}), "response_format.type"),
    ] {
        let message = refused(extra.clone()).await;
        assert!(message.contains(named), "{extra}: {message}");
    }
}

#[tokio::test]
async fn media_that_break_a_rule_are_refused() {
    let format = |format: Value| json!({"model": FILMS, "response_format": super::merged(json!({"type": "video"}), format)});
    let speech = |config: Value| json!({"model": "gemini-3.8-flash-tts", "generation_config": {"speech_config": config}});
    for (extra, named) in [
        (format(json!({"duration": "2s"})), "response_format.duration"),
        (format(json!({"duration": "11s"})), "response_format.duration"),
        (format(json!({"duration": 8})), "response_format.duration"),
        (format(json!({"duration": "8"})), "response_format.duration"),
        (format(json!({"resolution": "480p"})), "response_format.resolution"),
        (format(json!({"aspect_ratio": "1:1"})), "response_format.aspect_ratio"),
        (format(json!({"delivery": "mail"})), "response_format.delivery"),
        (format(json!({"fps": 24})), "response_format"),
        (
            json!({"model": "gemini-3-pro-image", "response_format": {"type": "image", "image_size": "8K"}}),
            "response_format.image_size",
        ),
        (speech(json!({"voice": "Bob"})), "generation_config.speech_config.voice"),
        (
            speech(json!([{"speaker": "a", "voice": "Kore"}, {"voice": "Bob"}])),
            "generation_config.speech_config.voice",
        ),
    ] {
        let message = refused(extra.clone()).await;
        assert!(message.contains(named), "{extra}: {message}");
    }
}

#[tokio::test]
async fn only_the_newer_model_makes_long_films() {
    let format = json!({"type": "video", "duration": "15s"});
    let asked = interaction(json!({"model": "gemini-omni-1.2-flash", "response_format": format}));
    assert_eq!(post(&simulator(), INTERACTIONS, &asked).await.json()["status"], "completed");
    refused(json!({"model": FILMS, "response_format": format})).await;
}

#[tokio::test]
async fn a_model_is_named_with_or_without_its_prefix() {
    let simulator = simulator();
    let named = interaction(json!({"model": format!("models/{TEXT}")}));
    assert_eq!(post(&simulator, INTERACTIONS, &named).await.json()["model"], TEXT);
    for model in ["gemini-2.0-flash", "veo-3.1-generate-preview", "gemini-embedding-2"] {
        let error = post(&simulator, INTERACTIONS, &interaction(json!({"model": model}))).await.refusal(404);
        assert_eq!(error["error"]["code"], "not_found");
    }
}
