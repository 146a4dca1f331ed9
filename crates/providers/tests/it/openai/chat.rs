use fourfold_clients::openai::{ChatChunk, ChatCompletion, Embeddings, MockOpenAiApi};
use fourfold_domain::{
    AnswerPiece, FinishReason, GenerationResult, Generator, Modality, Reason, StreamChunk, Usage,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{context, provider, text, wire};

const COMPLETION: &str = r#"{
    "id": "chatcmpl-1", "model": "gpt-5-mini-2026", "service_tier": "flex", "novel": "kept",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "Hm.", "reasoning_content": "A fox?", "refusal": null,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2}}}"#;

/// What the client is asked for an input.
async fn sent(input: Value) -> Value {
    let mut api = MockOpenAiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_chat_completion().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(serde_json::from_str::<ChatCompletion>(COMPLETION).unwrap())
    });
    provider(api).generate(text(Modality::Chat, input), context("gpt-5-mini")).await.unwrap();
    rx.recv().unwrap()
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_wire() {
    let hi = json!({"role": "user", "content": "Hi"});
    for (name, value, at, expected) in [
        ("max_tokens", json!(7), "/max_completion_tokens", json!(7)),
        ("n", json!(2), "/n", json!(2)),
        ("temperature", json!(0.5), "/temperature", json!(0.5)),
        ("top_p", json!(0.5), "/top_p", json!(0.5)),
        ("seed", json!(3), "/seed", json!(3)),
        ("stop", json!("END"), "/stop", json!(["END"])),
        ("reasoning_effort", json!("low"), "/reasoning_effort", json!("low")),
        ("verbosity", json!("low"), "/verbosity", json!("low")),
        ("response_format", json!({"type": "json_object"}), "/response_format/type", json!("json_object")),
        ("tool_choice", json!("required"), "/tool_choice", json!("required")),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]),
            "/tools/0/function",
            json!({"name": "look", "parameters": {"type": "object"}}),
        ),
    ] {
        let sent = sent(json!({"messages": [hi], name: value})).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{name}: {sent}");
    }
}

#[tokio::test]
async fn messages_of_all_kinds_go_over() {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        ]},
        {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
        ], "reasoning_content": "Hm."},
        {"role": "tool", "tool_call_id": "c1", "content": "A fox."},
    ]);
    assert_eq!(sent(json!({"messages": messages})).await["messages"], messages);
}

#[tokio::test]
async fn an_answer_loses_nothing() {
    let mut api = MockOpenAiApi::new();
    api.expect_chat_completion().returning(|_| Ok(serde_json::from_str(COMPLETION).unwrap()));
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi"}]}));
    let result = provider(api).generate(request, context("gpt-5-mini")).await.unwrap();
    let GenerationResult::Chat(chat) = result else { panic!("that is no chat") };
    let answer = &chat.answers[0];
    assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("Hm.", Some("A fox?")));
    assert_eq!((answer.tool_calls[0].id.as_str(), &answer.finish_reason), ("c1", &FinishReason::ToolCalls));
    let usage = Usage {
        input_tokens: 12,
        cached_input_tokens: 4,
        output_tokens: 7,
        reasoning_tokens: 2,
        ..Usage::default()
    };
    assert_eq!(chat.usage, usage);
    for (fact, value) in
        [("id", "chatcmpl-1"), ("model", "gpt-5-mini-2026"), ("service_tier", "flex"), ("novel", "kept")]
    {
        assert_eq!(chat.vendor[fact], value);
    }
}

#[tokio::test]
async fn a_stream_says_the_same_in_pieces() {
    let chunks = [
        json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"reasoning_content": "A fox?"}}]}),
        json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": "Hm."}}]}),
        json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"tool_calls": [
            {"index": 0, "id": "c1", "function": {"name": "look", "arguments": ""}}]}}]}),
        json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
        json!({"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 7}}),
    ];
    let mut api = MockOpenAiApi::new();
    api.expect_chat_completion_stream().returning(move |request| {
        assert_eq!(wire(request)["stream_options"], json!({"include_usage": true}));
        let chunks = chunks.clone().map(|chunk| Ok(serde_json::from_value::<ChatChunk>(chunk).unwrap()));
        Ok(stream::iter(chunks).boxed())
    });
    let request = text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi"}]}));
    let chunks = provider(api).generate_stream(request, context("gpt-5-mini")).await.unwrap();
    let chunks: Vec<_> = chunks.try_collect().await.unwrap();
    let piece = |piece| StreamChunk::Answer { index: 0, piece };
    let call = AnswerPiece::ToolCall {
        index: 0,
        id: Some("c1".into()),
        name: Some("look".into()),
        arguments: String::new(),
    };
    let facts = json!({"id": "chatcmpl-1"}).as_object().unwrap().clone();
    assert_eq!(
        chunks,
        [
            piece(AnswerPiece::Reasoning("A fox?".into())),
            piece(AnswerPiece::Text("Hm.".into())),
            piece(call),
            piece(AnswerPiece::Finish(FinishReason::ToolCalls)),
            StreamChunk::Vendor(facts),
            StreamChunk::Usage(Usage { input_tokens: 12, output_tokens: 7, ..Usage::default() }),
        ]
    );
}

#[tokio::test]
async fn vectors_come_in_the_order_of_their_texts() {
    let answer = r#"{"model": "m", "data": [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}],
        "usage": {"prompt_tokens": 5}}"#;
    let mut api = MockOpenAiApi::new();
    api.expect_embeddings().returning(move |request| {
        assert_eq!(wire(request)["dimensions"], 8);
        Ok(serde_json::from_str::<Embeddings>(answer).unwrap())
    });
    let provider = provider(api);
    let ask = |texts: Value| {
        let request = text(Modality::Embedding, json!({"texts": texts, "dimensions": 8}));
        provider.generate(request, context("text-embedding-3-small"))
    };
    let GenerationResult::Embedding(embedding) = ask(json!(["a", "b"])).await.unwrap() else { panic!() };
    assert_eq!((embedding.vectors, embedding.usage.input_tokens), (vec![vec![1.0], vec![2.0]], 5));
    assert_eq!(ask(json!(["a"])).await.unwrap_err().reason, Reason::Unreadable, "two vectors for one text");
}
