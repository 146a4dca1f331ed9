//! Answers that are put together from their streams.

use fourfold_clients::gemini::{
    GeminiApi, GenerateContentResponse, GenerationConfig, Part, ResponseSoFar, ThinkingConfig,
};
use futures_util::TryStreamExt;

use super::support::{hello, simulated};
use crate::support::check_kept;

fn put_together(chunks: &str) -> GenerateContentResponse {
    let mut so_far = ResponseSoFar::default();
    for line in chunks.lines() {
        so_far.add(serde_json::from_str(line).unwrap());
    }
    so_far.into_response().unwrap()
}

#[test]
fn texts_go_on_and_all_else_is_added() {
    let chunks = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"H","thought":true}]}}],"responseId":"r"}
{"candidates":[{"content":{"parts":[{"text":"m","thought":true},{"text":"Hel"}]}}],"usageMetadata":{"totalTokenCount":1}}
{"candidates":[{"index":1,"content":{"parts":[{"text":"Hi"}]}}],"novel":1}
{"candidates":[{"content":{"parts":[{"text":"lo"},{"text":"","thoughtSignature":"cw=="}]}}]}
{"candidates":[{"content":{"parts":[{"text":"!"},{"inlineData":{"mimeType":"image/png","data":""}}]}}]}
{"candidates":[{"finishReason":"STOP","groundingMetadata":{}}],"usageMetadata":{"totalTokenCount":9},"novel":2}"#;
    check_kept(
        &put_together(chunks),
        r#"{
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [
                            {"text": "Hm", "thought": true},
                            {"text": "Hello"},
                            {"text": "", "thoughtSignature": "cw=="},
                            {"text": "!"},
                            {"inlineData": {"mimeType": "image/png", "data": ""}}
                        ]
                    },
                    "finishReason": "STOP",
                    "groundingMetadata": {}
                },
                {"index": 1, "content": {"parts": [{"text": "Hi"}]}}
            ],
            "usageMetadata": {"totalTokenCount": 9},
            "responseId": "r",
            "novel": 2
        }"#,
    );
}

#[test]
fn what_nobody_knows_of_a_text_keeps_it_apart() {
    let chunks = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}
{"candidates":[{"content":{"parts":[{"text":"b","smell":"roses"}]}}]}
{"candidates":[{"content":{"parts":[{"text":"c"}]}}]}"#;
    let response = put_together(chunks);
    let texts: Vec<_> = response.parts().iter().filter_map(|part| part.text.as_deref()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!(response.parts()[1], Part::of_text("b").with("smell", "roses"));
}

#[test]
fn nothing_is_put_together_from_nothing() {
    assert_eq!(ResponseSoFar::default().into_response(), None);
}

#[tokio::test]
async fn a_stream_of_the_simulator_comes_to_the_whole_answer() {
    let (_simulator, client) = simulated();
    let thinking = ThinkingConfig::default().include_thoughts(true);
    let config = GenerationConfig::default().thinking_config(thinking).candidate_count(2_u32);
    let request = hello().generation_config(config);
    let mut whole = client.generate_content(&request).await.unwrap();
    let mut chunks = client.generate_content_stream(&request).await.unwrap();
    let mut so_far = ResponseSoFar::default();
    while let Some(chunk) = chunks.try_next().await.unwrap() {
        so_far.add(chunk);
    }
    let together = so_far.into_response().unwrap();
    whole.response_id.clone_from(&together.response_id);
    assert_eq!(serde_json::to_value(together).unwrap(), serde_json::to_value(whole).unwrap());
}
