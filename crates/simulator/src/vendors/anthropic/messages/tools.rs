//! The tools that a request brings, and whether one must be called.

use serde_json::Value;

use crate::call::Fields;
use crate::content::{Tool, ToolUse};
use crate::refusal::{Problem, Refusal};

/// The tools that the caller runs.
pub(super) fn read(fields: &Fields) -> Result<Vec<Tool>, Refusal> {
    let mut tools = Vec::new();
    for (index, tool) in fields.list("tools")?.iter().enumerate() {
        let at = |field: &str| format!("tools.{index}.{field}");
        // Tools that the vendor runs itself leave no trace in a simulated answer.
        if tool.get("type").is_some_and(|kind| kind != "custom") {
            continue;
        }
        let name = tool["name"].as_str().ok_or_else(|| Refusal::missing(at("name")))?;
        check_name(name, at("name"))?;
        match tool.get("input_schema") {
            Some(schema @ Value::Object(_)) => {
                tools.push(Tool { name: name.to_owned(), schema: schema.clone() });
            }
            Some(other) => return Err(Refusal::wrong_type(at("input_schema"), "an object", other)),
            None => return Err(Refusal::missing(at("input_schema"))),
        }
    }
    Ok(tools)
}

/// Whether the model calls one of these.
pub(super) fn choice(fields: &Fields, tools: &[Tool]) -> Result<ToolUse, Refusal> {
    let Some(choice) = fields.value("tool_choice") else { return Ok(ToolUse::Auto) };
    match choice["type"].as_str().unwrap_or_default() {
        "none" => Ok(ToolUse::Never),
        _ if !fields.has("tools") => {
            Err(Refusal::unsupported("tool_choice", "may only be specified while providing tools"))
        }
        "auto" => Ok(ToolUse::Auto),
        "any" => Ok(ToolUse::Always),
        "tool" => {
            let name = choice["name"].as_str().ok_or_else(|| Refusal::missing("tool_choice.name"))?;
            match tools.iter().any(|tool| tool.name == name) {
                true => Ok(ToolUse::Named(name.to_owned())),
                false => {
                    let reason = format!("Tool '{name}' not found in provided tools");
                    Err(Refusal::unsupported("tool_choice", reason))
                }
            }
        }
        other => {
            let allowed = "one of 'auto', 'any', 'tool', 'none'";
            Err(Refusal::not_allowed("tool_choice.type", other, allowed))
        }
    }
}

fn check_name(name: &str, at: String) -> Result<(), Refusal> {
    const LENGTH_MAX: usize = 128;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match name.len() {
        0 => Err(Refusal::missing(at)),
        length if length > LENGTH_MAX => {
            Err(Refusal::Field(at, Problem::TooLong { length, length_max: LENGTH_MAX }))
        }
        _ if name.bytes().all(is_allowed) => Ok(()),
        _ => Err(Refusal::not_allowed(at, name, "letters, digits, '_' and '-'")),
    }
}
