//! Interactions: whole, as events, in the background.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::Request;
use serde_json::{Value, json};

use super::{TEXT, merged};
use crate::support::{delete, get, post, send, simulator, slow_simulator};

pub(super) const INTERACTIONS: &str = "/gemini/v1beta/interactions";

/// A request for an interaction, with these fields besides or instead.
pub(super) fn interaction(extra: Value) -> Value {
    merged(json!({"model": TEXT, "input": "Say hi"}), extra)
}

pub(super) async fn create(simulator: &Simulator, extra: Value) -> Value {
    post(simulator, INTERACTIONS, &interaction(extra)).await.json()
}

fn path(interaction: &Value) -> String {
    format!("{INTERACTIONS}/{}", interaction["id"].as_str().unwrap())
}

fn background() -> Value {
    json!({"background": true})
}

fn tools() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "google_search"}, {"type": "function", "name": "weather", "parameters": parameters}])
}

fn weather() -> Value {
    json!({"tools": tools()})
}

#[tokio::test]
async fn an_interaction_is_a_list_of_steps() {
    let simulator = simulator();
    let made = create(&simulator, json!({"generation_config": {"thinking_summaries": "auto"}})).await;
    assert_eq!((&made["status"], &made["model"]), (&json!("completed"), &json!(TEXT)));
    let steps = made["steps"].as_array().unwrap();
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    assert_eq!(steps[0], json!({"type": "user_input", "content": text("Say hi")}));
    assert_eq!(steps[1]["summary"], text("This is a simulated thought about: Say hi"));
    let said = text("This is a simulated answer to: Say hi");
    assert_eq!(steps[2], json!({"type": "model_output", "content": said}));
    let usage = json!({
        "total_input_tokens": 2,
        "input_tokens_by_modality": [{"modality": "text", "tokens": 2}],
        "total_output_tokens": 8,
        "output_tokens_by_modality": [{"modality": "text", "tokens": 8}],
        "total_thought_tokens": 8,
        "total_tokens": 18,
    });
    assert_eq!(made["usage"], usage);
    assert_eq!(made["created"], "2026-09-21T14:13:20.000000Z");
    assert_eq!(simulator.paid_tasks()[0].task_id, made["id"].as_str().unwrap());
}

#[tokio::test]
async fn thoughts_have_no_summary_unless_asked_for() {
    let made = create(&simulator(), json!({})).await;
    assert_eq!(made["steps"][1]["type"], "thought");
    assert_eq!(made["steps"][1].get("summary"), None);
    assert!(made["steps"][1]["signature"].is_string());
}

#[tokio::test]
async fn an_interaction_is_kept_until_it_is_deleted() {
    let simulator = simulator();
    let made = create(&simulator, json!({})).await;
    assert_eq!(get(&simulator, &path(&made)).await.json(), made);
    let other = Request::get(path(&made)).header("x-goog-api-key", "other").body(Body::empty()).unwrap();
    send(&simulator, other).await.refusal(404);
    assert_eq!(delete(&simulator, &path(&made)).await.json(), json!({}));
    get(&simulator, &path(&made)).await.refusal(404);
    delete(&simulator, &path(&made)).await.refusal(404);
    let unkept = create(&simulator, json!({"store": false})).await;
    get(&simulator, &path(&unkept)).await.refusal(404);
}

