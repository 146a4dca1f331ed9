use fourfold_clients::deepseek::MockDeepSeekApi;
use fourfold_clients::openai::{ChatChunk, ChatCompletion};
use fourfold_domain::{AnswerPiece, Effect, GenerationResult, Generator, Reason, StreamChunk, Usage};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{MODEL, asked, checked, context, provider, request};

const USAGE: &str = r#"{"prompt_tokens": 30, "completion_tokens": 12, "prompt_cache_hit_tokens": 10,
    "prompt_cache_miss_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 8}}"#;
const USED: Usage = Usage {
    input_tokens: 30,
    cached_input_tokens: 10,
    output_tokens: 12,
    reasoning_tokens: 8,
    cache_write_tokens: 0,
    cache_write_1h_tokens: 0,
};

fn completion(finish_reason: &str) -> ChatCompletion {
    let message = json!({"role": "assistant", "reasoning_content": "First ...", "content": "42"});
    let usage: Value = serde_json::from_str(USAGE).unwrap();
    let choice = json!({"index": 0, "finish_reason": finish_reason, "message": message});
    serde_json::from_value(json!({"id": "8f1c", "choices": [choice], "usage": usage})).unwrap()
}

/// What the client is asked for an input.
async fn sent(input: Value) -> Value {
    let mut api = MockDeepSeekApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_chat_completion().times(1).returning(move |request| {
        tx.send(serde_json::to_value(request).unwrap()).unwrap();
        Ok(completion("stop"))
    });
    provider(api).generate(request(input), context()).await.unwrap();
    rx.recv().unwrap()
}

async fn streamed(chunks: Vec<Value>) -> Vec<Result<StreamChunk, fourfold_domain::ProviderError>> {
    let mut api = MockDeepSeekApi::new();
    api.expect_chat_completion_stream().times(1).return_once(move |request| {
        assert_eq!(request.stream_options.as_ref().unwrap().include_usage, Some(true));
        let chunk = |chunk| Ok(serde_json::from_value::<ChatChunk>(chunk).unwrap());
        Ok(stream::iter(chunks.into_iter().map(chunk).collect::<Vec<_>>()).boxed())
    });
    provider(api).generate_stream(request(asked(json!({}))), context()).await.unwrap().collect().await
}

fn delta(delta: Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "8f1c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_wire() {
    let function = json!({"name": "look", "parameters": {"type": "object"}});
    for (name, value, at, expected) in [
        ("max_tokens", json!(7), "/max_tokens", json!(7)),
        ("thinking", json!("disabled"), "/thinking", json!({"type": "disabled"})),
        ("thinking", json!("enabled"), "/thinking", json!({"type": "enabled"})),
        ("reasoning_effort", json!("max"), "/reasoning_effort", json!("max")),
        ("temperature", json!(0.5), "/temperature", json!(0.5)),
        ("top_p", json!(0.5), "/top_p", json!(0.5)),
        ("presence_penalty", json!(0.5), "/presence_penalty", json!(0.5)),
        ("frequency_penalty", json!(0.5), "/frequency_penalty", json!(0.5)),
        ("stop", json!("END"), "/stop", json!(["END"])),
        ("response_format", json!({"type": "json_object"}), "/response_format/type", json!("json_object")),
        ("tool_choice", json!("required"), "/tool_choice", json!("required")),
        ("tools", json!([{"type": "function", "function": function}]), "/tools/0/function", function.clone()),
    ] {
        let sent = sent(asked(json!({name: value}))).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{name}: {sent}");
    }
}

#[tokio::test]
async fn what_is_left_out_is_said_nevertheless() {
    let sent = sent(asked(json!({}))).await;
    assert_eq!((&sent["thinking"]["type"], &sent["max_tokens"]), (&json!("enabled"), &json!(32_000)));
}

