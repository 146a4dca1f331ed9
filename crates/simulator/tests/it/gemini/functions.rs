//! Functions that the model calls.

use serde_json::{Value, json};

use super::{TEXT, field, generate, hi};
use crate::support::simulator;

fn tools() -> Value {
    let weather = json!({"name": "weather", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}});
    let time = json!({"name": "time", "parametersJsonSchema": {"type": "object", "properties": {"zone": {"type": "string"}}}});
    json!([{"googleSearch": {}}, {"functionDeclarations": [weather, time]}])
}

/// A conversation in which the model called a function and was given this.
fn given(called: &Value, response: &[Value]) -> Value {
    json!({
        "tools": tools(),
        "contents": [
            {"role": "user", "parts": [{"text": "Rome"}]},
            {"role": "model", "parts": [called]},
            {"role": "user", "parts": response},
        ],
    })
}

async fn called() -> Value {
    let answer = generate(&simulator(), TEXT, &hi(json!({"tools": tools()}))).await.json();
    let candidate = &answer["candidates"][0];
    assert_eq!(candidate["finishReason"], "STOP");
    candidate["content"]["parts"][0].clone()
}

#[tokio::test]
async fn a_function_is_called_and_its_result_is_answered() {
    let called = called().await;
    assert_eq!(called["functionCall"]["name"], "weather");
    assert_eq!(called["functionCall"]["args"], json!({"city": "Say hi"}));
    let id = &called["functionCall"]["id"];
    let response = json!({"functionResponse": {"id": id, "name": "weather", "response": {"sky": "rain"}}});
    let answer = generate(&simulator(), TEXT, &given(&called, &[response])).await.json();
    assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], "This is a simulated answer to: Rome");
}

#[tokio::test]
async fn a_call_comes_back_with_its_signature_in_either_alphabet() {
    let signed = called().await;
    let response = || json!({"functionResponse": {"name": "weather", "response": {"sky": "rain"}}});
    let mut unsigned = signed.clone();
    unsigned.as_object_mut().unwrap().remove("thoughtSignature");
    let mut forged = signed.clone();
    forged["thoughtSignature"] = json!("Zm9yZ2Vk");
    for part in [unsigned, forged] {
        let error = generate(&simulator(), TEXT, &given(&part, &[response()])).await.refusal(400);
        assert_eq!(error["error"]["details"][0]["reason"], "MISSING_THOUGHT_SIGNATURE");
    }
    let mut url_safe = signed.clone();
    let text = signed["thoughtSignature"].as_str().unwrap().replace('+', "-").replace('/', "_");
    url_safe["thoughtSignature"] = json!(text.trim_end_matches('='));
    generate(&simulator(), TEXT, &given(&url_safe, &[response()])).await.json();
}

#[tokio::test]
async fn calls_that_say_that_they_are_unsigned_are_not_checked() {
    let mut moved = called().await;
    moved["thoughtSignature"] = json!("skip_thought_signature_validator");
    let response = json!({"functionResponse": {"name": "weather", "response": {"sky": "rain"}}});
    let answer = generate(&simulator(), TEXT, &given(&moved, &[response])).await.json();
    assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], "This is a simulated answer to: Rome");
}

#[tokio::test]
async fn calls_of_earlier_turns_need_no_signature() {
    let mut body = given(
        &json!({"functionCall": {"name": "weather", "args": {}}}),
        &[json!({"functionResponse": {"name": "weather", "response": {}}})],
    );
    let contents = body["contents"].as_array_mut().unwrap();
    contents.push(json!({"role": "model", "parts": [{"text": "Rain."}]}));
    contents.push(json!({"role": "user", "parts": [{"text": "And now?"}]}));
    body["toolConfig"] = json!({"functionCallingConfig": {"mode": "NONE"}});
    let answer = generate(&simulator(), TEXT, &body).await.json();
    let text = &answer["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(text, "This is a simulated answer to: And now?");
}

#[tokio::test]
async fn results_are_as_many_as_calls() {
    let response = json!({"functionResponse": {"name": "weather", "response": {}}});
    let called = called().await;
    let error =
        generate(&simulator(), TEXT, &given(&called, &[response.clone(), response])).await.refusal(400);
    assert_eq!(field(&error), "contents[2].parts");
    assert!(error["error"]["message"].as_str().unwrap().starts_with("Please ensure that the number"));
}

#[tokio::test]
async fn the_mode_says_whether_a_function_is_called() {
    let allowed = |names: Value| json!({"mode": "ANY", "allowedFunctionNames": names});
    for (config, name) in [
        (json!({"mode": "AUTO"}), Some("weather")),
        (json!({"mode": "VALIDATED"}), Some("weather")),
        (json!({"mode": "ANY"}), Some("weather")),
        (allowed(json!(["time"])), Some("time")),
        (json!({"mode": "NONE"}), None),
    ] {
        let extra = json!({"tools": tools(), "toolConfig": {"functionCallingConfig": config}});
        let answer = generate(&simulator(), TEXT, &hi(extra)).await.json();
        let called = &answer["candidates"][0]["content"]["parts"][0]["functionCall"]["name"];
        assert_eq!(called.as_str(), name, "{config}");
    }
}

#[tokio::test]
async fn functions_that_break_a_rule_are_refused() {
    let declared = |function: Value| json!({"tools": [{"functionDeclarations": [function]}]});
    let config = |config: Value| json!({"tools": tools(), "toolConfig": {"functionCallingConfig": config}});
    let at = "tool_config.function_calling_config";
    for (extra, at) in [
        (declared(json!({})), "tools[0].function_declarations[0].name".to_owned()),
        (declared(json!({"name": "1st"})), "tools[0].function_declarations[0].name".to_owned()),
        (declared(json!({"name": "a b"})), "tools[0].function_declarations[0].name".to_owned()),
        (declared(json!({"name": "a", "schema": {}})), "tools[0].function_declarations[0]".to_owned()),
        (json!({"tools": [{"webSearch": {}}]}), "tools[0]".to_owned()),
        (config(json!({"mode": "SOME"})), format!("{at}.mode")),
        (config(json!({"allowedFunctionNames": ["time"]})), format!("{at}.allowed_function_names")),
        (
            config(json!({"mode": "ANY", "allowedFunctionNames": ["no"]})),
            format!("{at}.allowed_function_names"),
        ),
        (json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}), format!("{at}.mode")),
    ] {
        let error = generate(&simulator(), TEXT, &hi(extra.clone())).await.refusal(400);
        assert_eq!(field(&error), at, "{extra}");
    }
}