#[tokio::test]
async fn an_interaction_goes_on_with_another() {
    let simulator = simulator();
    let first = create(&simulator, weather()).await;
    assert_eq!(first["status"], "requires_action");
    let called = &first["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&called["name"], &called["arguments"]), (&json!("weather"), &json!({"city": "Say hi"})));
    let result = json!([{"type": "function_result", "call_id": called["id"], "result": "rain"}]);
    let next = json!({"previous_interaction_id": first["id"], "input": result, "tools": tools()});
    let second = create(&simulator, next).await;
    assert_eq!((&second["status"], &second["previous_interaction_id"]), (&json!("completed"), &first["id"]));
    let said = &second["steps"].as_array().unwrap().last().unwrap()["content"][0]["text"];
    assert_eq!(said, "This is a simulated answer to: Say hi");
    let unknown = interaction(json!({"previous_interaction_id": "int_nothing"}));
    post(&simulator, INTERACTIONS, &unknown).await.refusal(404);
}

#[tokio::test]
async fn steps_and_contents_are_taken_in() {
    let made = create(&simulator(), json!({})).await;
    let mut steps = made["steps"].as_array().unwrap().clone();
    steps.push(json!({"type": "user_input", "content": [{"type": "text", "text": "And now?"}]}));
    let picture = json!({"type": "image", "data": "iVBO", "mime_type": "image/png"});
    let words = json!({"type": "text", "text": "And now?"});
    for input in [json!(steps), words.clone(), json!([picture, words])] {
        let answer = create(&simulator(), json!({"input": input})).await;
        let said = &answer["steps"].as_array().unwrap().last().unwrap()["content"][0]["text"];
        assert_eq!(said, "This is a simulated answer to: And now?");
    }
    let asked = json!({"input": [picture, words], "system_instruction": "Be brief"});
    assert_eq!(create(&simulator(), asked).await["usage"]["total_input_tokens"], 262);
}

#[tokio::test]
async fn an_answer_fits_its_format_limit_and_stops() {
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}});
    let text = json!({"type": "text", "mime_type": "application/json", "schema": schema});
    for (extra, status, said) in [
        (json!({"response_format": text}), "completed", r#"{"ok":true}"#),
        (json!({"response_format": schema}), "completed", r#"{"ok":true}"#),
        (json!({"response_mime_type": "application/json"}), "completed", r#"{"answer":"Say hi"}"#),
        (json!({"generation_config": {"max_output_tokens": 9}}), "incomplete", "This"),
        (json!({"generation_config": {"stop_sequences": [" simulated"]}}), "completed", "This is a"),
    ] {
        let made = create(&simulator(), extra).await;
        assert_eq!(made["status"], status);
        assert_eq!(made["steps"][2]["content"][0]["text"], said);
    }
}

#[tokio::test]
async fn the_choice_of_tools_is_kept_to() {
    for (choice, called) in [
        (json!("auto"), true),
        (json!("any"), true),
        (json!("none"), false),
        (json!({"allowed_tools": {"mode": "any", "tools": ["weather"]}}), true),
    ] {
        let extra = merged(weather(), json!({"generation_config": {"tool_choice": choice}}));
        let status = if called { "requires_action" } else { "completed" };
        assert_eq!(create(&simulator(), extra).await["status"], status, "{choice}");
    }
}

#[tokio::test]
async fn events_come_in_their_order_and_add_up() {
    let simulator = simulator();
    let answer = post(&simulator, INTERACTIONS, &interaction(json!({"stream": true}))).await;
    let events = answer.json_events();
    let types: Vec<_> = events.iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    let names: Vec<_> = answer.text().lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names, types);
    assert_eq!(types[..2], ["interaction.created", "interaction.status_update"]);
    assert_eq!(types.last(), Some(&"interaction.completed"));
    let of_step = |index: u64| {
        let of_step = events.iter().filter(move |event| event["index"] == index);
        of_step.map(|event| event["event_type"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of_step(1), ["step.start", "step.delta", "step.stop"]);
    assert_eq!(of_step(2).len(), 10);
    let said = events.iter().filter(|event| event["delta"]["type"] == "text");
    let said: String = said.map(|event| event["delta"]["text"].as_str().unwrap()).collect();
    assert_eq!(said, "This is a simulated answer to: Say hi");
    let whole = &events.last().unwrap()["interaction"];
    assert_eq!(get(&simulator, &path(whole)).await.json(), *whole);
    assert_eq!(events[0]["interaction"].get("steps"), None);
}

#[tokio::test]
async fn a_streamed_call_of_a_function_adds_up() {
    let asked = interaction(merged(weather(), json!({"stream": true})));
    let events = post(&simulator(), INTERACTIONS, &asked).await.json_events();
    let begun = events.iter().find(|event| event["step"]["type"] == "function_call").unwrap();
    assert_eq!((&begun["step"]["name"], &begun["step"]["arguments"]), (&json!("weather"), &json!({})));
    let arguments = events.iter().filter(|event| event["delta"]["type"] == "arguments_delta");
    let arguments: String = arguments.map(|event| event["delta"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, r#"{"city":"Say hi"}"#);
    assert_eq!(events.last().unwrap()["interaction"]["status"], "requires_action");
}

#[tokio::test]
async fn what_the_filter_catches_fails() {
    let failed = create(&simulator(), json!({"input": "[filtered]"})).await;
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!("safety")));
    assert_eq!(failed["steps"].as_array().unwrap().len(), 1);
    let asked = interaction(json!({"input": "[filtered]", "stream": true}));
    let events = post(&simulator(), INTERACTIONS, &asked).await.json_events();
    let last = events.last().unwrap();
    assert_eq!((&last["event_type"], &last["error"]["code"]), (&json!("error"), &json!("safety")));
}

#[tokio::test]
async fn in_the_background_an_interaction_is_polled() {
    let simulator = slow_simulator();
    let made = create(&simulator, background()).await;
    let mut stands = vec![made["status"].clone()];
    for seconds in [1, 1, 3] {
        simulator.advance(Duration::from_secs(seconds));
        let stand = get(&simulator, &path(&made)).await.json();
        assert_eq!((stand["steps"].as_array().unwrap().len(), stand.get("usage")), (1, None));
        stands.push(stand["status"].clone());
    }
    assert_eq!(stands, ["queued", "queued", "in_progress", "in_progress"]);
    simulator.advance(Duration::from_secs(1));
    let done = get(&simulator, &path(&made)).await.json();
    assert_eq!((&done["status"], &done["usage"]["total_tokens"]), (&json!("completed"), &json!(18)));
    assert_eq!(done["updated"], "2026-09-21T14:13:26.000000Z");
    assert_eq!(simulator.counts().paid_tasks, 1);
}

#[tokio::test]
async fn one_that_runs_in_the_background_is_cancelled_once() {
    let simulator = slow_simulator();
    let made = create(&simulator, background()).await;
    let cancel = format!("{}/cancel", path(&made));
    assert_eq!(post(&simulator, &cancel, &json!({})).await.json()["status"], "cancelled");
    let error = post(&simulator, &cancel, &json!({})).await.refusal(400);
    assert_eq!(error["error"]["code"], "failed_precondition");
    simulator.advance(Duration::from_secs(60));
    assert_eq!(get(&simulator, &path(&made)).await.json()["status"], "cancelled");
    let over = create(&simulator, json!({})).await;
    post(&simulator, &format!("{}/cancel", path(&over)), &json!({})).await.refusal(400);
}

#[tokio::test]
async fn one_that_fails_in_the_background_says_why() {
    let simulator = simulator();
    simulator.fault("POST /gemini/*", "task=fail; code=quota; message=Too many; times=1").unwrap();
    let made = create(&simulator, background()).await;
    let failed = get(&simulator, &path(&made)).await.json();
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["errors"], json!([{"code": "quota", "message": "Too many"}]));
    assert_eq!(failed["steps"].as_array().unwrap().len(), 1);
}
