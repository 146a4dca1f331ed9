//! The functions that a model may call.

use serde_json::{Value, json};

use super::super::shape::texts;
use crate::content::{Tool, ToolUse};
use crate::refusal::Refusal;

/// The functions that a request declares. Tools that the vendor runs itself leave no trace in an answer.
pub(super) fn declared(body: &Value) -> Result<Vec<Tool>, Refusal> {
    let mut declared = Vec::new();
    for (place, tool) in list(&body["tools"]).iter().enumerate() {
        for (index, function) in list(&tool["functionDeclarations"]).iter().enumerate() {
            let name = function["name"].as_str().unwrap_or_default();
            if !is_name(name) {
                let at = format!("tools[{place}].function_declarations[{index}].name");
                let allowed = "of 1 to 128 letters, digits, underscores, dots, colons and dashes, \
                               and begin with a letter or an underscore";
                return Err(Refusal::not_allowed(at, name, allowed));
            }
            let schema = function.get("parameters").or(function.get("parametersJsonSchema"));
            let none = || json!({"type": "object", "properties": {}});
            declared.push(Tool { name: name.to_owned(), schema: schema.cloned().unwrap_or_else(none) });
        }
    }
    Ok(declared)
}

/// Whether the model calls one of them.
pub(super) fn tool_use(body: &Value, declared: &[Tool]) -> Result<ToolUse, Refusal> {
    let config = &body["toolConfig"]["functionCallingConfig"];
    let allowed = texts(&config["allowedFunctionNames"]);
    let at = "tool_config.function_calling_config";
    let mode = config["mode"].as_str().unwrap_or("AUTO");
    if !allowed.is_empty() && !["ANY", "VALIDATED"].contains(&mode) {
        let reason = "Allowed function names should be set only when function calling mode is ANY.";
        return Err(Refusal::unsupported(format!("{at}.allowed_function_names"), reason));
    }
    if let Some(stray) = allowed.iter().find(|name| declared.iter().all(|tool| tool.name != **name)) {
        return Err(Refusal::not_allowed(format!("{at}.allowed_function_names"), stray, "declared"));
    }
    match mode {
        "ANY" if declared.is_empty() => {
            let reason = "Function calling mode is set to ANY without function_declarations.";
            Err(Refusal::unsupported(format!("{at}.mode"), reason))
        }
        "NONE" => Ok(ToolUse::Never),
        "ANY" => Ok(allowed.into_iter().next().map_or(ToolUse::Always, ToolUse::Named)),
        _ => Ok(ToolUse::Auto),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_name(name: &str) -> bool {
    let is_start = |character: char| character.is_ascii_alphabetic() || character == '_';
    let is_rest = |character: char| character.is_ascii_alphanumeric() || "_.:-".contains(character);
    name.starts_with(is_start) && name.chars().all(is_rest) && name.len() <= 128
}
