//! A chat whose answer comes at once.

use std::time::Duration;

use fourfold_domain::{
    ChatAnswer, ChatResult, ChatRole, Effect, FinishReason, ProviderError, Reason, ToolCall, Usage,
};
use serde_json::{Map, Value, json};

use crate::support::{House, failure, new_chat, said};

const PATH: &str = "/v1/chat/completions";

/// The house's chat with these fields changed; null takes one away.
pub(super) fn chat(changes: Value) -> Value {
    let mut chat = new_chat();
    chat.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    chat.as_object_mut().unwrap().retain(|_name, value| !value.is_null());
    chat
}

#[tokio::test]
async fn an_answer_has_openais_shape_and_is_charged_what_was_used() {
    let house = House::new().await;
    house.vendor.will_chat(Ok(said("In dens.")));
    let answer = house.post(PATH, new_chat()).by("u1").answer().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    let mut body = answer.json();
    let id = body["id"].take();
    assert!(id.as_str().unwrap().strip_prefix("chatcmpl-").is_some_and(|id| id.len() == 32), "{id}");
    let created = body["created"].take();
    assert!(created.is_i64(), "{created}");
    let expected = json!({
        "id": null, "object": "chat.completion", "created": null, "model": "talk",
        "choices": [{
            "index": 0, "logprobs": null, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "In dens.", "refusal": null},
        }],
        "usage": {
            "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    });
    assert_eq!(body, expected);
    // Ten tokens in at 0.001, five out at 0.002.
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
    let entries = house.get("/api/v1/credits/entries").by("u1").ok(200).await;
    assert_eq!(
        (&entries["data"][0]["kind"], &entries["data"][0]["amount"]),
        (&json!("settle"), &json!("-0.02"))
    );
    assert!(entries["data"][0].get("estimated").is_none(), "{entries}");
}

#[tokio::test]
async fn what_a_vendor_did_not_count_is_charged_as_an_estimate() {
    let house = House::new().await;
    house.vendor.will_chat(Ok(ChatResult { usage: Usage::default(), ..said("In dens.") }));
    let body = house.post(PATH, new_chat()).by("u1").ok(200).await;
    // 20 bytes and a message in, 8 bytes out.
    assert_eq!(
        (&body["usage"]["prompt_tokens"], &body["usage"]["completion_tokens"]),
        (&json!(9), &json!(2))
    );
    let entries = house.get("/api/v1/credits/entries").by("u1").ok(200).await;
    assert_eq!(
        (&entries["data"][0]["amount"], &entries["data"][0]["estimated"]),
        (&json!("-0.013"), &json!(true))
    );
}

#[tokio::test]
async fn calls_of_tools_thoughts_and_what_vendors_add_come_through() {
    let house = House::new().await;
    let call = ToolCall { id: "c1".into(), name: "look".into(), arguments: "{\"at\":1}".into() };
    let answer = ChatAnswer {
        text: String::new(),
        reasoning: Some("Hm.".into()),
        refusal: None,
        tool_calls: vec![call],
        finish_reason: FinishReason::ToolCalls,
        extras: Map::from_iter([
            ("signature".into(), json!("s")),
            ("logprobs".into(), json!({"content": []})),
        ]),
    };
    house.vendor.will_chat(Ok(ChatResult { answers: vec![answer], ..said("") }));
    let body = house.post(PATH, new_chat()).by("u1").ok(200).await;
    let expected = json!({
        "index": 0, "finish_reason": "tool_calls", "logprobs": {"content": []},
        "message": {
            "role": "assistant", "content": null, "refusal": null, "reasoning_content": "Hm.", "signature": "s",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"at\":1}"}}],
        },
    });
    assert_eq!(body["choices"], json!([expected]));
}

#[tokio::test]
async fn a_request_is_read_as_openai_writes_it() {
    let house = House::new().await;
    house.vendor.will_chat(Ok(said("Yes.")));
    let body = chat(json!({
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "Is this a fox?"},
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
            ]},
        ],
        "max_completion_tokens": 50, "temperature": 0.5, "n": 2, "user": "somebody", "stream": false, "seed": null,
    }));
    house.post(PATH, body).by("u1").ok(200).await;
    let asked = house.vendor.asked().remove(0);
    assert_eq!((asked.max_tokens, asked.temperature, asked.n), (50, Some(0.5), 2));
    assert_eq!((asked.messages[0].role, asked.messages[1].parts.len()), (ChatRole::System, 2));
    assert_eq!(asked.extras, Map::new());
}

