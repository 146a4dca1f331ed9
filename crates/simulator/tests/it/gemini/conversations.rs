//! What contents may hold.

use serde_json::{Value, json};

use super::{TEXT, field, generate};
use crate::support::simulator;

async fn asked(contents: Value) -> crate::support::Answered {
    generate(&simulator(), TEXT, &json!({"contents": contents})).await
}

#[tokio::test]
async fn the_newest_words_of_the_user_are_answered() {
    let contents = json!([
        {"role": "user", "parts": [{"text": "one"}]},
        {"role": "model", "parts": [{"text": "two", "thought": true}, {"text": "three"}]},
        {"parts": [{"text": "four"}, {"text": "five"}]},
    ]);
    let answer = asked(contents).await.json();
    let text = &answer["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(text, "This is a simulated answer to: four five");
    assert_eq!(answer["usageMetadata"]["promptTokenCount"], 5);
}

#[tokio::test]
async fn media_cost_by_what_they_are() {
    let part = |kind: &str| json!({"inlineData": {"mimeType": kind, "data": "iVBO"}});
    let linked = json!({"fileData": {"mimeType": "video/mp4", "fileUri": "https://video.test/watch"}});
    let parts =
        json!([{"text": "Look"}, part("image/png"), part("image/webp"), part("application/pdf"), linked]);
    let answer = asked(json!([{"parts": parts}])).await.json();
    let expected = json!([
        {"modality": "DOCUMENT", "tokenCount": 258},
        {"modality": "IMAGE", "tokenCount": 516},
        {"modality": "TEXT", "tokenCount": 1},
        {"modality": "VIDEO", "tokenCount": 258},
    ]);
    assert_eq!(answer["usageMetadata"]["promptTokensDetails"], expected);
    assert_eq!(answer["usageMetadata"]["promptTokenCount"], 1033);
}

#[tokio::test]
async fn contents_that_break_a_rule_are_refused() {
    let part = |part: Value| json!([{"parts": [part]}]);
    for (contents, at) in [
        (json!([{"role": "system", "parts": [{"text": "a"}]}]), "contents[0].role"),
        (json!([{"role": "assistant", "parts": [{"text": "a"}]}]), "contents[0].role"),
        (json!([{"role": "user"}]), "contents[0].parts"),
        (json!([{"parts": []}]), "contents[0].parts"),
        (json!([{"text": "a"}]), "contents[0]"),
        (part(json!({})), "contents[0].parts[0]"),
        (part(json!({"thought": true})), "contents[0].parts[0]"),
        (part(json!({"text": "a", "functionCall": {"name": "f"}})), "contents[0].parts[0]"),
        (part(json!({"text": 1})), "contents[0].parts[0].text"),
        (part(json!({"inlineData": {"data": "iVBO"}})), "contents[0].parts[0].inline_data.mime_type"),
        (part(json!({"inlineData": {"mimeType": "image/png"}})), "contents[0].parts[0].inline_data.data"),
        (
            part(json!({"inlineData": {"mimeType": "image/png", "data": "%"}})),
            "contents[0].parts[0].inline_data.data",
        ),
        (part(json!({"fileData": {"fileUri": "fox.png"}})), "file_data.file_uri"),
        (part(json!({"functionCall": {"args": {}}})), "contents[0].parts[0].function_call.name"),
        (part(json!({"functionResponse": {"name": "f", "response": {}}})), "contents[0].parts"),
    ] {
        assert_eq!(field(&asked(contents.clone()).await.refusal(400)), at, "{contents}");
    }
}

#[tokio::test]
async fn an_instruction_is_checked_as_contents_are() {
    let body = json!({"contents": [{"parts": [{"text": "a"}]}], "systemInstruction": {"parts": []}});
    let error = generate(&simulator(), TEXT, &body).await.refusal(400);
    assert_eq!(field(&error), "system_instruction.parts");
    let body = json!({"contents": [{"parts": [{"text": "a"}]}], "systemInstruction": "Be brief"});
    let error = generate(&simulator(), TEXT, &body).await.refusal(400);
    assert_eq!(field(&error), "system_instruction");
}
