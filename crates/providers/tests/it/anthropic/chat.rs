use fourfold_domain::{FinishReason, Usage};
use serde_json::{Value, json};

use super::{NEW, OLD, answered, sent};

/// What is at a place of what is sent, for a parameter beside one message.
async fn at(vendor_model: &str, parameters: Value, place: &str) -> Option<Value> {
    let mut input = json!({"messages": [{"role": "user", "content": "Hi"}]});
    input.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    sent(vendor_model, input).await.pointer(place).cloned()
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_wire() {
    let tools = json!([{"type": "function", "function": {"name": "look", "description": "looks",
        "parameters": {"type": "object", "required": ["at"]}}}, {"type": "function", "function": {"name": "wait"}}]);
    for (parameters, place, expected) in [
        (json!({}), "/max_tokens", json!(4096)),
        (json!({"max_tokens": 7}), "/max_tokens", json!(7)),
        (json!({"stop": "END"}), "/stop_sequences", json!(["END"])),
        (
            json!({"tools": tools}),
            "/tools/0",
            json!({"name": "look", "description": "looks", "input_schema": {"type": "object", "required": ["at"]}}),
        ),
        (json!({"tools": tools}), "/tools/1", json!({"name": "wait", "input_schema": {"type": "object"}})),
        (json!({"tools": tools, "tool_choice": "none"}), "/tool_choice", json!({"type": "none"})),
        (json!({"tools": tools, "tool_choice": "auto"}), "/tool_choice", json!({"type": "auto"})),
        (json!({"tools": tools, "tool_choice": "required"}), "/tool_choice", json!({"type": "any"})),
        (
            json!({"tools": tools, "tool_choice": {"type": "function", "function": {"name": "look"}}}),
            "/tool_choice",
            json!({"type": "tool", "name": "look"}),
        ),
        (
            json!({"tools": tools, "disable_parallel_tool_use": true}),
            "/tool_choice",
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}}),
            "/output_config/format",
            json!({"type": "json_schema", "schema": {"type": "object"}}),
        ),
        (json!({"service_tier": "standard_only"}), "/service_tier", json!("standard_only")),
        (json!({"user_id": "u-1"}), "/metadata", json!({"user_id": "u-1"})),
        (json!({"top_k": 5, "temperature": 0.5, "top_p": 0.9}), "/top_k", json!(5)),
        (json!({"top_k": 5, "temperature": 0.5, "top_p": 0.9}), "/temperature", json!(0.5)),
        (json!({"top_k": 5, "temperature": 0.5, "top_p": 0.9}), "/top_p", json!(0.9)),
    ] {
        assert_eq!(at(NEW, parameters.clone(), place).await, Some(expected), "{parameters}");
    }
    for place in ["/tool_choice", "/tools", "/thinking", "/output_config", "/system", "/stop_sequences", "/n"]
    {
        assert_eq!(at(NEW, json!({"n": 1}), place).await, None, "{place} isn't sent unasked");
    }
}

#[tokio::test]
async fn an_effort_is_what_the_model_understands_of_it() {
    for (model, parameters, thinking, effort) in [
        (NEW, json!({"reasoning_effort": "low"}), json!({"type": "adaptive"}), Some(json!("low"))),
        (NEW, json!({"reasoning_effort": "none"}), json!({"type": "disabled"}), None),
        (OLD, json!({"reasoning_effort": "none"}), json!({"type": "disabled"}), None),
        (OLD, json!({"reasoning_effort": "low"}), json!({"type": "enabled", "budget_tokens": 1024}), None),
        (
            OLD,
            json!({"reasoning_effort": "medium", "max_tokens": 10_000}),
            json!({"type": "enabled", "budget_tokens": 5000}),
            None,
        ),
        (
            OLD,
            json!({"reasoning_effort": "high", "max_tokens": 10_000}),
            json!({"type": "enabled", "budget_tokens": 8000}),
            None,
        ),
        (
            OLD,
            json!({"reasoning_effort": "high", "max_tokens": 1025}),
            json!({"type": "enabled", "budget_tokens": 1024}),
            None,
        ),
        (OLD, json!({"budget_tokens": 2000}), json!({"type": "enabled", "budget_tokens": 2000}), None),
    ] {
        assert_eq!(at(model, parameters.clone(), "/thinking").await, Some(thinking), "{parameters}");
        assert_eq!(at(model, parameters.clone(), "/output_config/effort").await, effort, "{parameters}");
    }
}

