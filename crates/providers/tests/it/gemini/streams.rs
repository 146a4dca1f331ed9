use fourfold_clients::gemini::MockGeminiApi;
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_domain::{
    AnswerPiece, FinishReason, Generator, Modality, ProviderError, Reason, StreamChunk, Usage,
};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};

use super::{answer, context, provider, text};

/// What comes of a stream of these, and of an error behind them.
async fn told(chunks: Value, is_broken: bool) -> Vec<Result<StreamChunk, ProviderError>> {
    let mut api = MockGeminiApi::new();
    api.expect_generate_content_stream().times(1).returning(move |_| {
        let chunks = chunks.as_array().unwrap().clone().into_iter().map(|chunk| Ok(answer(chunk)));
        let broken = is_broken.then(|| {
            let error = ClientError::new(ErrorKind::Status, http::Effect::Started);
            Err(error.with_code("RESOURCE_EXHAUSTED".to_owned()))
        });
        Ok(stream::iter(chunks.chain(broken).collect::<Vec<_>>()).boxed())
    });
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi"}]}));
    let chunks = provider(api).generate_stream(request, context("gemini-3.8-flash")).await.unwrap();
    chunks.collect().await
}

fn chunk(parts: Value) -> Value {
    let usage = json!({"promptTokenCount": 12, "thoughtsTokenCount": 2});
    json!({"candidates": [{"content": {"parts": parts}}], "usageMetadata": usage, "responseId": "r1"})
}

fn piece(piece: AnswerPiece) -> Result<StreamChunk, ProviderError> {
    Ok(StreamChunk::Answer { index: 0, piece })
}

fn call(index: u32, id: &str, name: &str, arguments: &str) -> AnswerPiece {
    let (id, name) = (Some(id.to_owned()), Some(name.to_owned()));
    AnswerPiece::ToolCall { index, id, name, arguments: arguments.to_owned() }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_stream_says_the_same_in_pieces() {
    let look = json!({"functionCall": {"id": "c1", "name": "look", "args": {"at": 1}}, "thoughtSignature": "Y2FsbA=="});
    let last = json!({
        "candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "c2F5"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 12, "thoughtsTokenCount": 2, "candidatesTokenCount": 5},
        "modelVersion": "gemini-3.8-flash-001", "responseId": "r1",
    });
    let chunks = json!([
        chunk(json!([{"text": "A fox?", "thought": true}])),
        chunk(json!([{"text": "H"}])),
        chunk(json!([{"text": "m."}, look])),
        chunk(json!([{"functionCall": {"name": "nod"}}])),
        last,
    ]);
    let extras = json!({"thought_signature": "c2F5", "thought_signatures": {"c1": "Y2FsbA=="}});
    let facts = json!({"id": "r1", "model": "gemini-3.8-flash-001", "finish_reasons": ["STOP"]});
    let usage = Usage {
        input_tokens: 12,
        output_tokens: 7,
        reasoning_tokens: 2,
        cached_input_tokens: 0,
        ..Usage::default()
    };
    assert_eq!(
        told(chunks, false).await,
        [
            piece(AnswerPiece::Reasoning("A fox?".into())),
            piece(AnswerPiece::Text("H".into())),
            piece(AnswerPiece::Text("m.".into())),
            piece(call(0, "c1", "look", r#"{"at":1}"#)),
            piece(call(1, "fourfold-r1-1", "nod", "{}")),
            piece(AnswerPiece::Extras(object(extras))),
            piece(AnswerPiece::Finish(FinishReason::ToolCalls)),
            Ok(StreamChunk::Vendor(object(facts))),
            Ok(StreamChunk::Usage(usage)),
        ]
    );
}

#[tokio::test]
async fn what_the_filter_stops_ends_with_what_was_said() {
    let last = json!({"candidates": [{"finishReason": "SAFETY", "finishMessage": "No."}]});
    let chunks = told(json!([chunk(json!([{"text": "To make"}])), last]), false).await;
    assert_eq!(
        chunks[..3],
        [
            piece(AnswerPiece::Text("To make".into())),
            piece(AnswerPiece::Refusal("No.".into())),
            piece(AnswerPiece::Finish(FinishReason::ContentFilter)),
        ]
    );
}

#[tokio::test]
async fn a_blocked_prompt_ends_the_stream_as_refused() {
    let feedback = json!({"blockReason": "PROHIBITED_CONTENT"});
    let chunks = told(json!([{"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 8}}]), false);
    let chunks = chunks.await;
    let [Err(error)] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!((error.reason, &error.vendor["code"]), (Reason::Refused, &json!("PROHIBITED_CONTENT")));
}

#[tokio::test]
async fn a_broken_stream_tells_what_was_used_and_ends_with_its_error() {
    let chunks = told(json!([chunk(json!([{"text": "H"}]))]), true).await;
    let [_, Ok(StreamChunk::Usage(usage)), Err(error)] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!((usage.input_tokens, error.reason), (12, Reason::RateLimited));
}

#[tokio::test]
async fn answers_end_each_for_itself_and_what_is_estimated_says_so() {
    let said = |index, text: &str| {
        let content = json!({"parts": [{"text": text}]});
        json!({"candidates": [{"index": index, "content": content, "finishReason": "STOP"}]})
    };
    let chunks = told(json!([said(0, "One."), said(1, "Two.")]), false).await;
    let chunks: Vec<_> = chunks.into_iter().map(Result::unwrap).collect();
    let finish = |index| StreamChunk::Answer { index, piece: AnswerPiece::Finish(FinishReason::Stop) };
    assert_eq!(chunks[2..4], [finish(0), finish(1)]);
    let StreamChunk::Vendor(facts) = &chunks[4] else { panic!("{chunks:?}") };
    assert_eq!((&facts["usage"], chunks.len()), (&json!("estimated"), 6));
}

#[tokio::test]
async fn vectors_do_not_come_as_a_stream() {
    let request = text(Modality::Embedding, json!({"texts": "a"}));
    let provider = provider(MockGeminiApi::new());
    let error = provider.generate_stream(request, context("gemini-embedding-2")).await.err().unwrap();
    assert_eq!(error.reason, Reason::Unsupported);
}
