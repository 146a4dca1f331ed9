//! What is asked of an interaction.

use serde_json::{Value, json};

use super::super::models::{self, Method, plain};
use super::super::shape::{self, texts};
use super::super::tokens::Tokens;
use super::super::turn::Asked;
use super::format::Format;
use super::{input, shapes, task};
use crate::call::Call;
use crate::content::{Prompt, Tool, ToolUse};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// A request that keeps to the rules.
pub(super) struct InteractionRequest {
    /// Its name, without `models/`.
    pub(super) model: String,
    pub(super) asked: Asked,
    /// What it brings, as steps.
    pub(super) steps: Vec<Value>,
    pub(super) input_tokens: Tokens,
    pub(super) shows_thoughts: bool,
    pub(super) by_link: bool,
    pub(super) is_streamed: bool,
    pub(super) is_stored: bool,
    pub(super) is_background: bool,
    pub(super) previous_id: Option<String>,
}

impl InteractionRequest {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let body = shape::body(call, shapes::CREATE)?;
        let model = plain(body["model"].as_str().ok_or_else(|| Refusal::missing("model"))?);
        let kind = models::known(call, model, Method::Interact)?.unwrap_or(ModelKind::Chat);
        let previous_id = body["previous_interaction_id"].as_str();
        let previous = previous_id.map(|id| task(call, id)).transpose()?;
        let steps = input::steps(call, body.get("input"))?;
        let format = Format::read(model, kind, &body)?;
        let (is_stored, is_background) = (body["store"] != false, body["background"] == true);
        if is_background && !is_stored {
            return Err(Refusal::unsupported("background", "background requires store to be true."));
        }
        let mut input_tokens = input::tokens(&steps);
        let instruction = body["system_instruction"].as_str().unwrap_or_default();
        input_tokens.add("TEXT", crate::content::count_tokens(instruction));
        let before = previous.map(|task| task.details["asked"].as_str().unwrap_or_default().to_owned());
        let config = &body["generation_config"];
        let tools = tools(&body["tools"])?;
        let prompt = Prompt {
            text: input::asked(&steps).or(before).unwrap_or_default(),
            tool_use: tool_use(config, &tools)?,
            tools,
            has_tool_result: steps.last().is_some_and(|step| step["type"] == "function_result"),
            schema: format.schema,
            tokens_max: config["max_output_tokens"].as_i64(),
        };
        let asked = Asked {
            prompt,
            thinks: true,
            stops: texts(&config["stop_sequences"]),
            output: format.output,
            lets_pass: false,
        };
        Ok(Self {
            model: model.to_owned(),
            asked,
            steps,
            input_tokens,
            shows_thoughts: config["thinking_summaries"] == "auto",
            by_link: format.by_link,
            is_streamed: body["stream"] == true,
            is_stored,
            is_background,
            previous_id: previous_id.map(str::to_owned),
        })
    }
}

/// The functions that the caller runs. Tools that the vendor runs itself leave no trace in an answer.
fn tools(tools: &Value) -> Result<Vec<Tool>, Refusal> {
    const KINDS: [&str; 10] = [
        "function",
        "code_execution",
        "computer_use",
        "file_search",
        "google_maps",
        "google_search",
        "mcp_server",
        "retrieval",
        "tool_search",
        "url_context",
    ];
    let mut functions = Vec::new();
    for (index, tool) in tools.as_array().into_iter().flatten().enumerate() {
        let kind = tool["type"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            let allowed = format!("one of {}", KINDS.join(", "));
            return Err(Refusal::not_allowed(format!("tools[{index}].type"), kind, allowed));
        }
        if kind != "function" {
            continue;
        }
        let name = tool["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Refusal::missing(format!("tools[{index}].name")))?;
        let none = json!({"type": "object", "properties": {}});
        functions
            .push(Tool { name: name.to_owned(), schema: tool.get("parameters").cloned().unwrap_or(none) });
    }
    Ok(functions)
}

/// A word, or the tools that are allowed with a word for them.
fn tool_use(config: &Value, tools: &[Tool]) -> Result<ToolUse, Refusal> {
    let at = "generation_config.tool_choice";
    let allowed = &config["tool_choice"]["allowed_tools"];
    let word = config["tool_choice"].as_str().or(allowed["mode"].as_str()).unwrap_or("auto");
    match word {
        "none" => Ok(ToolUse::Never),
        "auto" | "validated" => Ok(ToolUse::Auto),
        "any" if tools.is_empty() => Err(Refusal::unsupported(at, "tool_choice any needs tools.")),
        "any" => {
            let named = texts(&allowed["tools"]).into_iter().next();
            Ok(named.map_or(ToolUse::Always, ToolUse::Named))
        }
        other => Err(Refusal::not_allowed(at, other, "one of auto, any, none, validated")),
    }
}
