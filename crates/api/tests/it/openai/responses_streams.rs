//! A response whose answer comes as it is written.

use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use futures_util::stream;
use serde_json::{Value, json};

use super::responses::request;
use crate::support::{House, piece, usage, written};

const PATH: &str = "/v1/responses";

type Chunk = Result<StreamChunk, ProviderError>;

/// The events of a stream of these chunks, whose names are the types of their data.
async fn events(house: &House, chunks: Vec<Chunk>) -> Vec<Value> {
    house.vendor.will_write(Box::pin(stream::iter(chunks)));
    let mut events = house.post(PATH, request(json!({"stream": true}))).by("u1").events().await;
    let mut found = Vec::new();
    while let Some(event) = events.next().await {
        let data = event.data.unwrap();
        assert_eq!(event.name.as_deref(), data["type"].as_str());
        found.push(data);
    }
    found
}

fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["type"].as_str().unwrap());
    names.map(|name| name.strip_prefix("response.").unwrap_or(name)).collect()
}

#[tokio::test]
async fn an_answer_comes_as_openais_events() {
    let house = House::new().await;
    let found = events(&house, written(&["In ", "dens."])).await;
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(names(&found), expected);
    let numbers: Vec<_> = found.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let begun = &found[0]["response"];
    assert_eq!(
        (&begun["status"], &begun["output"], &begun["usage"]),
        (&json!("in_progress"), &json!([]), &Value::Null)
    );
    let item = &found[2]["item"];
    assert_eq!((&item["status"], &item["content"]), (&json!("in_progress"), &json!([])));
    for event in &found[3..8] {
        let place = (&event["item_id"], &event["output_index"], &event["content_index"]);
        assert_eq!(place, (&item["id"], &json!(0), &json!(0)), "{event}");
    }
    assert_eq!((&found[4]["delta"], &found[6]["text"]), (&json!("In "), &json!("In dens.")));
    let ended = &found[9]["response"];
    assert_eq!((&ended["id"], &ended["status"]), (&begun["id"], &json!("completed")));
    assert_eq!((&ended["output"], &ended["usage"]["total_tokens"]), (&json!([found[8]["item"]]), &json!(15)));
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
}

#[tokio::test]
async fn thoughts_texts_and_calls_are_items_with_events_of_their_own() {
    let house = House::new().await;
    let call = |index: u32, id: Option<&str>, arguments: &str| {
        let (id, name) = (id.map(str::to_owned), id.map(|id| format!("look-{id}")));
        piece(AnswerPiece::ToolCall { index, id, name, arguments: arguments.to_owned() })
    };
    let chunks = vec![
        piece(AnswerPiece::Reasoning("Hm.".into())),
        piece(AnswerPiece::Text("I look.".into())),
        call(0, Some("a"), "{"),
        call(1, Some("b"), "{"),
        call(0, None, "}"),
        call(1, None, "}"),
        piece(AnswerPiece::Finish(FinishReason::ToolCalls)),
        Ok(StreamChunk::Usage(usage())),
    ];
    let found = events(&house, chunks).await;
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(names(&found), expected);
    let output = found.last().unwrap()["response"]["output"].as_array().unwrap();
    let kinds: Vec<_> = output.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call", "function_call"]);
    for (item, id) in output[2..].iter().zip(["a", "b"]) {
        let name = format!("look-{id}");
        assert_eq!(
            (&item["call_id"], &item["name"], &item["arguments"]),
            (&json!(id), &json!(name), &json!("{}"))
        );
    }
}

#[tokio::test]
async fn an_answer_that_was_too_long_is_incomplete() {
    let house = House::new().await;
    let text = piece(AnswerPiece::Text("In".into()));
    let found = events(&house, vec![text, piece(AnswerPiece::Finish(FinishReason::Length))]).await;
    let last = found.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_and_is_not_whole() {
    let house = House::new().await;
    let broken = ProviderError::new(Reason::Failed, Effect::Started, "the vendor is gone");
    let found = events(&house, vec![piece(AnswerPiece::Text("In".into())), Err(broken)]).await;
    let last = found.last().unwrap();
    assert_eq!((&last["type"], &last["message"]), (&json!("error"), &json!("the vendor is gone")));
    assert!(found.iter().all(|event| event["type"] != "response.completed"), "{found:?}");
}
