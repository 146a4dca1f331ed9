//! A response as events: named, numbered, and without `[DONE]`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Output, Response, text_part};
use crate::content::tokens;
use crate::events;

/// Every event from `response.created` to the last one.
pub(super) fn events(response: &Response) -> Vec<Bytes> {
    let whole = response.whole();
    let last = format!("response.{}", whole["status"].as_str().unwrap_or("completed"));
    let mut steps = vec![
        ("response.created".to_owned(), json!({"response": response.at_stage("in_progress")})),
        ("response.in_progress".to_owned(), json!({"response": response.at_stage("in_progress")})),
        (
            "response.output_item.added".to_owned(),
            json!({"output_index": 0, "item": response.output.begun()}),
        ),
    ];
    steps.extend(match &response.output {
        Output::Message { id, text, .. } => message(id, text),
        Output::Call { id, arguments, .. } => call(id, arguments),
    });
    steps.push((
        "response.output_item.done".to_owned(),
        json!({"output_index": 0, "item": response.output.whole()}),
    ));
    steps.push((last, json!({"response": whole})));
    let event = |(number, (name, mut fields)): (usize, (String, Value))| {
        fields["type"] = json!(name);
        fields["sequence_number"] = json!(number);
        events::named(&name, &fields)
    };
    steps.into_iter().enumerate().map(event).collect()
}

type Step = (String, Value);

fn message(id: &str, text: &str) -> Vec<Step> {
    let step = |name: &str, field: &str, value: Value| {
        let mut fields = json!({"item_id": id, "output_index": 0, "content_index": 0});
        fields[field] = value;
        (format!("response.{name}"), fields)
    };
    let mut steps = vec![step("content_part.added", "part", text_part(""))];
    let said = |name: &str, field: &str, text: &str| {
        let (name, mut fields) = step(name, field, json!(text));
        fields["logprobs"] = json!([]);
        (name, fields)
    };
    steps.extend(tokens(text).into_iter().map(|token| said("output_text.delta", "delta", token)));
    steps.push(said("output_text.done", "text", text));
    steps.push(step("content_part.done", "part", text_part(text)));
    steps
}

fn call(id: &str, arguments: &str) -> Vec<Step> {
    let step = |name: &str, field: &str, value: Value| {
        let mut fields = json!({"item_id": id, "output_index": 0});
        fields[field] = value;
        (format!("response.function_call_arguments.{name}"), fields)
    };
    let middle = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
    let (start, end) = arguments.split_at(middle);
    vec![
        step("delta", "delta", json!(start)),
        step("delta", "delta", json!(end)),
        step("done", "arguments", json!(arguments)),
    ]
}
