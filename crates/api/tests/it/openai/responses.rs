//! A response whose answer comes at once.

use fourfold_domain::{
    ChatAnswer, ChatPart, ChatResult, ChatRole, FinishReason, ResponseFormat, ToolCall, ToolChoice, Usage,
};
use serde_json::{Value, json};

use crate::support::{House, new_response, said};

const PATH: &str = "/v1/responses";

/// The house's request with these fields changed; null takes one away.
pub(super) fn request(changes: Value) -> Value {
    let mut request = new_response();
    request.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    request.as_object_mut().unwrap().retain(|_name, value| !value.is_null());
    request
}

#[tokio::test]
async fn an_answer_has_openais_shape_and_is_charged_what_was_used() {
    let house = House::new().await;
    let usage = Usage {
        input_tokens: 10,
        cached_input_tokens: 4,
        output_tokens: 5,
        reasoning_tokens: 2,
        ..Usage::default()
    };
    house.vendor.will_chat(Ok(ChatResult { usage, ..said("In dens.") }));
    let asked =
        request(json!({"instructions": "Be brief.", "metadata": {"of": "foxes"}, "temperature": 0.5}));
    let answer = house.post(PATH, asked).by("u1").answer().await;
    assert_eq!((answer.status, answer.header("fourfold-provider")), (200, Some("acme")));
    let mut body = answer.json();
    let (id, created_at) = (body["id"].take(), body["created_at"].take());
    let id = id.as_str().unwrap().strip_prefix("resp_").unwrap();
    assert!(id.len() == 32 && created_at.is_i64(), "{id} {created_at}");
    let expected = json!({
        "id": null, "object": "response", "created_at": null, "model": "talk", "status": "completed",
        "error": null, "incomplete_details": null,
        "output": [{
            "id": format!("msg_{id}_0"), "type": "message", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": "In dens.", "annotations": [], "logprobs": []}],
        }],
        "usage": {
            "input_tokens": 10, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
            "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 15,
        },
        "store": false, "background": false, "previous_response_id": null,
        "instructions": "Be brief.", "metadata": {"of": "foxes"}, "max_output_tokens": null,
        "temperature": 0.5, "top_p": null, "tools": [], "tool_choice": "auto", "parallel_tool_calls": true,
        "text": {"format": {"type": "text"}}, "reasoning": {"effort": null, "summary": null},
        "truncation": "disabled",
    });
    assert_eq!(body, expected);
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
}

#[tokio::test]
async fn what_a_model_does_is_an_item_of_its_own() {
    let house = House::new().await;
    let call = ToolCall { id: "c1".into(), name: "look".into(), arguments: "{\"at\":1}".into() };
    let answer = ChatAnswer {
        reasoning: Some("Hm.".into()),
        refusal: Some("No.".into()),
        tool_calls: vec![call],
        finish_reason: FinishReason::Length,
        ..said("Well.").answers.remove(0)
    };
    house.vendor.will_chat(Ok(ChatResult { answers: vec![answer], ..said("") }));
    let mut body = house.post(PATH, new_response()).by("u1").ok(200).await;
    assert_eq!(
        (&body["status"], &body["incomplete_details"]),
        (&json!("incomplete"), &json!({"reason": "max_output_tokens"}))
    );
    for item in body["output"].as_array_mut().unwrap() {
        item.as_object_mut().unwrap().remove("id");
    }
    let expected = json!([
        {"type": "reasoning", "status": "completed", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {"type": "message", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "Well.", "annotations": [], "logprobs": []},
            {"type": "refusal", "refusal": "No."},
        ]},
        {"type": "function_call", "status": "incomplete", "call_id": "c1", "name": "look", "arguments": "{\"at\":1}"},
    ]);
    assert_eq!(body["output"], expected);
}

