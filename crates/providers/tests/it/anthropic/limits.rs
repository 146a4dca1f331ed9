use fourfold_clients::anthropic::MockAnthropicApi;
use fourfold_domain::{Effect, Generator, Modality, Parameter, Problem, Provider, Reason, Request};
use fourfold_providers::anthropic::AnthropicProvider;
use serde_json::{Value, json};

use super::{NEW, OLD, chat, context, provider};

/// The field and the kind of the mistake that a model's table or its check finds in an input.
fn mistake(provider: &AnthropicProvider, vendor_model: &str, input: &Value) -> Option<(String, Problem)> {
    let input = input.as_object().unwrap().clone();
    let spec = provider.models().iter().find(|spec| spec.vendor_model == vendor_model).unwrap();
    let checked = Parameter::check_all(&spec.parameters, &input)
        .and_then(|()| Request::parse(Modality::Chat, input))
        .and_then(|request| provider.check(vendor_model, &request));
    checked.err().map(|mistake| (mistake.field.into_owned(), mistake.problem))
}

fn with(more: Value) -> Value {
    let mut input = json!({"messages": [{"role": "user", "content": "Hi"}]});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn saying(message: Value) -> Value {
    json!({"messages": [{"role": "user", "content": "Hi"}, message]})
}

#[test]
fn what_a_model_cannot_do_is_refused_by_the_name_of_its_field() {
    let provider = provider(MockAnthropicApi::new());
    let tool = |function: Value| json!([{"type": "function", "function": function}]);
    let called = |arguments: &str| {
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}});
        saying(json!({"role": "assistant", "content": null, "tool_calls": [call]}))
    };
    for (model, input, field) in [
        (NEW, with(json!({"temperature": 0.5})), "input.temperature"),
        (NEW, with(json!({"seed": 1})), "input.seed"),
        (NEW, with(json!({"n": 2})), "input.n"),
        (NEW, with(json!({"max_tokens": 64_001})), "input.max_tokens"),
        (NEW, with(json!({"budget_tokens": 2000})), "input.budget_tokens"),
        (NEW, with(json!({"reasoning_effort": "xhigh"})), "input.reasoning_effort"),
        (NEW, with(json!({"service_tier": "priority"})), "input.service_tier"),
        (NEW, with(json!({"response_format": {"type": "json_object"}})), "input.response_format"),
        (NEW, with(json!({"tool_choice": "required"})), "input.tool_choice"),
        (
            NEW,
            with(json!({"tools": tool(json!({"name": "look", "strict": true}))})),
            "input.tools[0].function.strict",
        ),
        (OLD, with(json!({"budget_tokens": 1023})), "input.budget_tokens"),
        (OLD, with(json!({"budget_tokens": 4096, "max_tokens": 4096})), "input.budget_tokens"),
        (OLD, with(json!({"budget_tokens": 2000, "reasoning_effort": "low"})), "input.budget_tokens"),
        (OLD, with(json!({"reasoning_effort": "low", "max_tokens": 1024})), "input.max_tokens"),
        (NEW, json!({"messages": [{"role": "system", "content": "Hi"}]}), "input.messages"),
        (NEW, json!({"messages": [{"role": "assistant", "content": "Hi"}]}), "input.messages"),
        (NEW, saying(json!({"role": "assistant", "content": "Hi"})), "input.messages"),
        (OLD, saying(json!({"role": "user", "content": "Hi", "name": "ann"})), "input.messages[1].name"),
        (OLD, saying(json!({"role": "user", "content": "Hi", "novel": 1})), "input.messages[1].novel"),
        (OLD, saying(json!({"role": "user", "content": ""})), "input.messages[1].content"),
        (OLD, saying(json!({"role": "assistant", "content": ""})), "input.messages[1].content"),
        (
            OLD,
            saying(json!({"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "high"}}]})),
            "input.messages[1].content[0].image_url.detail",
        ),
        (
            OLD,
            saying(json!({"role": "user", "content": [
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}]})),
            "input.messages[1].content[0].type",
        ),
        (
            OLD,
            saying(json!({"role": "assistant", "content": [
                {"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]})),
            "input.messages[1].content[1].type",
        ),
        (
            OLD,
            saying(
                json!({"role": "assistant", "content": "Hi", "thinking_blocks": [{"type": "text", "text": "x"}]}),
            ),
            "input.messages[1].thinking_blocks",
        ),
        (
            OLD,
            saying(json!({"role": "assistant", "content": "Hi", "thinking_blocks": "x"})),
            "input.messages[1].thinking_blocks",
        ),
        (OLD, called("[1]"), "input.messages[1].tool_calls[0].function.arguments"),
        (OLD, called("{"), "input.messages[1].tool_calls[0].function.arguments"),
    ] {
        let found = mistake(&provider, model, &input).map(|(field, _)| field);
        assert_eq!(found.as_deref(), Some(field), "{input}");
    }
}

#[test]
fn what_a_model_can_do_is_let_through() {
    let provider = provider(MockAnthropicApi::new());
    let tools = json!([{"type": "function", "function": {"name": "look", "strict": false}}]);
    for (model, input) in [
        (NEW, with(json!({"n": 1, "reasoning_effort": "high", "max_tokens": 64_000}))),
        (NEW, with(json!({"tools": tools, "tool_choice": "auto", "response_format": {"type": "text"}}))),
        (OLD, with(json!({"reasoning_effort": "low", "max_tokens": 1025}))),
        (OLD, with(json!({"reasoning_effort": "none", "max_tokens": 1}))),
        (OLD, saying(json!({"role": "assistant", "content": "It is a"}))),
        (OLD, saying(json!({"role": "user", "content": "Hi", "name": null}))),
    ] {
        assert_eq!(mistake(&provider, model, &input), None, "{input}");
    }
}

#[tokio::test]
async fn what_is_refused_begins_nothing_even_unchecked() {
    let unsent = [
        json!({"messages": [{"role": "assistant", "content": "Hi"}]}),
        json!({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}}]}]}),
        json!({"messages": [{"role": "user", "content": [
            {"type": "file", "file": {"file_data": "data:application/zip;base64,AAAA"}}]}]}),
        json!({"messages": [{"role": "user", "content": [
            {"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}]}]}),
        json!({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": u64::MAX}),
    ];
    for input in unsent {
        let provider = provider(MockAnthropicApi::new());
        let error = provider.generate(chat(input.clone()), context(NEW)).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted), "{input}");
    }
}
