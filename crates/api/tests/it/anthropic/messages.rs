//! A message whose answer comes at once.

use fourfold_domain::{
    ChatAnswer, ChatPart, ChatResult, ChatRole, FinishReason, MediaInput, ResponseFormat, ToolCall,
    ToolChoice, Usage,
};
use serde_json::{Value, json};

use crate::support::{House, new_message, said};

const PATH: &str = "/v1/messages";

/// The house's message with these fields changed; null takes one away.
pub(super) fn message(changes: Value) -> Value {
    let mut message = new_message();
    message.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    message.as_object_mut().unwrap().retain(|_name, value| !value.is_null());
    message
}

#[tokio::test]
async fn an_answer_has_anthropics_shape_and_is_charged_what_was_used() {
    let house = House::new().await;
    let usage = Usage {
        input_tokens: 10,
        cached_input_tokens: 4,
        output_tokens: 5,
        reasoning_tokens: 0,
        ..Usage::default()
    };
    house.vendor.will_chat(Ok(ChatResult { usage, ..said("In dens.") }));
    let answer = house.post(PATH, new_message()).by("u1").answer().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    let mut body = answer.json();
    let id = body["id"].take();
    assert!(id.as_str().unwrap().strip_prefix("msg_").is_some_and(|id| id.len() == 32), "{id}");
    let expected = json!({
        "id": null, "type": "message", "role": "assistant", "model": "talk",
        "content": [{"type": "text", "text": "In dens."}],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {
            "input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 5,
        },
    });
    assert_eq!(body, expected);
    // Ten tokens in at 0.001, five out at 0.002.
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
}

#[tokio::test]
async fn what_a_model_does_has_a_block_and_a_reason_of_its_own() {
    let call =
        |arguments: &str| ToolCall { id: "c1".into(), name: "look".into(), arguments: arguments.into() };
    let tool = |input: Value| json!({"type": "tool_use", "id": "c1", "name": "look", "input": input});
    let text = |text: &str| json!({"type": "text", "text": text});
    let plain = |text: &str, finish_reason| ChatAnswer { finish_reason, ..said(text).answers.remove(0) };
    let thinking = ChatAnswer { reasoning: Some("Hm.".into()), ..plain("Yes.", FinishReason::Length) };
    let calling = ChatAnswer { tool_calls: vec![call("{\"at\":1}")], ..plain("", FinishReason::Stop) };
    let silent = ChatAnswer { tool_calls: vec![call("")], ..plain("Look.", FinishReason::ToolCalls) };
    let wrong = ChatAnswer { tool_calls: vec![call("{\"at\":")], ..plain("", FinishReason::ToolCalls) };
    let filtered = ChatAnswer { refusal: Some("No.".into()), ..plain("Well.", FinishReason::ContentFilter) };
    for (answer, content, reason) in [
        (
            thinking,
            json!([{"type": "thinking", "thinking": "Hm.", "signature": ""}, text("Yes.")]),
            "max_tokens",
        ),
        (calling, json!([tool(json!({"at": 1}))]), "tool_use"),
        (silent, json!([text("Look."), tool(json!({}))]), "tool_use"),
        (wrong, json!([tool(json!("{\"at\":"))]), "tool_use"),
        (filtered, json!([text("Well."), text("No.")]), "refusal"),
        (plain("Wait.", FinishReason::Other("pause_turn".into())), json!([text("Wait.")]), "pause_turn"),
    ] {
        let house = House::new().await;
        house.vendor.will_chat(Ok(ChatResult { answers: vec![answer], ..said("") }));
        let body = house.post(PATH, new_message()).by("u1").ok(200).await;
        assert_eq!((&body["content"], &body["stop_reason"]), (&content, &json!(reason)));
    }
}

#[tokio::test]
async fn a_request_is_read_as_anthropic_writes_it() {
    let house = House::new().await;
    // A document may come to many tokens.
    let grant = json!({"credits": "1000"});
    house.post("/api/v1/admin/accounts/u1/grants", grant).by_admin().ok(201).await;
    house.vendor.will_chat(Ok(said("Yes.")));
    let body = message(json!({
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "On foxes."}},
                {"type": "document", "title": "a.pdf", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 1}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "is_error": true, "content": [
                    {"type": "text", "text": "Too dark."},
                    {"type": "image", "source": {"type": "url", "url": "https://x.test/b.png"}},
                ]},
                {"type": "text", "text": "So?"},
            ]},
        ],
        "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "look"},
        "max_tokens": 50, "temperature": 0.5, "stop_sequences": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
        "metadata": {"user_id": "somebody"}, "service_tier": "auto", "stream": false, "cache_control": {"type": "ephemeral"},
    }));
    house.post(PATH, body).by("u1").ok(200).await;
    let asked = house.vendor.asked().remove(0);
    let roles: Vec<_> = asked.messages.iter().map(|message| message.role).collect();
    assert_eq!(
        roles,
        [ChatRole::System, ChatRole::User, ChatRole::Assistant, ChatRole::Tool, ChatRole::User]
    );
    assert_eq!(asked.messages[0].text(), "Be brief.\n\nBe kind.");
    let image = |media: &str| ChatPart::Image { media: media.parse().unwrap(), detail: None };
    let file =
        ChatPart::File { media: MediaInput::Url("https://x.test/a.pdf".into()), name: Some("a.pdf".into()) };
    let parts = [
        ChatPart::Text("What is it?".into()),
        image("data:image/png;base64,iVBORw0KGgo="),
        image("https://x.test/a.png"),
        ChatPart::Text("On foxes.".into()),
        file,
    ];
    assert_eq!(asked.messages[1].parts, parts);
    assert_eq!(asked.messages[2].text(), "I look.");
    let call = ToolCall { id: "c1".into(), name: "look".into(), arguments: "{\"at\":1}".into() };
    assert_eq!(asked.messages[2].tool_calls, [call]);
    let result = &asked.messages[3];
    assert_eq!((result.tool_call_id.as_deref(), result.text().as_str()), (Some("c1"), "Error: Too dark."));
    assert_eq!(asked.messages[4].parts, [image("https://x.test/b.png"), ChatPart::Text("So?".into())]);
    assert_eq!(
        (asked.tools[0].name.as_str(), asked.tools[0].description.as_deref()),
        ("look", Some("Looks."))
    );
    assert_eq!(asked.tool_choice, Some(ToolChoice::Tool("look".into())));
    assert_eq!((asked.max_tokens, asked.temperature, asked.stop), (50, Some(0.5), vec!["END".to_owned()]));
    assert_eq!(asked.reasoning_effort.as_deref(), Some("low"));
    let schema = json!({"type": "object"});
    let format = ResponseFormat::JsonSchema { name: "answer".into(), schema, is_strict: Some(true) };
    assert_eq!((asked.response_format, asked.extras.len()), (Some(format), 0));
}

#[tokio::test]
async fn what_a_model_thinks_may_be_said_in_words_or_as_a_budget() {
    for (asked, effort) in [
        (json!({"thinking": {"type": "disabled"}}), Some("none")),
        (json!({"thinking": {"type": "adaptive"}}), None),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 32_000}}), Some("high")),
        (json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}), Some("low")),
    ] {
        let house = House::new().await;
        house.vendor.will_chat(Ok(said("Yes.")));
        house.post(PATH, message(asked)).by("u1").ok(200).await;
        assert_eq!(house.vendor.asked()[0].reasoning_effort.as_deref(), effort);
    }
}
