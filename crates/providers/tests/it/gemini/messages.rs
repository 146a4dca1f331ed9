use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_clients::gemini::MockGeminiApi;
use fourfold_domain::{
    AttemptContext, Effect, Generator, MediaInput, MediaReader, Modality, OpenMedia, ProviderError, Reason,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::chat::sent;
use super::{PNG, context, provider, text};

async fn contents(messages: Value) -> Value {
    sent(json!({"messages": messages})).await["contents"].take()
}

async fn refused(message: Value) -> ProviderError {
    let request = text(Modality::Chat, json!({"messages": [message]}));
    let provider = provider(MockGeminiApi::new());
    let error = provider.generate(request, context("gemini-3.8-flash")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    error
}

#[tokio::test]
async fn messages_of_all_kinds_go_over() {
    let sent = sent(json!({"messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": PNG}},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"}},
        ]},
        {"role": "developer", "content": "In English."},
        {"role": "assistant", "content": "A fox.", "reasoning_content": "Hm.", "thought_signature": "c2F5"},
        {"role": "user", "content": ""},
    ]}))
    .await;
    let inline = |media_type: &str, data: &str| json!({"inlineData": {"mimeType": media_type, "data": data}});
    let system = json!({"parts": [{"text": "Be brief."}, {"text": "In English."}]});
    assert_eq!(sent["systemInstruction"], system);
    let first = json!([
        {"text": "ann:"},
        {"text": "What is this?"},
        inline("image/png", "UE5H"),
        inline("audio/wav", "UklGRg=="),
        inline("application/pdf", "JVBE"),
    ]);
    assert_eq!(
        sent["contents"],
        json!([
            {"role": "user", "parts": first},
            {"role": "model", "parts": [{"text": "A fox.", "thoughtSignature": "c2F5"}]},
            {"role": "user", "parts": [{"text": ""}]},
        ])
    );
}

#[tokio::test]
async fn calls_whose_signatures_are_not_known_say_so_once() {
    let call =
        |id: &str| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}});
    let contents = contents(json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": [call("c1"), call("c2")]},
        {"role": "tool", "tool_call_id": "c1", "content": "A fox."},
        {"role": "tool", "tool_call_id": "c2", "content": "A crow."},
    ]))
    .await;
    let called = |id: &str| json!({"id": id, "name": "look", "args": {}});
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"functionCall": called("c1"), "thoughtSignature": "skip_thought_signature_validator"},
            {"functionCall": called("c2")},
        ])
    );
}

#[tokio::test]
async fn calls_go_back_with_their_ids_and_signatures() {
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let calls = json!([
        call("c1", "look", r#"{"at": 1}"#),
        call("fourfold-r1-1", "nod", ""),
        call("c3", "wait", "{}"),
    ]);
    let contents = contents(json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": calls, "thought_signatures": {"c1": "Y2FsbA=="}},
        {"role": "tool", "tool_call_id": "c1", "content": "A fox."},
        {"role": "tool", "tool_call_id": "fourfold-r1-1", "content": r#"{"nodded": true}"#},
        {"role": "tool", "tool_call_id": "c3", "content": r#"{"why": "late"}"#, "is_error": true},
        {"role": "assistant", "refusal": "No.", "content": [], "thought_signature": "c2F5"},
        {"role": "tool", "tool_call_id": "c9", "name": "sing", "content": "La."},
    ]))
    .await;
    let called = json!([
        {"functionCall": {"id": "c1", "name": "look", "args": {"at": 1}}, "thoughtSignature": "Y2FsbA=="},
        {"functionCall": {"name": "nod", "args": {}}},
        {"functionCall": {"id": "c3", "name": "wait", "args": {}}},
    ]);
    let given = json!([
        {"functionResponse": {"id": "c1", "name": "look", "response": {"output": "A fox."}}},
        {"functionResponse": {"name": "nod", "response": {"nodded": true}}},
        {"functionResponse": {"id": "c3", "name": "wait", "response": {"error": r#"{"why": "late"}"#}}},
    ]);
    let sung = json!({"functionResponse": {"id": "c9", "name": "sing", "response": {"output": "La."}}});
    assert_eq!(
        contents,
        json!([
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": called},
            {"role": "user", "parts": given},
            {"role": "model", "parts": [{"text": "No.", "thoughtSignature": "c2F5"}]},
            {"role": "user", "parts": [sung]},
        ])
    );
}

#[tokio::test]
async fn a_signature_of_nothing_said_goes_back_alone() {
    let silent = json!({"role": "assistant", "content": [], "thought_signature": "c2F5"});
    let contents = contents(json!([{"role": "user", "content": "Hi"}, silent])).await;
    assert_eq!(contents[1]["parts"], json!([{"text": "", "thoughtSignature": "c2F5"}]));
}

#[tokio::test]
async fn what_is_wrong_within_a_message_is_named_and_begins_nothing() {
    let image = json!({"type": "image_url", "image_url": "data:audio/wav;base64,UklGRg=="});
    let image = json!({"role": "user", "content": [{"type": "text", "text": "x"}, image]});
    let sound = json!({"role": "user", "content": [{"type": "input_audio", "input_audio": PNG}]});
    let link = json!({"type": "image_url", "image_url": "https://x.test/a.png"});
    let call = json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": "[1]"}});
    for (message, expected) in [
        (image, "input.messages[0].content[1] must be of a media type image/…, not audio/wav"),
        (sound, "input.messages[0].content[0] must be of a media type audio/…, not image/png"),
        (json!({"role": "user", "content": [link]}), "only data URIs can be read here"),
        (
            json!({"role": "assistant", "tool_calls": [call]}),
            "input.messages[0].tool_calls[0].function.arguments must be a JSON object",
        ),
        (
            json!({"role": "tool", "tool_call_id": "c1", "content": "x"}),
            "input.messages[0].tool_call_id must be the id of a tool call in a message before",
        ),
    ] {
        assert_eq!(refused(message).await.message, expected);
    }
}

/// Gives more than half of what a request may have, whatever is asked for.
struct Half;

#[async_trait]
impl MediaReader for Half {
    async fn open(&self, _input: &MediaInput) -> Result<OpenMedia, ProviderError> {
        let bytes = Bytes::from(vec![0; 33 << 20]);
        let length = Some(bytes.len() as u64);
        let body = stream::once(async move { Ok(bytes) }).boxed();
        Ok(OpenMedia { media_type: "image/png".to_owned(), length, body })
    }
}

#[tokio::test]
async fn media_of_one_request_have_a_limit_together() {
    let image = json!({"type": "image_url", "image_url": "https://x.test/a.png"});
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": [image, image]}]}));
    let context = AttemptContext { media: Arc::new(Half), ..context("gemini-3.8-flash") };
    let error = provider(MockGeminiApi::new()).generate(request, context).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert_eq!(error.message, format!("a file has more than the {} bytes that the vendor takes", 31 << 20));
}
