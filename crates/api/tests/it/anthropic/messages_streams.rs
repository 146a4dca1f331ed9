//! A message whose answer comes as it is written.

use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk, Usage};
use futures_util::stream;
use serde_json::{Value, json};

use super::messages::message;
use crate::support::{House, piece, usage, written};

const PATH: &str = "/v1/messages";

type Chunk = Result<StreamChunk, ProviderError>;

/// The events of a stream of these chunks, whose names are the types of their data.
async fn events(house: &House, chunks: Vec<Chunk>) -> Vec<Value> {
    house.vendor.will_write(Box::pin(stream::iter(chunks)));
    let mut events = house.post(PATH, message(json!({"stream": true}))).by("u1").events().await;
    let mut found = Vec::new();
    while let Some(event) = events.next().await {
        let data = event.data.unwrap();
        assert_eq!(event.name.as_deref(), data["type"].as_str());
        found.push(data);
    }
    found
}

fn start(index: u32, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u32, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u32) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn text(text: &str) -> Value {
    json!({"type": "text_delta", "text": text})
}

fn last(reason: &str, used: Usage) -> [Value; 2] {
    let usage = json!({
        "input_tokens": used.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": used.output_tokens,
    });
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage}),
        json!({"type": "message_stop"}),
    ]
}

fn call(index: u32, id: Option<&str>, arguments: &str) -> Chunk {
    let name = id.map(|id| format!("look-{id}"));
    let (id, arguments) = (id.map(str::to_owned), arguments.to_owned());
    piece(AnswerPiece::ToolCall { index, id, name, arguments })
}

#[tokio::test]
async fn an_answer_comes_as_anthropics_events() {
    let house = House::new().await;
    let mut found = events(&house, written(&["In ", "dens."])).await;
    let begun = found.remove(0);
    assert!(begun["message"]["id"].as_str().unwrap().starts_with("msg_"), "{begun}");
    assert_eq!((&begun["type"], &begun["message"]["content"]), (&json!("message_start"), &json!([])));
    assert_eq!(
        (&begun["message"]["model"], &begun["message"]["role"]),
        (&json!("talk"), &json!("assistant"))
    );
    let block = json!({"type": "text", "text": ""});
    let mut expected = vec![start(0, block), delta(0, text("In ")), delta(0, text("dens.")), stop(0)];
    expected.extend(last("end_turn", usage()));
    assert_eq!(found, expected);
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
}

#[tokio::test]
async fn thoughts_texts_and_calls_are_blocks_one_after_the_other() {
    let house = House::new().await;
    let chunks = vec![
        piece(AnswerPiece::Reasoning("Hm.".into())),
        piece(AnswerPiece::Text("I look.".into())),
        call(0, Some("a"), ""),
        call(0, None, "{\"at\":"),
        // A vendor that writes two at once.
        call(1, Some("b"), "{"),
        call(0, None, "1}"),
        call(1, None, "}"),
        piece(AnswerPiece::Finish(FinishReason::ToolCalls)),
        Ok(StreamChunk::Usage(usage())),
    ];
    let found = events(&house, chunks).await;
    let tool = |id: &str| json!({"type": "tool_use", "id": id, "name": format!("look-{id}"), "input": {}});
    let arguments = |more: &str| json!({"type": "input_json_delta", "partial_json": more});
    let mut expected = vec![
        start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        stop(0),
        start(1, json!({"type": "text", "text": ""})),
        delta(1, text("I look.")),
        stop(1),
        start(2, tool("a")),
        delta(2, arguments("{\"at\":")),
        delta(2, arguments("1}")),
        stop(2),
        start(3, tool("b")),
        delta(3, arguments("{}")),
        stop(3),
    ];
    expected.extend(last("tool_use", usage()));
    assert_eq!(found[1..], expected);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_and_is_not_whole() {
    let house = House::new().await;
    let broken = ProviderError::new(Reason::Failed, Effect::Started, "the vendor is gone");
    let found = events(&house, vec![piece(AnswerPiece::Text("In".into())), Err(broken)]).await;
    let error = json!({"type": "error", "error": {"type": "api_error", "message": "the vendor is gone"}});
    assert_eq!(found.last(), Some(&error));
    assert!(found.iter().all(|event| event["type"] != "message_stop"), "{found:?}");
}
