use fourfold_clients::aihubmix::MockAihubmixApi;
use fourfold_clients::openai::{ChatChunk, ChatCompletion, Embeddings};
use fourfold_domain::{AnswerPiece, Effect, GenerationResult, Generator, Reason, StreamChunk, Usage};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{check_limits, context, hi, provider, text, wire};

fn completion(finish_reason: &str) -> ChatCompletion {
    let message = json!({"role": "assistant", "content": "Hm.", "reasoning_content": "A fox?"});
    let choice = json!({"index": 0, "finish_reason": finish_reason, "message": message});
    let usage = json!({"prompt_tokens": 12, "completion_tokens": 7});
    serde_json::from_value(json!({"choices": [choice], "usage": usage})).unwrap()
}

/// What the client is asked for an input.
async fn sent(model: &str, input: Value) -> Value {
    let mut api = MockAihubmixApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_chat_completion().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(completion("stop"))
    });
    provider(api).generate(text(model, input), context(model)).await.unwrap();
    rx.recv().unwrap()
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_wire() {
    let function = json!({"name": "look", "parameters": {"type": "object"}});
    for (model, name, value, at, expected) in [
        ("gpt-5", "max_tokens", json!(7), "/max_completion_tokens", json!(7)),
        ("gpt-5", "reasoning_effort", json!("low"), "/reasoning_effort", json!("low")),
        ("gpt-5", "verbosity", json!("low"), "/verbosity", json!("low")),
        ("gpt-4o", "temperature", json!(0.5), "/temperature", json!(0.5)),
        ("gpt-4o", "n", json!(2), "/n", json!(2)),
        ("gpt-4o", "seed", json!(3), "/seed", json!(3)),
        ("gpt-4o", "presence_penalty", json!(0.5), "/presence_penalty", json!(0.5)),
        ("claude-sonnet-5", "max_tokens", json!(7), "/max_tokens", json!(7)),
        ("claude-sonnet-5", "temperature", json!(0.5), "/temperature", json!(0.5)),
        ("claude-sonnet-5", "stop", json!("END"), "/stop", json!(["END"])),
        ("gemini-3.8-flash", "top_p", json!(0.5), "/top_p", json!(0.5)),
        (
            "deepseek-v4-pro",
            "response_format",
            json!({"type": "json_object"}),
            "/response_format/type",
            json!("json_object"),
        ),
        (
            "gpt-4o",
            "tools",
            json!([{"type": "function", "function": function}]),
            "/tools/0/function",
            function.clone(),
        ),
    ] {
        let sent = sent(model, hi(json!({name: value}))).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{model} {name}: {sent}");
    }
}

#[tokio::test]
async fn a_limit_goes_where_the_models_vendor_reads_it() {
    for (model, field, other) in [
        ("gpt-5-mini", "max_completion_tokens", "max_tokens"),
        ("o3", "max_completion_tokens", "max_tokens"),
        ("claude-sonnet-5", "max_tokens", "max_completion_tokens"),
        ("gemini-3.8-flash", "max_tokens", "max_completion_tokens"),
        ("deepseek-v4-pro", "max_tokens", "max_completion_tokens"),
    ] {
        let sent = sent(model, hi(json!({"max_tokens": 9}))).await;
        assert_eq!((&sent[field], sent.get(other)), (&json!(9), None), "{model}");
    }
}

#[tokio::test]
async fn tools_are_chosen_only_where_there_are_any() {
    let tool = json!({"type": "function", "function": {"name": "look"}});
    let choice = |tools: Value| hi(json!({"tools": tools, "tool_choice": "auto"}));
    assert_eq!(sent("gpt-4o", choice(json!([tool]))).await["tool_choice"], "auto");
    let without = sent("gpt-4o", choice(json!([]))).await;
    assert_eq!((without.get("tools"), without.get("tool_choice")), (None, None));
    let named = json!({"type": "function", "function": {"name": "look"}});
    check_limits(
        "gpt-4o",
        &[
            (hi(json!({"tool_choice": "auto"})), None),
            (hi(json!({"tool_choice": "none", "tools": []})), None),
            (hi(json!({"tool_choice": "required", "tools": [tool]})), None),
            (hi(json!({"tool_choice": "required", "tools": []})), Some("input.tool_choice")),
            (hi(json!({"tool_choice": named})), Some("input.tool_choice")),
        ],
    );
}