#[tokio::test]
async fn a_request_is_read_as_openai_writes_it() {
    let house = House::new().await;
    // A document may come to many tokens.
    let grant = json!({"credits": "1000"});
    house.post("/api/v1/admin/accounts/u1/grants", grant).by_admin().ok(201).await;
    house.vendor.will_chat(Ok(said("Yes.")));
    let body = request(json!({
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": "https://x.test/a.png", "detail": "low"},
                {"type": "input_file", "file_url": "https://x.test/a.pdf", "filename": "a.pdf"},
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "look", "arguments": "{\"at\":1}"},
            {"type": "function_call_output", "call_id": "c1", "output": "A fox."},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "A den."}]},
        ],
        "tools": [{"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}, "strict": true}],
        "tool_choice": {"type": "function", "name": "look"}, "parallel_tool_calls": true,
        "max_output_tokens": 50, "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": {}, "strict": true}},
        "include": ["reasoning.encrypted_content"], "store": true, "user": "somebody", "truncation": "disabled",
        "service_tier": "auto", "previous_response_id": null,
    }));
    house.post(PATH, body).by("u1").ok(200).await;
    let asked = house.vendor.asked().remove(0);
    let roles: Vec<_> = asked.messages.iter().map(|message| message.role).collect();
    let tool = ChatRole::Tool;
    assert_eq!(roles, [ChatRole::System, ChatRole::User, ChatRole::Assistant, tool, tool]);
    let media = |url: &str| url.parse().unwrap();
    let parts = [
        ChatPart::Text("What is it?".into()),
        ChatPart::Image { media: media("https://x.test/a.png"), detail: Some("low".into()) },
        ChatPart::File { media: media("https://x.test/a.pdf"), name: Some("a.pdf".into()) },
    ];
    assert_eq!(asked.messages[1].parts, parts);
    let calls: Vec<_> = asked.messages[2].tool_calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!((asked.messages[2].text().as_str(), calls), ("I look.", vec!["c1", "c2"]));
    assert_eq!((asked.messages[3].text(), asked.messages[4].text()), ("A fox.".into(), "A den.".into()));
    assert_eq!((asked.tools[0].is_strict, asked.max_tokens), (Some(true), 50));
    assert_eq!(asked.tool_choice, Some(ToolChoice::Tool("look".into())));
    assert_eq!(asked.reasoning_effort.as_deref(), Some("low"));
    let format =
        ResponseFormat::JsonSchema { name: "answer".into(), schema: json!({}), is_strict: Some(true) };
    assert_eq!((asked.response_format, asked.extras.len()), (Some(format), 0));
}

#[tokio::test]
async fn a_mistake_is_named_by_its_field() {
    let house = House::new().await;
    let item = |item: Value| json!({"input": [item]});
    for (changes, status, code, param) in [
        (json!({"model": "nobody"}), 404, "unknown_model", "model"),
        (json!({"input": null}), 400, "malformed", "input"),
        (json!({"input": []}), 400, "malformed", "input"),
        (item(json!({"role": "boss", "content": "Hi"})), 422, "invalid_parameter", "input[0].role"),
        (item(json!({"role": "user"})), 400, "malformed", "input[0].content"),
        (item(json!({"type": "web_search_call"})), 422, "invalid_parameter", "input[0].type"),
        (item(json!({"type": "item_reference", "id": "msg_1"})), 422, "invalid_parameter", "input"),
        (
            item(json!({"role": "user", "content": [{"type": "input_image", "image_url": "http://x"}]})),
            422,
            "invalid_parameter",
            "input[0].content[0].image_url",
        ),
        (item(json!({"type": "function_call_output", "output": "x"})), 400, "malformed", "input[0].call_id"),
        (json!({"instructions": 1}), 400, "malformed", "instructions"),
        (json!({"max_output_tokens": 9000}), 422, "invalid_parameter", "max_output_tokens"),
        (json!({"max_tokens": 9}), 422, "invalid_parameter", "max_tokens"),
        (json!({"temperature": 9}), 422, "invalid_parameter", "temperature"),
        (json!({"reasoning": {"effort": "max"}}), 422, "invalid_parameter", "reasoning.effort"),
        (json!({"text": {"format": {"type": "xml"}}}), 422, "invalid_parameter", "text.format.type"),
        (json!({"text": {"verbosity": "low"}}), 422, "invalid_parameter", "text.verbosity"),
        (json!({"tools": [{"type": "custom", "name": "x"}]}), 422, "invalid_parameter", "tools[0].type"),
        (json!({"tools": [{"type": "web_search"}]}), 422, "unpriced_parameter", "tools[0].type"),
        (json!({"tool_choice": "often"}), 422, "invalid_parameter", "tool_choice"),
        (json!({"parallel_tool_calls": false}), 422, "invalid_parameter", "parallel_tool_calls"),
        (json!({"truncation": "auto"}), 422, "invalid_parameter", "truncation"),
        (json!({"metadata": "x"}), 400, "malformed", "metadata"),
        (json!({"text": 0}), 400, "malformed", "text"),
        (json!({"reasoning": "high"}), 400, "malformed", "reasoning"),
        (json!({"background": true}), 422, "unpriced_parameter", "background"),
        (json!({"previous_response_id": "resp_1"}), 422, "invalid_parameter", "previous_response_id"),
        (json!({"novel": true}), 422, "invalid_parameter", "novel"),
    ] {
        house.post(PATH, request(changes)).by("u1").check(status, code, Some(param)).await;
    }
}
