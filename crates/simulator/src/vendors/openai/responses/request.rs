//! What a response is asked for.

use serde_json::{Map, Value, json};

use super::super::models;
use crate::call::{Call, Fields};
use crate::content::{Prompt, Tool, ToolUse, count_tokens};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// A request that keeps to the rules.
pub(super) struct ResponseRequest {
    pub(super) model: String,
    pub(super) prompt: Prompt,
    pub(super) input_tokens: u64,
    pub(super) reasoning_tokens: u64,
    pub(super) is_streamed: bool,
    pub(super) is_stored: bool,
    pub(super) is_background: bool,
    /// The fields that the response repeats.
    pub(super) repeated: Map<String, Value>,
}

impl ResponseRequest {
    pub(super) fn read(call: &Call<'_>, fields: &Fields) -> Result<Self, Refusal> {
        let (model, kind) = models::required(call, fields, ModelKind::chats)?;
        fields.number("temperature", 0.0..=2.0)?;
        fields.number("top_p", 0.0..=1.0)?;
        let items = items(fields)?;
        if let Some(previous) = fields.text("previous_response_id")? {
            super::task(call, previous)?;
        }
        let is_stored = !fields.has("store") || fields.flag("store")?;
        let is_background = fields.flag("background")?;
        if is_background && !is_stored {
            return Err(Refusal::unsupported("background", "'background' requires 'store' to be true."));
        }
        let instructions = fields.text("instructions")?.unwrap_or_default();
        let reasons = kind == Some(ModelKind::Reasoning);
        Ok(Self {
            model: model.to_owned(),
            input_tokens: items.iter().map(|item| count_tokens(&text(item)) + 3).sum::<u64>()
                + count_tokens(instructions),
            reasoning_tokens: if reasons { 8 } else { 0 },
            is_streamed: fields.flag("stream")?,
            is_stored,
            is_background,
            repeated: repeated(fields, is_stored, is_background),
            prompt: Prompt {
                text: items.iter().rev().find(|item| is_said_by_user(item)).map(text).unwrap_or_default(),
                tools: tools(fields)?,
                tool_use: tool_use(fields)?,
                has_tool_result: items.last().is_some_and(|item| item["type"] == "function_call_output"),
                schema: schema(fields)?,
                tokens_max: fields.integer("max_output_tokens", 16..=i64::MAX)?,
            },
        })
    }
}

/// The input as items; a text is one message of the user.
fn items(fields: &Fields) -> Result<Vec<Value>, Refusal> {
    match fields.value("input") {
        None => Err(Refusal::missing("input")),
        Some(Value::String(text)) => Ok(vec![json!({"role": "user", "content": text})]),
        Some(Value::Array(items)) if items.iter().all(Value::is_object) => Ok(items.clone()),
        Some(other) => Err(Refusal::wrong_type("input", "a string or an array of items", other)),
    }
}

fn is_said_by_user(item: &Value) -> bool {
    item["role"] == "user"
}

fn text(item: &Value) -> String {
    match item.get("content").or_else(|| item.get("output")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

fn tools(fields: &Fields) -> Result<Vec<Tool>, Refusal> {
    let mut tools = Vec::new();
    for (index, tool) in fields.list("tools")?.iter().enumerate() {
        // Tools that the vendor runs itself leave no trace in a simulated answer.
        if tool["type"] != "function" {
            continue;
        }
        let name = tool["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Refusal::missing(format!("tools[{index}].name")))?;
        let none = json!({"type": "object", "properties": {}});
        tools.push(Tool { name: name.to_owned(), schema: tool.get("parameters").cloned().unwrap_or(none) });
    }
    Ok(tools)
}

fn tool_use(fields: &Fields) -> Result<ToolUse, Refusal> {
    match fields.value("tool_choice") {
        None => Ok(ToolUse::Auto),
        Some(Value::String(word)) => match word.as_str() {
            "none" => Ok(ToolUse::Never),
            "auto" => Ok(ToolUse::Auto),
            "required" => Ok(ToolUse::Always),
            word => Err(Refusal::not_allowed("tool_choice", word, "'none', 'auto', 'required'")),
        },
        Some(named) => {
            Ok(named["name"].as_str().map_or(ToolUse::Always, |name| ToolUse::Named(name.to_owned())))
        }
    }
}

fn schema(fields: &Fields) -> Result<Option<Value>, Refusal> {
    let Some(format) = fields.value("text").and_then(|text| text.get("format")) else { return Ok(None) };
    match format["type"].as_str().unwrap_or_default() {
        "text" => Ok(None),
        "json_object" => Ok(Some(json!({"properties": {"answer": {"type": "string"}}}))),
        "json_schema" if format["schema"].is_object() => Ok(Some(format["schema"].clone())),
        "json_schema" => Err(Refusal::missing("text.format.schema")),
        other => Err(Refusal::not_allowed("text.format.type", other, "'text', 'json_object', 'json_schema'")),
    }
}

fn repeated(fields: &Fields, is_stored: bool, is_background: bool) -> Map<String, Value> {
    let said = |name: &str, default: Value| (name.to_owned(), fields.value(name).cloned().unwrap_or(default));
    Map::from_iter([
        said("instructions", Value::Null),
        said("max_output_tokens", Value::Null),
        said("metadata", json!({})),
        said("parallel_tool_calls", json!(true)),
        said("previous_response_id", Value::Null),
        said("reasoning", json!({"effort": null, "summary": null})),
        said("temperature", json!(1.0)),
        said("text", json!({"format": {"type": "text"}})),
        said("tool_choice", json!("auto")),
        said("tools", json!([])),
        said("top_p", json!(1.0)),
        said("truncation", json!("disabled")),
        ("store".to_owned(), json!(is_stored)),
        ("background".to_owned(), json!(is_background)),
    ])
}
