//! Texts, whole.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use super::{TEXT, field, generate, hi, path};
use crate::support::{post, settings, simulator};

#[tokio::test]
async fn a_text_is_generated() {
    let simulator = simulator();
    let answer = generate(&simulator, TEXT, &hi(json!({}))).await.json();
    let candidate = &answer["candidates"][0];
    let content = json!({"role": "model", "parts": [{"text": "This is a simulated answer to: Say hi"}]});
    assert_eq!((&candidate["content"], &candidate["finishReason"]), (&content, &json!("STOP")));
    assert_eq!(candidate["index"], 0);
    let usage = json!({
        "promptTokenCount": 2,
        "candidatesTokenCount": 8,
        "thoughtsTokenCount": 8,
        "totalTokenCount": 18,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}],
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
    });
    assert_eq!((&answer["usageMetadata"], &answer["modelVersion"]), (&usage, &json!(TEXT)));
    assert_eq!(simulator.paid_tasks()[0].task_id, answer["responseId"].as_str().unwrap());
}

#[tokio::test]
async fn both_versions_answer_the_same() {
    for version in ["v1", "v1beta"] {
        let path = format!("/gemini/{version}/models/{TEXT}:generateContent");
        let answer = post(&simulator(), &path, &hi(json!({}))).await.json();
        assert_eq!(answer["candidates"][0]["finishReason"], "STOP", "{version}");
    }
}

#[tokio::test]
async fn names_come_in_either_case() {
    let simulator = simulator();
    let camel = json!({
        "systemInstruction": {"parts": [{"text": "Be brief"}]},
        "generationConfig": {"maxOutputTokens": 10, "topP": 0.5, "thinkingConfig": {"thinkingBudget": 0}},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
    });
    let snake = json!({
        "system_instruction": {"parts": [{"text": "Be brief"}]},
        "generation_config": {"max_output_tokens": 10, "top_p": 0.5, "thinking_config": {"thinking_budget": 0}},
        "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
    });
    for extra in [camel, snake] {
        let answer = generate(&simulator, TEXT, &hi(extra)).await.json();
        assert_eq!(answer["usageMetadata"]["promptTokenCount"], 4);
        assert_eq!(answer["usageMetadata"]["totalTokenCount"], 12);
    }
}

#[tokio::test]
async fn an_answer_ends_at_its_limit_and_at_a_stop() {
    let simulator = simulator();
    let thinking = json!({"thinkingBudget": 0});
    for (config, text, reason) in [
        (json!({"maxOutputTokens": 2}), "This is", "MAX_TOKENS"),
        (json!({"stopSequences": ["simulated"]}), "This is a ", "STOP"),
    ] {
        let config = super::merged(config, json!({"thinkingConfig": thinking}));
        let answer = generate(&simulator, TEXT, &hi(json!({"generationConfig": config}))).await.json();
        let candidate = &answer["candidates"][0];
        assert_eq!(candidate["content"]["parts"][0]["text"], text);
        assert_eq!(candidate["finishReason"], reason);
    }
}

#[tokio::test]
async fn several_candidates_are_numbered() {
    let config = json!({"generationConfig": {"candidateCount": 3}});
    let answer = generate(&simulator(), TEXT, &hi(config)).await.json();
    let indices: Vec<_> =
        answer["candidates"].as_array().unwrap().iter().map(|one| one["index"].clone()).collect();
    assert_eq!(indices, [0, 1, 2]);
    assert_eq!(answer["usageMetadata"]["candidatesTokenCount"], 24);
}

