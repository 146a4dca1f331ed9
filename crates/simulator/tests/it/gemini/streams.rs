//! What comes in chunks.

use serde_json::{Value, json};

use super::{TEXT, generate, hi, path};
use crate::support::{Answered, post, simulator};

async fn stream(query: &str, body: &Value) -> Answered {
    post(&simulator(), &format!("{}{query}", path(TEXT, "streamGenerateContent")), body).await
}

fn text(chunk: &Value) -> &str {
    chunk["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn events_add_up_to_the_whole_answer() {
    let whole = generate(&simulator(), TEXT, &hi(json!({}))).await.json();
    let answer = stream("?alt=sse", &hi(json!({}))).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(!answer.text().contains("event:") && !answer.text().contains("[DONE]"));
    let chunks = answer.json_events();
    assert_eq!(chunks.iter().map(text).collect::<String>(), text(&whole));
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!(last["usageMetadata"], whole["usageMetadata"]);
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    for chunk in others {
        assert_eq!(chunk["candidates"][0].get("finishReason"), None);
        assert_eq!(chunk["responseId"], last["responseId"]);
    }
}

#[tokio::test]
async fn each_chunk_says_what_all_cost_so_far() {
    let chunks = stream("?alt=sse", &hi(json!({}))).await.json_events();
    let totals: Vec<_> =
        chunks.iter().map(|chunk| chunk["usageMetadata"]["candidatesTokenCount"].as_u64().unwrap()).collect();
    assert_eq!(totals, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(chunks.iter().all(|chunk| chunk["usageMetadata"]["promptTokenCount"] == 2));
}

#[tokio::test]
async fn without_asking_for_events_the_chunks_are_one_array() {
    let events = stream("?alt=sse", &hi(json!({}))).await.json_events();
    for query in ["", "?alt=json"] {
        let answer = stream(query, &hi(json!({}))).await;
        assert_eq!(answer.json(), json!(events));
        assert_eq!(answer.header("content-length"), "");
    }
    stream("?alt=xml", &hi(json!({}))).await.refusal(400);
}

#[tokio::test]
async fn a_call_of_a_function_comes_whole() {
    let function = json!({"name": "weather", "parameters": {"properties": {"city": {"type": "STRING"}}}});
    let asked = hi(json!({"tools": [{"functionDeclarations": [function]}]}));
    let chunks = stream("?alt=sse", &asked).await.json_events();
    let [chunk] = chunks.as_slice() else { panic!("{chunks:?}") };
    let candidate = &chunk["candidates"][0];
    assert_eq!(candidate["content"]["parts"][0]["functionCall"]["args"], json!({"city": "Say hi"}));
    assert_eq!(candidate["finishReason"], "STOP");
}

#[tokio::test]
async fn thoughts_come_before_the_answer() {
    let config = json!({"generationConfig": {"thinkingConfig": {"includeThoughts": true}}});
    let chunks = stream("?alt=sse", &hi(config)).await.json_events();
    let is_thought = |chunk: &&Value| chunk["candidates"][0]["content"]["parts"][0]["thought"] == json!(true);
    let thought: String = chunks.iter().take_while(is_thought).map(text).collect();
    let answer: String = chunks.iter().skip_while(is_thought).map(text).collect();
    assert_eq!(thought, "This is a simulated thought about: Say hi");
    assert_eq!(answer, "This is a simulated answer to: Say hi");
}

#[tokio::test]
async fn a_blocked_prompt_is_one_chunk() {
    let contents = json!({"contents": [{"parts": [{"text": "[filtered]"}]}]});
    let chunks = stream("?alt=sse", &contents).await.json_events();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0]["promptFeedback"]["blockReason"], "SAFETY");
    let setting = json!({"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": "OFF"});
    let asked = super::merged(contents, json!({"safetySettings": [setting]}));
    let chunks = stream("?alt=sse", &asked).await.json_events();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0]["candidates"][0]["finishReason"], "PROHIBITED_CONTENT");
}

#[tokio::test]
async fn candidates_come_one_after_the_other() {
    let config = json!({"generationConfig": {"candidateCount": 2}});
    let chunks = stream("?alt=sse", &hi(config)).await.json_events();
    let ended: Vec<_> = chunks
        .iter()
        .filter(|chunk| chunk["candidates"][0].get("finishReason").is_some())
        .map(|chunk| chunk["candidates"][0]["index"].clone())
        .collect();
    assert_eq!(ended, [0, 1]);
    assert_eq!(chunks.last().unwrap()["usageMetadata"]["candidatesTokenCount"], 16);
    assert_eq!(chunks.last().unwrap()["usageMetadata"]["thoughtsTokenCount"], 16);
}