#[tokio::test]
async fn messages_alternate_and_what_tools_gave_comes_first() {
    let png = "data:image/png;base64,UE5H";
    let thought = json!({"type": "thinking", "thinking": "Hm.", "signature": "s1"});
    let redacted = json!({"type": "redacted_thinking", "data": "x"});
    let sent = sent(
        OLD,
        json!({"messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "auto"}},
                {"type": "image_url", "image_url": {"url": png}},
            ]},
            {"role": "user", "content": [
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,UERG", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_data": "data:text/plain;base64,SGk="}},
                {"type": "file", "file": {"file_data": "https://x.test/b.pdf"}},
            ]},
            {"role": "developer", "content": [{"type": "text", "text": "And kind."}]},
            {"role": "assistant", "content": "", "thinking_blocks": [thought, redacted], "reasoning_content": "Hm.",
                "refusal": null, "annotations": [], "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": 1}"}},
                {"id": "c2", "type": "function", "function": {"name": "wait", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "name": "look", "content": "A fox."},
            {"role": "user", "content": "Go on."},
            {"role": "tool", "tool_call_id": "c2", "is_error": true, "content": [
                {"type": "text", "text": "No."}, {"type": "image_url", "image_url": {"url": png}},
            ]},
            {"role": "tool", "tool_call_id": "c3", "content": ""},
            {"role": "assistant", "content": "A fox", "refusal": "and no more"},
        ]}),
    )
    .await;
    let picture =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "UE5H"}});
    let expected = json!([
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
            picture,
            {"type": "document", "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "UERG"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}},
            {"type": "document", "source": {"type": "url", "url": "https://x.test/b.pdf"}},
        ]},
        {"role": "assistant", "content": [
            thought, redacted,
            {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 1}},
            {"type": "tool_use", "id": "c2", "name": "wait", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "A fox."},
            {"type": "tool_result", "tool_use_id": "c2", "is_error": true,
                "content": [{"type": "text", "text": "No."}, picture]},
            {"type": "tool_result", "tool_use_id": "c3"},
            {"type": "text", "text": "Go on."},
        ]},
        {"role": "assistant", "content": [
            {"type": "text", "text": "A fox"}, {"type": "text", "text": "and no more"},
        ]},
    ]);
    assert_eq!(sent["messages"], expected);
    let system = json!([{"type": "text", "text": "Be brief."}, {"type": "text", "text": "And kind."}]);
    assert_eq!(sent["system"], system);
}

#[tokio::test]
async fn an_answer_loses_nothing() {
    let thought = json!({"type": "thinking", "thinking": "A fox?", "signature": "s1"});
    let second = json!({"type": "thinking", "thinking": "A fox.", "signature": "s2"});
    let redacted = json!({"type": "redacted_thinking", "data": "x"});
    let cited = json!({"type": "text", "text": " there.", "citations": [{"cited_text": "fox"}]});
    let chat = answered(json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-5", "novel": "kept",
        "content": [thought, redacted, second, {"type": "text", "text": "Look"}, cited,
            {"type": "novel_block", "of": 1}, {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 1}}],
        "stop_reason": "tool_use", "stop_sequence": null, "stop_details": null,
        "usage": {"input_tokens": 10, "output_tokens": 7, "cache_creation_input_tokens": 20,
            "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15},
            "cache_read_input_tokens": 30, "service_tier": "standard"},
    }))
    .await;
    let answer = &chat.answers[0];
    assert_eq!((answer.text.as_str(), answer.refusal.as_deref()), ("Look there.", None));
    assert_eq!(answer.reasoning.as_deref(), Some("A fox?\n\nA fox."));
    assert_eq!(answer.extras["thinking_blocks"], json!([thought, redacted, second]));
    assert_eq!(answer.extras["citations"], json!([{"cited_text": "fox"}]));
    let call = &answer.tool_calls[0];
    assert_eq!(
        (call.id.as_str(), call.name.as_str(), call.arguments.as_str()),
        ("c1", "look", r#"{"at":1}"#)
    );
    assert_eq!(answer.finish_reason, FinishReason::ToolCalls);
    let usage = Usage {
        input_tokens: 60,
        cached_input_tokens: 30,
        cache_write_tokens: 20,
        cache_write_1h_tokens: 15,
        output_tokens: 7,
        reasoning_tokens: 0,
    };
    assert_eq!(chat.usage, usage);
    for (place, fact) in [
        ("/id", json!("msg_1")),
        ("/model", json!("claude-5")),
        ("/novel", json!("kept")),
        ("/stop_reason", json!("tool_use")),
        ("/usage/cache_creation_input_tokens", json!(20)),
        ("/other_blocks/0/of", json!(1)),
    ] {
        assert_eq!(Value::Object(chat.vendor.clone()).pointer(place), Some(&fact), "{place}");
    }
}

#[tokio::test]
async fn each_reason_to_stop_has_its_word() {
    for (reason, expected) in [
        (json!(null), FinishReason::Stop),
        (json!("end_turn"), FinishReason::Stop),
        (json!("stop_sequence"), FinishReason::Stop),
        (json!("max_tokens"), FinishReason::Length),
        (json!("model_context_window_exceeded"), FinishReason::Length),
        (json!("tool_use"), FinishReason::ToolCalls),
        (json!("refusal"), FinishReason::ContentFilter),
        (json!("pause_turn"), FinishReason::Other("pause_turn".to_owned())),
        (json!("novel"), FinishReason::Other("novel".to_owned())),
    ] {
        let chat = answered(json!({"content": [], "stop_reason": reason})).await;
        assert_eq!(chat.answers[0].finish_reason, expected, "{reason}");
    }
}

#[tokio::test]
async fn a_refusal_says_why() {
    let details = json!({"type": "refusal", "category": "cyber", "explanation": "Not this."});
    let chat = answered(json!({"content": [], "stop_reason": "refusal", "stop_details": details})).await;
    assert_eq!(chat.answers[0].refusal.as_deref(), Some("Not this."));
    assert_eq!(chat.vendor["stop_details"], details);
}