#[test]
fn each_models_limits_are_its_own() {
    check_limits(
        "claude-sonnet-5",
        &[
            (hi(json!({"max_tokens": 64_000, "n": 1})), None),
            (hi(json!({"max_tokens": 64_001})), Some("input.max_tokens")),
            (hi(json!({"temperature": 1.1})), Some("input.temperature")),
            (hi(json!({"n": 2})), Some("input.n")),
            (hi(json!({"seed": 1})), Some("input.seed")),
        ],
    );
    check_limits(
        "gemini-3.8-flash-nothink",
        &[
            (hi(json!({"max_tokens": 65_536, "temperature": 2.0})), None),
            (hi(json!({"max_tokens": 65_537})), Some("input.max_tokens")),
        ],
    );
    check_limits("deepseek-v4-pro", &[(hi(json!({"max_tokens": 384_001})), Some("input.max_tokens"))]);
    check_limits("text-embedding-3-small", &[(json!({"texts": vec!["x"; 2049]}), Some("input.texts"))]);
}

#[tokio::test]
async fn an_answer_has_its_thoughts_and_its_usage() {
    let mut api = MockAihubmixApi::new();
    api.expect_chat_completion().returning(|_| Ok(completion("stop")));
    let result = provider(api).generate(text("gpt-5", hi(json!({}))), context("gpt-5")).await.unwrap();
    let GenerationResult::Chat(chat) = result else { panic!("that is no chat") };
    assert_eq!((&*chat.answers[0].text, chat.answers[0].reasoning.as_deref()), ("Hm.", Some("A fox?")));
    assert_eq!(chat.usage, Usage { input_tokens: 12, output_tokens: 7, ..Usage::default() });
}

#[tokio::test]
async fn a_stream_says_the_same_in_pieces() {
    let mut api = MockAihubmixApi::new();
    api.expect_chat_completion_stream().times(1).returning(|request| {
        assert_eq!(wire(request)["stream_options"], json!({"include_usage": true}));
        let chunks = [
            json!({"choices": [{"index": 0, "delta": {"reasoning_content": "A fox?"}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": "Hm."}, "finish_reason": "stop"}]}),
        ];
        let chunks = chunks.map(|chunk| Ok(serde_json::from_value::<ChatChunk>(chunk).unwrap()));
        Ok(stream::iter(chunks).boxed())
    });
    let provider = provider(api);
    let asked = text("claude-sonnet-5", hi(json!({})));
    let chunks = provider.generate_stream(asked, context("claude-sonnet-5")).await.unwrap();
    let chunks: Vec<_> = chunks.try_collect().await.unwrap();
    let piece = |piece| StreamChunk::Answer { index: 0, piece };
    assert_eq!(
        chunks[..2],
        [piece(AnswerPiece::Reasoning("A fox?".into())), piece(AnswerPiece::Text("Hm.".into()))]
    );
    // Claude's usage may be missing here.
    assert!(matches!(chunks.last(), Some(StreamChunk::Usage(usage)) if usage.input_tokens > 0), "{chunks:?}");
}

#[tokio::test]
async fn an_answer_that_a_models_vendor_broke_off_is_a_failure() {
    let mut api = MockAihubmixApi::new();
    api.expect_chat_completion().returning(|_| Ok(completion("insufficient_system_resource")));
    let asked = text("deepseek-v4-pro", hi(json!({})));
    let error = provider(api).generate(asked, context("deepseek-v4-pro")).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::Started));
}

#[tokio::test]
async fn vectors_come_and_are_no_stream() {
    let mut api = MockAihubmixApi::new();
    api.expect_embeddings().times(1).returning(|request| {
        assert_eq!(wire(request)["dimensions"], 8);
        let answer = json!({"data": [{"index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 3}});
        Ok(serde_json::from_value::<Embeddings>(answer).unwrap())
    });
    let model = "text-embedding-3-small";
    let asked = || text(model, json!({"texts": ["a"], "dimensions": 8}));
    let provider = provider(api);
    let result = provider.generate(asked(), context(model)).await.unwrap();
    assert_eq!(result.usage().input_tokens, 3);
    let streamed = provider.generate_stream(asked(), context(model)).await;
    assert_eq!(streamed.map(|_| ()).unwrap_err().reason, Reason::Unsupported);
}
