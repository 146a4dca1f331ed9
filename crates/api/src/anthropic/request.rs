//! What a client of Anthropic's asks of a chat, in the words of our models.

use fourfold_domain::InvalidInput;
use serde_json::{Map, Value, json};

use super::contents;
use crate::text::Placed;

/// Fields that say nothing to a model: who it is for is told by the key and `Fourfold-User`, marks for a cache are for
/// one vendor's, and of the others only values that ask for nothing come this far.
const OURS: [&str; 9] = [
    "model",
    "stream",
    "metadata",
    "cache_control",
    "service_tier",
    "inference_geo",
    "speed",
    "mcp_servers",
    "container",
];

/// What our chats know and this wire has another name for, or nothing.
const FOREIGN: [&str; 5] = ["n", "stop", "response_format", "reasoning_effort", "parallel_tool_calls"];

/// What the model is told, by our names. Every field that isn't Anthropic's own is for the model's table of parameters
/// to know or refuse.
pub(super) fn input(body: &[u8]) -> Result<Map<String, Value>, InvalidInput> {
    let fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| InvalidInput::malformed("body", format!("must be JSON: {error}")))?;
    let given = |name: &str| {
        let value = fields.get(name).filter(|value| !value.is_null())?;
        Some(Placed::new(name, value))
    };
    let mut input = Map::new();
    let mut put = |name: &str, value: Value| _ = input.insert(name.to_owned(), value);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let field = Placed::new(name, value);
        match name.as_str() {
            "metadata" | "output_config" if !value.is_object() => {
                return Err(field.malformed("must be an object"));
            }
            name if OURS.contains(&name) => {}
            name if FOREIGN.contains(&name) => return Err(field.not_allowed("is not known here")),
            "messages" => put("messages", contents::messages(given("system"), &field)?.into()),
            "stop_sequences" if field.list()?.is_empty() => {}
            "stop_sequences" => put("stop", value.clone()),
            "tools" => put("tools", tools(&field)?.into()),
            "tool_choice" => {
                put("tool_choice", tool_choice(&field)?);
                if let Some(alone) = field.get("disable_parallel_tool_use")
                    && alone.flag()?
                {
                    put("parallel_tool_calls", Value::Bool(false));
                }
            }
            "system" | "thinking" | "output_config" => {}
            name => put(name, value.clone()),
        }
    }
    let thinking = given("thinking").map(|thinking| effort_of(&thinking)).transpose()?.flatten();
    let config = given("output_config");
    let effort = config.as_ref().and_then(|config| config.get("effort"));
    let effort = effort.map(|effort| effort.text()).transpose()?.or(thinking);
    effort.into_iter().for_each(|effort| put("reasoning_effort", effort.into()));
    if let Some(format) = config.as_ref().and_then(|config| config.get("format")) {
        put("response_format", response_format(&format)?);
    }
    Ok(input)
}

fn tools(tools: &Placed<'_>) -> Result<Vec<Value>, InvalidInput> {
    let tool = |tool: Placed<'_>| {
        if let Some(kind) = tool.get("type").filter(|kind| kind.value != "custom") {
            return Err(kind.not_allowed("must be custom; this model knows no others"));
        }
        let name = tool.required("name")?;
        if name.text()?.is_empty() {
            return Err(name.malformed("is required"));
        }
        let mut function = json!({"name": name.value, "parameters": tool.required("input_schema")?.value});
        for same in ["description", "strict"] {
            if let Some(field) = tool.get(same) {
                function[same] = field.value.clone();
            }
        }
        Ok(json!({"type": "function", "function": function}))
    };
    tools.list()?.into_iter().map(tool).collect()
}

fn tool_choice(choice: &Placed<'_>) -> Result<Value, InvalidInput> {
    let kind = choice.required("type")?;
    Ok(match kind.text()? {
        "auto" => json!("auto"),
        "any" => json!("required"),
        "none" => json!("none"),
        "tool" => json!({"type": "function", "function": {"name": choice.required_text("name")?}}),
        _ => return Err(kind.not_allowed("must be one of auto, any, tool, none")),
    })
}

/// How much is thought; nothing where that is left to the model. A budget is told in the words that all models know.
fn effort_of(thinking: &Placed<'_>) -> Result<Option<&'static str>, InvalidInput> {
    let kind = thinking.required("type")?;
    match kind.text()? {
        "adaptive" => Ok(None),
        "disabled" => Ok(Some("none")),
        "enabled" => {
            let budget = thinking.required("budget_tokens")?;
            match budget.value.as_u64() {
                None => Err(budget.malformed("must be a whole number")),
                Some(..4096) => Ok(Some("low")),
                Some(4096..16_384) => Ok(Some("medium")),
                Some(16_384..) => Ok(Some("high")),
            }
        }
        _ => Err(kind.not_allowed("must be one of adaptive, enabled, disabled")),
    }
}

fn response_format(format: &Placed<'_>) -> Result<Value, InvalidInput> {
    let kind = format.required("type")?;
    if kind.text()? != "json_schema" {
        return Err(kind.not_allowed("must be json_schema"));
    }
    let schema = format.required("schema")?.value;
    Ok(json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}}))
}
