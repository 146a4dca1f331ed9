//! What is missing between two texts.

use serde_json::{Value, json};

use crate::support::{NOW_SECONDS, post, simulator};

const PATH: &str = "/deepseek/beta/completions";
const WRITTEN: &str = "This is a simulated answer to: fn fib";

fn fim(extra: Value) -> Value {
    let mut fim = json!({"model": "deepseek-flash", "prompt": "fn fib", "suffix": "return fib"});
    fim.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fim
}

#[tokio::test]
async fn a_text_is_filled_in_without_thoughts() {
    let simulator = simulator();
    let answer = post(&simulator, PATH, &fim(json!({}))).await;
    assert!(answer.text().starts_with("\n{"), "{}", answer.text());
    let answer = answer.json();
    assert_eq!((&answer["object"], &answer["created"]), (&json!("text_completion"), &json!(NOW_SECONDS)));
    let choice = json!({"index": 0, "text": WRITTEN, "logprobs": null, "finish_reason": "stop"});
    assert_eq!(answer["choices"], json!([choice]));
    assert_eq!(
        (&answer["usage"]["prompt_tokens"], &answer["usage"]["total_tokens"]),
        (&json!(4), &json!(12))
    );
    assert_eq!(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], 0);
    assert_eq!(simulator.paid_tasks().last().unwrap().task_id, answer["id"].as_str().unwrap());
}

#[tokio::test]
async fn settings_are_kept_to() {
    let simulator = simulator();
    for (setting, text, finish_reason) in [
        (json!({"max_tokens": 2}), "This is", "length"),
        (json!({"stop": " simulated"}), "This is a", "stop"),
        (json!({"echo": true, "max_tokens": 1}), "fn fibThis", "length"),
        (json!({"prompt": "[filtered]"}), "", "content_filter"),
    ] {
        let choice = &post(&simulator, PATH, &fim(setting)).await.json()["choices"][0];
        assert_eq!((&choice["text"], &choice["finish_reason"]), (&json!(text), &json!(finish_reason)));
    }
}

#[tokio::test]
async fn a_streamed_text_adds_up() {
    let answer = post(&simulator(), PATH, &fim(json!({"stream": true}))).await;
    assert!(answer.text().starts_with(": keep-alive\n\ndata: {"), "{}", answer.text());
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
    let pieces = answer.json_events();
    let text: String = pieces.iter().filter_map(|piece| piece["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, WRITTEN);
    let last = pieces.last().unwrap();
    assert_eq!(
        (&last["choices"][0]["finish_reason"], &last["usage"]["total_tokens"]),
        (&json!("stop"), &json!(12))
    );
    let apart = fim(json!({"stream": true, "stream_options": {"include_usage": true}}));
    let pieces = post(&simulator(), PATH, &apart).await.json_events();
    let last = pieces.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(12)));
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let simulator = simulator();
    for (wrong, status) in [
        (json!({"prompt": null}), 400),
        (json!({"suffix": 7}), 400),
        (json!({"model": "deepseek-chat"}), 400),
        (json!({"max_tokens": 4097}), 422),
        (json!({"temperature": 3}), 422),
    ] {
        post(&simulator, PATH, &fim(wrong)).await.refusal(status);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
