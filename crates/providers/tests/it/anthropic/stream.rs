use fourfold_clients::anthropic::{MessageEvent, MockAnthropicApi};
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_domain::{AnswerPiece, FinishReason, Generator, ProviderError, Reason, StreamChunk, Usage};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{NEW, context, hi, provider};

async fn chunks(events: &[Value]) -> Result<Vec<StreamChunk>, ProviderError> {
    let events = events.to_vec();
    let mut api = MockAnthropicApi::new();
    api.expect_create_message_stream().returning(move |_| {
        let events = events.clone().into_iter();
        let events = events.map(|event| Ok(serde_json::from_value::<MessageEvent>(event).unwrap()));
        Ok(stream::iter(events).boxed())
    });
    provider(api).generate_stream(hi(), context(NEW)).await?.try_collect().await
}

fn start() -> Value {
    let usage = json!({"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 5});
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-5", "content": [], "usage": usage}})
}

fn begin(index: u32, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u32, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u32) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    let usage = json!({"output_tokens": 9});
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}),
        json!({"type": "message_stop"}),
    ]
}

fn piece(piece: AnswerPiece) -> StreamChunk {
    StreamChunk::Answer { index: 0, piece }
}

fn call(index: u32, begun: Option<(&str, &str)>, arguments: &str) -> StreamChunk {
    let (id, name) = begun.map(|(id, name)| (id.to_owned(), name.to_owned())).unzip();
    piece(AnswerPiece::ToolCall { index, id, name, arguments: arguments.to_owned() })
}

#[tokio::test]
async fn a_stream_says_in_pieces_what_a_whole_answer_says() {
    let thinking = json!({"type": "thinking", "thinking": "", "signature": ""});
    let tool = |id: &str, name: &str| json!({"type": "tool_use", "id": id, "name": name, "input": {}});
    let mut events = vec![
        start(),
        begin(0, thinking.clone()),
        json!({"type": "ping"}),
        delta(0, json!({"type": "thinking_delta", "thinking": "A fox?"})),
        delta(0, json!({"type": "signature_delta", "signature": "s1"})),
        stop(0),
        begin(1, thinking),
        delta(1, json!({"type": "thinking_delta", "thinking": "Yes."})),
        delta(1, json!({"type": "signature_delta", "signature": "s2"})),
        stop(1),
        begin(2, json!({"type": "text", "text": ""})),
        delta(2, json!({"type": "text_delta", "text": "Look"})),
        delta(2, json!({"type": "text_delta", "text": "!"})),
        delta(2, json!({"type": "novel_delta"})),
        stop(2),
        begin(3, tool("c1", "look")),
        delta(3, json!({"type": "input_json_delta", "partial_json": ""})),
        delta(3, json!({"type": "input_json_delta", "partial_json": "{\"at\""})),
        delta(3, json!({"type": "input_json_delta", "partial_json": ":1}"})),
        stop(3),
        begin(4, tool("c2", "wait")),
        stop(4),
        json!({"type": "novel"}),
    ];
    events.extend(end("tool_use"));
    let blocks = json!([
        {"type": "thinking", "thinking": "A fox?", "signature": "s1"},
        {"type": "thinking", "thinking": "Yes.", "signature": "s2"},
    ]);
    let extras = json!({"thinking_blocks": blocks}).as_object().unwrap().clone();
    let usage = json!({"input_tokens": 10, "output_tokens": 9, "cache_read_input_tokens": 5});
    let vendor = json!({"id": "msg_1", "model": "claude-5", "stop_reason": "tool_use", "usage": usage});
    assert_eq!(
        chunks(&events).await.unwrap(),
        [
            piece(AnswerPiece::Reasoning("A fox?".into())),
            piece(AnswerPiece::Reasoning("\n\n".into())),
            piece(AnswerPiece::Reasoning("Yes.".into())),
            piece(AnswerPiece::Text("Look".into())),
            piece(AnswerPiece::Text("!".into())),
            call(0, Some(("c1", "look")), ""),
            call(0, None, "{\"at\""),
            call(0, None, ":1}"),
            call(1, Some(("c2", "wait")), ""),
            call(1, None, "{}"),
            piece(AnswerPiece::Extras(extras)),
            piece(AnswerPiece::Finish(FinishReason::ToolCalls)),
            StreamChunk::Vendor(vendor.as_object().unwrap().clone()),
            StreamChunk::Usage(Usage {
                input_tokens: 15,
                cached_input_tokens: 5,
                output_tokens: 9,
                ..Usage::default()
            }),
        ]
    );
}

#[tokio::test]
async fn a_refusal_within_a_stream_says_why() {
    let details = json!({"type": "refusal", "explanation": "Not this."});
    let last = json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}});
    let chunks = chunks(&[start(), last, json!({"type": "message_stop"})]).await.unwrap();
    assert_eq!(chunks[0], piece(AnswerPiece::Refusal("Not this.".into())));
    assert_eq!(chunks[1], piece(AnswerPiece::Finish(FinishReason::ContentFilter)));
}

#[tokio::test]
async fn events_out_of_order_are_no_answer() {
    let [_, over] = end("end_turn");
    for events in [vec![over], vec![begin(0, json!({"type": "text", "text": "x"}))], vec![start(), stop(3)]] {
        assert_eq!(chunks(&events).await.unwrap_err().reason, Reason::Unreadable, "{events:?}");
    }
}

#[tokio::test]
async fn a_broken_stream_says_what_the_vendor_told_and_ends_with_its_error() {
    // A message begins with a figure of what comes out that is none.
    for (more, told) in [(vec![], (15, 0)), (vec![end("end_turn")[0].clone()], (15, 9))] {
        let mut api = MockAnthropicApi::new();
        api.expect_create_message_stream().return_once(|_| {
            let events = [start()].into_iter().chain(more);
            let events = events.map(|event| Ok(serde_json::from_value::<MessageEvent>(event).unwrap()));
            let error = ClientError::new(ErrorKind::Interrupted, http::Effect::Started);
            Ok(stream::iter(events.chain([Err(error)]).collect::<Vec<_>>()).boxed())
        });
        let chunks: Vec<_> = provider(api).generate_stream(hi(), context(NEW)).await.unwrap().collect().await;
        let [Ok(StreamChunk::Usage(usage)), Err(error)] = &chunks[..] else { panic!("{chunks:?}") };
        assert_eq!((usage.input_tokens, usage.output_tokens), told);
        assert_eq!(error.reason, Reason::Unavailable);
    }
}

#[tokio::test]
async fn what_a_vendor_of_this_wire_does_not_tell_is_estimated() {
    let begun = json!({"type": "message_start", "message": {"content": []}});
    let text = delta(0, json!({"type": "text_delta", "text": "A red fox."}));
    let last = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}});
    let over = json!({"type": "message_stop"});
    let events = [begun, begin(0, json!({"type": "text", "text": ""})), text, stop(0), last, over];
    let chunks = chunks(&events).await.unwrap();
    let usage = Usage { input_tokens: 5, output_tokens: 3, ..Usage::default() };
    let fact = json!({"usage": "estimated"}).as_object().unwrap().clone();
    assert_eq!(chunks[chunks.len() - 2..], [StreamChunk::Vendor(fact), StreamChunk::Usage(usage)]);
    let whole = super::answered(json!({"content": [{"type": "text", "text": "A red fox."}]})).await;
    assert_eq!((whole.usage, &whole.vendor["usage"]), (usage, &json!("estimated")));
}