#[tokio::test]
async fn a_mistake_is_named_by_its_field() {
    let house = House::new().await;
    for (changes, status, code, param) in [
        (json!({"model": null}), 400, "malformed", "model"),
        (json!({"model": "nobody"}), 404, "unknown_model", "model"),
        (json!({"model": "picture"}), 422, "invalid_parameter", "model"),
        (json!({"messages": null}), 400, "malformed", "messages"),
        (json!({"messages": []}), 400, "malformed", "messages"),
        (
            json!({"messages": [{"role": "boss", "content": "Hi"}]}),
            422,
            "invalid_parameter",
            "messages[0].role",
        ),
        (json!({"stream": "yes"}), 400, "malformed", "stream"),
        (json!({"stream_options": {"include_usage": true}}), 422, "invalid_parameter", "stream_options"),
        (
            json!({"stream": true, "stream_options": {"include_usage": 1}}),
            400,
            "malformed",
            "stream_options.include_usage",
        ),
        (
            json!({"stream": true, "stream_options": {"novel": true}}),
            422,
            "invalid_parameter",
            "stream_options.novel",
        ),
        (json!({"temperature": 9}), 422, "invalid_parameter", "temperature"),
        (json!({"max_tokens": 9, "max_completion_tokens": 9}), 422, "invalid_parameter", "max_tokens"),
        (json!({"max_tokens": 9000}), 422, "invalid_parameter", "max_tokens"),
        (json!({"max_completion_tokens": 9000}), 422, "invalid_parameter", "max_completion_tokens"),
        (json!({"n": 9}), 422, "invalid_parameter", "n"),
        (json!({"service_tier": "flex"}), 422, "unpriced_parameter", "service_tier"),
        (json!({"novel": "flex"}), 422, "invalid_parameter", "novel"),
        (json!({"user": 1}), 400, "malformed", "user"),
    ] {
        house.post(PATH, chat(changes)).by("u1").check(status, code, Some(param)).await;
    }
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "10", "held": "0"}));
}

#[tokio::test]
async fn who_can_pay_for_less_gets_less_and_who_can_pay_for_nothing_is_told() {
    let house = House::new().await;
    let poor = |credits: &str| {
        let path = "/api/v1/admin/accounts/poor/grants";
        house.post(path, json!({"credits": credits})).by_admin()
    };
    // 36 tokens in at most come to 0.036, a hundred out to 0.2, the least of 16 to 0.032.
    poor("0.067").ok(201).await;
    house.post(PATH, new_chat()).by("poor").check(402, "insufficient_credits", None).await;
    poor("0.034").ok(201).await;
    house.vendor.will_chat(Ok(said("In dens.")));
    house.post(PATH, new_chat()).by("poor").ok(200).await;
    assert_eq!(house.vendor.asked()[0].max_tokens, 32);
    let credits = house.get("/api/v1/credits").by("poor").ok(200).await;
    assert_eq!(credits, json!({"account": "poor", "available": "0.081", "held": "0"}));
}

#[tokio::test]
async fn no_vendors_failure_is_charged_and_only_what_was_not_begun_may_be_sent_again() {
    let started = |reason| ProviderError::new(reason, Effect::Started, "the vendor says no");
    let refused = ChatAnswer { finish_reason: FinishReason::ContentFilter, ..said("").answers.remove(0) };
    let resting =
        ProviderError { retry_after: Some(Duration::from_secs(30)), ..failure(Reason::RateLimited) };
    for (answer, status, code, should_retry) in [
        (Err(failure(Reason::InvalidRequest)), 422, "invalid_request", None),
        (Err(started(Reason::Refused)), 422, "refused", Some("false")),
        (Ok(ChatResult { answers: vec![refused], ..said("") }), 422, "refused", Some("false")),
        (Err(started(Reason::Failed)), 502, "vendor_failed", Some("false")),
        (Err(started(Reason::Timeout)), 504, "vendor_timeout", Some("false")),
        (Err(resting), 503, "rate_limited", Some("true")),
        (Err(failure(Reason::Unauthorized)), 503, "unavailable", Some("true")),
        (Err(started(Reason::Unreadable)), 502, "vendor_failed", Some("false")),
    ] {
        let house = House::new().await;
        house.vendor.will_chat(answer);
        let answer = house.post(PATH, new_chat()).by("u1").check(status, code, None).await;
        assert_eq!(answer.header("x-should-retry"), should_retry, "{code}");
        let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
        assert_eq!(credits, json!({"account": "u1", "available": "10", "held": "0"}), "{code}");
    }
}