#[tokio::test]
async fn thoughts_behind_calls_of_tools_go_back_in() {
    let call = json!([{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]);
    let conversation = |thoughts: Value, thinking: &str| {
        let mut called = json!({"role": "assistant", "tool_calls": call});
        if thoughts != "none" {
            called["reasoning_content"] = thoughts;
        }
        let hi = json!({"role": "user", "content": "Hi"});
        let seen = json!({"role": "tool", "tool_call_id": "c1", "content": "A fox."});
        json!({"messages": [hi, called, seen], "thinking": thinking})
    };
    let thoughts = |sent: Value| sent["messages"][1].get("reasoning_content").cloned();
    assert_eq!(thoughts(sent(conversation(json!("Hm."), "enabled")).await), Some(json!("Hm.")));
    assert_eq!(thoughts(sent(conversation(json!("none"), "enabled")).await), Some(json!("")));
    assert_eq!(thoughts(sent(conversation(Value::Null, "enabled")).await), Some(json!("")));
    assert_eq!(thoughts(sent(conversation(json!("none"), "disabled")).await), None);
    let answered = json!({"messages": [{"role": "assistant", "content": "Hi"}]});
    assert_eq!(sent(answered).await["messages"][0].get("reasoning_content"), None);
}

#[test]
fn what_the_models_cannot_do_names_its_field() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x.test/a.png"}});
    let sound = json!({"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}});
    let file = json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}});
    let said = |part: &Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let tool = json!({"type": "function", "function": {"name": "look"}});
    let json_format = json!({"response_format": {"type": "json_object"}});
    for (model, input, field) in [
        (MODEL, asked(json!({})), None),
        (MODEL, said(&image), None),
        ("deepseek-v4-pro", said(&image), Some("input.messages")),
        (MODEL, said(&sound), Some("input.messages")),
        (MODEL, said(&file), Some("input.messages")),
        (MODEL, asked(json!({"max_tokens": 384_000})), None),
        (MODEL, asked(json!({"max_tokens": 384_001})), Some("input.max_tokens")),
        (MODEL, asked(json!({"thinking": "sometimes"})), Some("input.thinking")),
        (MODEL, asked(json!({"thinking": "enabled", "reasoning_effort": "ultra"})), None),
        (MODEL, asked(json!({"reasoning_effort": "none"})), Some("input.reasoning_effort")),
        (
            MODEL,
            asked(json!({"thinking": "disabled", "reasoning_effort": "low"})),
            Some("input.reasoning_effort"),
        ),
        (MODEL, asked(json!({"n": 1})), None),
        (MODEL, asked(json!({"n": 2})), Some("input.n")),
        (MODEL, asked(json!({"user_id": "ann"})), Some("input.user_id")),
        (MODEL, asked(json!({"temperature": 2.1})), Some("input.temperature")),
        (MODEL, asked(json!({"stop": vec!["x"; 16]})), None),
        (MODEL, asked(json!({"stop": vec!["x"; 17]})), Some("input.stop")),
        (MODEL, asked(json!({"tools": vec![tool.clone(); 128]})), None),
        (MODEL, asked(json!({"tools": vec![tool; 129]})), Some("input.tools")),
        (MODEL, asked(json_format.clone()), Some("input.response_format")),
        (
            MODEL,
            json!({"messages": [{"role": "user", "content": "As JSON."}], "response_format": {"type": "json_object"}}),
            None,
        ),
        (
            MODEL,
            asked(json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}})),
            Some("input.response_format"),
        ),
    ] {
        let found = checked(model, input.clone());
        assert_eq!(found.as_ref().err().map(|error| &*error.field), field, "{model}: {input}");
    }
}

#[tokio::test]
async fn an_answer_has_its_thoughts_and_what_was_cached() {
    let mut api = MockDeepSeekApi::new();
    api.expect_chat_completion().returning(|_| Ok(completion("stop")));
    let result = provider(api).generate(request(asked(json!({}))), context()).await.unwrap();
    let GenerationResult::Chat(chat) = result else { panic!("that is no chat") };
    assert_eq!((&*chat.answers[0].text, chat.answers[0].reasoning.as_deref()), ("42", Some("First ...")));
    assert_eq!((chat.usage, &chat.vendor["id"]), (USED, &json!("8f1c")));
}

#[tokio::test]
async fn usage_is_told_last_wherever_the_vendor_puts_it() {
    let usage: Value = serde_json::from_str(USAGE).unwrap();
    let mut last = delta(json!({"content": ""}), Some("stop"));
    let apart = vec![last.clone(), json!({"choices": [], "usage": usage})];
    last["usage"] = usage;
    for end in [apart, vec![last]] {
        let mut chunks = vec![
            delta(json!({"role": "assistant", "content": null, "reasoning_content": "Fir"}), None),
            delta(json!({"content": "42", "reasoning_content": null}), None),
        ];
        chunks.extend(end);
        let chunks: Vec<_> = streamed(chunks).await.into_iter().map(Result::unwrap).collect();
        let piece = |piece| StreamChunk::Answer { index: 0, piece };
        assert_eq!(chunks[0], piece(AnswerPiece::Reasoning("Fir".into())));
        assert_eq!(chunks[1], piece(AnswerPiece::Text("42".into())));
        assert_eq!(chunks.last(), Some(&StreamChunk::Usage(USED)));
    }
}

#[tokio::test]
async fn an_answer_that_the_vendor_broke_off_is_its_failure() {
    let mut api = MockDeepSeekApi::new();
    api.expect_chat_completion().returning(|_| Ok(completion("insufficient_system_resource")));
    let whole = provider(api).generate(request(asked(json!({}))), context()).await.unwrap_err();
    let begun = delta(json!({"content": "4"}), None);
    let chunks = streamed(vec![begun, delta(json!({}), Some("insufficient_system_resource"))]).await;
    assert_eq!(
        chunks[0],
        Ok(StreamChunk::Answer { index: 0, piece: AnswerPiece::Text("4".into()) }),
        "what was written came"
    );
    let finished = |chunk: &_| matches!(chunk, Ok(StreamChunk::Answer { piece: AnswerPiece::Finish(_), .. }));
    assert!(!chunks.iter().any(finished), "{chunks:?}");
    let streamed = chunks.into_iter().next_back().unwrap().unwrap_err();
    for error in [whole, streamed] {
        assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::Started));
        assert_eq!(error.vendor["code"], "insufficient_system_resource");
    }
}