#[tokio::test]
async fn an_answer_fits_the_schema_that_was_asked_for() {
    let schema = json!({"type": "OBJECT", "properties": {"ok": {"type": "BOOLEAN"}}});
    for (field, expected) in [
        ("responseSchema", r#"{"ok":true}"#),
        ("responseJsonSchema", r#"{"ok":true}"#),
        ("", r#"{"answer":"Say hi"}"#),
    ] {
        let mut config = json!({"responseMimeType": "application/json"});
        if !field.is_empty() {
            config[field] = schema.clone();
        }
        let answer = generate(&simulator(), TEXT, &hi(json!({"generationConfig": config}))).await.json();
        assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], expected, "{field}");
    }
}

#[tokio::test]
async fn a_prompt_that_the_filter_catches_has_no_candidates() {
    let contents = json!({"contents": [{"parts": [{"text": "Say [filtered]"}]}]});
    let answer = generate(&simulator(), TEXT, &contents).await.json();
    assert_eq!(answer.get("candidates"), None);
    let rating =
        json!({"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true});
    assert_eq!(answer["promptFeedback"], json!({"blockReason": "SAFETY", "safetyRatings": [rating]}));
    assert_eq!(answer["usageMetadata"]["totalTokenCount"], 2);
}

#[tokio::test]
async fn with_the_filter_off_the_answer_is_caught_instead() {
    for threshold in ["BLOCK_NONE", "OFF"] {
        let setting = json!({"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": threshold});
        let contents = json!([{"parts": [{"text": "Say [filtered]"}]}]);
        let asked = json!({"contents": contents, "safetySettings": [setting]});
        let answer = generate(&simulator(), TEXT, &asked).await.json();
        let candidate = &answer["candidates"][0];
        assert_eq!(candidate["finishReason"], "PROHIBITED_CONTENT");
        assert_eq!(candidate.get("content"), None);
        assert_eq!(answer.get("promptFeedback"), None);
    }
}

#[tokio::test]
async fn settings_that_break_a_rule_are_refused() {
    let simulator = simulator();
    let config = |config: Value| json!({"generationConfig": config});
    for (extra, at) in [
        (json!({"contents": []}), "contents"),
        (json!({"contents": "hi"}), "contents"),
        (json!({"temperature": 1}), ""),
        (config(json!({"n": 2})), "generation_config"),
        (config(json!({"maxOutputTokens": 0})), "generation_config.max_output_tokens"),
        (config(json!({"maxOutputTokens": 1_000_000})), "generation_config.max_output_tokens"),
        (config(json!({"candidateCount": 9})), "generation_config.candidate_count"),
        (config(json!({"temperature": 2.5})), "generation_config.temperature"),
        (config(json!({"topP": "high"})), "generation_config.top_p"),
        (
            config(json!({"stopSequences": ["1", "2", "3", "4", "5", "6"]})),
            "generation_config.stop_sequences",
        ),
        (config(json!({"responseMimeType": "text/html"})), "generation_config.response_mime_type"),
        (config(json!({"responseSchema": {}})), "generation_config.response_schema"),
        (
            config(
                json!({"responseMimeType": "application/json", "responseSchema": {}, "responseJsonSchema": {}}),
            ),
            "generation_config.response_json_schema",
        ),
        (config(json!({"responseModalities": ["IMAGE"]})), "generation_config.response_modalities"),
        (config(json!({"responseModalities": ["SMELL"]})), "generation_config.response_modalities[0]"),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}})),
            "generation_config.thinking_config",
        ),
        (json!({"safetySettings": [{"category": "RUDENESS"}]}), "safety_settings[0].category"),
        (json!({"safetySettings": [{"threshold": "ALL"}]}), "safety_settings[0].threshold"),
    ] {
        let error = generate(&simulator, TEXT, &hi(extra.clone())).await.refusal(400);
        assert_eq!((field(&error), &error["error"]["status"]), (at, &json!("INVALID_ARGUMENT")), "{extra}");
    }
    generate(&simulator, TEXT, &hi(json!({"cachedContent": "cachedContents/a"}))).await.refusal(404);
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn models_that_do_not_generate_texts_are_not_found() {
    let simulator = simulator();
    for model in
        ["gemini-2.0-flash", "gemini-embedding-001", "gemini-omni-1.1-flash", "imagen-4.0-generate-001"]
    {
        let error = generate(&simulator, model, &hi(json!({}))).await.refusal(404);
        assert_eq!(error["error"]["status"], "NOT_FOUND");
        let message = error["error"]["message"].as_str().unwrap();
        let expected = format!(
            "models/{model} is not found for API version v1beta, or is not supported for generateContent."
        );
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[tokio::test]
async fn a_model_of_the_settings_is_served() {
    let extra_models = vec!["gemini-x".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    assert_eq!(generate(&simulator, "gemini-x", &hi(json!({}))).await.json()["modelVersion"], "gemini-x");
}

#[tokio::test]
async fn tokens_are_counted_for_nothing() {
    let simulator = simulator();
    let contents = hi(json!({}));
    let whole = json!({"generateContentRequest": {
        "model": format!("models/{TEXT}"),
        "contents": contents["contents"],
        "systemInstruction": {"parts": [{"text": "Be brief"}]},
    }});
    let count = path(TEXT, "countTokens");
    for (body, total) in [(&contents, 2), (&whole, 4)] {
        let details = json!([{"modality": "TEXT", "tokenCount": total}]);
        let expected = json!({"totalTokens": total, "promptTokensDetails": details});
        assert_eq!(post(&simulator, &count, body).await.json(), expected);
    }
    for (body, at) in [
        (json!({}), "contents"),
        (json!({"generateContentRequest": {}}), "generate_content_request.contents"),
        (super::merged(whole, contents), "contents"),
        (json!({"contents": [{"parts": [{"txt": "a"}]}]}), "contents[0].parts[0]"),
    ] {
        assert_eq!(field(&post(&simulator, &count, &body).await.refusal(400)), at, "{body}");
    }
    post(&simulator, &path("veo-3.1-generate-preview", "countTokens"), &hi(json!({}))).await.refusal(404);
    assert_eq!(simulator.counts().paid_tasks, 0);
}
