use fourfold_clients::anthropic::{
    AnthropicApi, ContentBlock, MessageEvent, MessageSoFar, StopReason, Thinking, Tool,
};
use fourfold_clients::http::ErrorKind;
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::support::{hello, simulated};

fn recorded() -> Vec<MessageEvent> {
    let lines = include_str!("wire/create_message.stream.txt").lines();
    let data = lines.filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn event(value: Value) -> MessageEvent {
    serde_json::from_value(value).unwrap()
}

#[test]
fn events_add_up_to_the_message() {
    let mut so_far = MessageSoFar::default();
    recorded().into_iter().for_each(|event| so_far.add(event).unwrap());
    let expected = json!({
        "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-5",
        "content": [
            {"type": "thinking", "thinking": "Hmm.", "signature": "c2ln"},
            {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "Hi"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome"}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 4},
    });
    assert_eq!(serde_json::to_value(so_far.into_message().unwrap()).unwrap(), expected);
}

#[test]
fn arguments_that_were_cut_off_are_left_as_text() {
    let begin =
        |block: Value| event(json!({"type": "content_block_start", "index": 0, "content_block": block}));
    let tool = |kind: &str| begin(json!({"type": kind, "id": "1", "name": "search", "input": {}}));
    let pieces = |pieces: &[&str]| -> Vec<MessageEvent> {
        let delta = |piece| json!({"type": "input_json_delta", "partial_json": piece});
        let step = |piece| event(json!({"type": "content_block_delta", "index": 0, "delta": delta(piece)}));
        pieces.iter().copied().map(step).collect()
    };
    for (kind, written, expected) in [
        ("tool_use", &["", "{\"q\"", ":1}"][..], json!({"q": 1})),
        ("server_tool_use", &["{\"q\":1}"], json!({"q": 1})),
        ("tool_use", &["{\"q\":"], json!("{\"q\":")),
        ("tool_use", &[""], json!({})),
        ("tool_use", &[], json!({})),
    ] {
        let mut so_far = MessageSoFar::default();
        so_far.add(recorded().remove(0)).unwrap();
        so_far.add(tool(kind)).unwrap();
        pieces(written).into_iter().for_each(|piece| so_far.add(piece).unwrap());
        so_far.add(event(json!({"type": "content_block_stop", "index": 0}))).unwrap();
        let message = serde_json::to_value(so_far.into_message().unwrap()).unwrap();
        assert_eq!(message["content"][0]["input"], expected, "{kind} {written:?}");
    }
}

#[test]
fn an_event_that_fits_nothing_is_an_error() {
    let text = json!({"type": "text_delta", "text": "Hi"});
    let wrong = [
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": text}),
        json!({"type": "content_block_stop", "index": 0}),
    ];
    for wrong in wrong {
        let mut so_far = MessageSoFar::default();
        assert_eq!(so_far.add(event(wrong.clone())).unwrap_err().kind(), ErrorKind::Decode);
        so_far.add(recorded().remove(0)).unwrap();
        assert_eq!(so_far.add(event(wrong)).unwrap_err().kind(), ErrorKind::Decode);
    }
    let mut so_far = MessageSoFar::default();
    recorded().into_iter().take(2).for_each(|event| so_far.add(event).unwrap());
    let error =
        so_far.add(event(json!({"type": "content_block_delta", "index": 0, "delta": text}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(MessageSoFar::default().into_message().is_none());
}

#[tokio::test]
async fn what_the_simulator_streams_adds_up_to_what_it_says_whole() {
    let (_simulator, client) = simulated();
    let weather = Tool::new("weather").input_schema(json!({"properties": {"city": {"type": "string"}}}));
    for request in [hello().thinking(Thinking::adaptive()), hello().tools([weather])] {
        let whole = client.create_message(&request).await.unwrap();
        let mut events = client.create_message_stream(&request).await.unwrap();
        let mut so_far = MessageSoFar::default();
        while let Some(event) = events.try_next().await.unwrap() {
            so_far.add(event).unwrap();
        }
        let mut message = so_far.into_message().unwrap();
        // The ids are new each time.
        message.id.clone_from(&whole.id);
        if let (Some(ContentBlock::ToolUse(call)), Some(ContentBlock::ToolUse(other))) =
            (message.content.last_mut(), whole.content.last())
        {
            call.id.clone_from(&other.id);
            assert_eq!(whole.stop_reason, Some(StopReason::ToolUse));
        }
        assert_eq!(message, whole);
    }
}
