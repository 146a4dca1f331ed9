//! What a message is asked for.

use serde_json::{Value, json};

use super::super::models;
use super::super::version::Version;
use super::conversation::Conversation;
use crate::call::{Call, Fields};
use crate::content::Prompt;
use crate::refusal::Refusal;

/// A request that keeps to the rules.
pub(super) struct MessageRequest {
    pub(super) model: String,
    pub(super) prompt: Prompt,
    pub(super) input_tokens: u64,
    pub(super) thinks: bool,
    /// Texts at which the answer ends.
    pub(super) stop_sequences: Vec<String>,
    pub(super) is_streamed: bool,
}

impl MessageRequest {
    pub(super) fn read(call: &Call<'_>, version: Version, fields: &Fields) -> Result<Self, Refusal> {
        let conversation = Conversation::read(call, version, fields)?;
        let tokens_max = tokens_max(fields)?;
        check_sampling(fields, version)?;
        fields.one_of("service_tier", &["auto", "standard_only"])?;
        let prompt = Prompt {
            text: conversation.asked(),
            has_tool_result: conversation.has_tool_result(),
            tools: conversation.tools,
            tool_use: conversation.tool_use,
            schema: schema(fields)?,
            tokens_max: Some(tokens_max),
        };
        Ok(Self {
            thinks: thinks(fields, &conversation.model, tokens_max)?,
            model: conversation.model,
            prompt,
            input_tokens: conversation.input_tokens,
            stop_sequences: stop_sequences(fields)?,
            is_streamed: fields.flag("stream")?,
        })
    }
}

fn tokens_max(fields: &Fields) -> Result<i64, Refusal> {
    let tokens_max = fields.integer("max_tokens", 1..=models::OUTPUT_TOKENS_MAX)?;
    tokens_max.ok_or_else(|| Refusal::missing("max_tokens"))
}

fn check_sampling(fields: &Fields, version: Version) -> Result<(), Refusal> {
    if version >= Version::V2026 {
        let gone = ["temperature", "top_p", "top_k"].into_iter().find(|field| fields.has(field));
        return gone.map_or(Ok(()), |field| {
            Err(Refusal::unsupported(field, "is not supported since version 2026-10-21"))
        });
    }
    fields.number("temperature", 0.0..=1.0)?;
    fields.number("top_p", 0.0..=1.0)?;
    fields.integer("top_k", 0..=i64::MAX)?;
    Ok(())
}

fn thinks(fields: &Fields, model: &str, tokens_max: i64) -> Result<bool, Refusal> {
    const BUDGET_TOKENS_MIN: i64 = 1024;
    let Some(thinking) = fields.value("thinking") else { return Ok(false) };
    match thinking["type"].as_str().unwrap_or_default() {
        "disabled" => Ok(false),
        "adaptive" => Ok(true),
        "enabled" if models::is_new(model) => {
            let reason = "'enabled' with a budget is not supported by this model; use 'adaptive'";
            Err(Refusal::unsupported("thinking.type", reason))
        }
        "enabled" => {
            let at = "thinking.enabled.budget_tokens";
            let budget = thinking.get("budget_tokens").ok_or_else(|| Refusal::missing(at))?;
            match budget.as_i64() {
                None => Err(Refusal::wrong_type(at, "an integer", budget)),
                Some(tokens) if tokens < BUDGET_TOKENS_MIN => {
                    Err(Refusal::not_allowed(at, tokens, "greater than or equal to 1024"))
                }
                Some(tokens) if tokens >= tokens_max => {
                    Err(Refusal::not_allowed(at, tokens, "less than `max_tokens`"))
                }
                Some(_) => Ok(true),
            }
        }
        other => {
            Err(Refusal::not_allowed("thinking.type", other, "one of 'adaptive', 'enabled', 'disabled'"))
        }
    }
}

/// The schema that the answer must fit.
fn schema(fields: &Fields) -> Result<Option<Value>, Refusal> {
    let none = json!({});
    let format = &fields.value("output_config").unwrap_or(&none)["format"];
    match format["type"].as_str() {
        None if format.is_null() => Ok(None),
        Some("json_schema") if format["schema"].is_object() => Ok(Some(format["schema"].clone())),
        Some("json_schema") => Err(Refusal::missing("output_config.format.schema")),
        other => {
            let given = other.unwrap_or_default();
            Err(Refusal::not_allowed("output_config.format.type", given, "'json_schema'"))
        }
    }
}

fn stop_sequences(fields: &Fields) -> Result<Vec<String>, Refusal> {
    let sequence = |(index, value): (usize, &Value)| {
        let at = format!("stop_sequences.{index}");
        match value.as_str() {
            None => Err(Refusal::wrong_type(at, "a string", value)),
            Some(text) if text.trim().is_empty() => {
                Err(Refusal::unsupported(at, "each stop sequence must contain non-whitespace"))
            }
            Some(text) => Ok(text.to_owned()),
        }
    };
    fields.list("stop_sequences")?.iter().enumerate().map(sequence).collect()
}
