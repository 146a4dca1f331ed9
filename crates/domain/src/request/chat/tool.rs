//! Tools that a model may want called.

use serde::Serialize;
use serde_json::Value;

use crate::request::tokens_max;
use crate::{InvalidInput, TokenCeilings};

/// A function that the caller runs for the model.
#[derive(Clone, PartialEq, Debug)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub parameters: Option<Value>,
    /// Whether arguments must fit the schema.
    pub is_strict: Option<bool>,
}

/// A call that the model wants.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ToolCall {
    /// Its id, for the message that answers it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as JSON text, which the model may get wrong.
    pub arguments: String,
}

/// Whether a model may or must call tools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToolChoice {
    /// It must not.
    None,
    /// It may.
    Auto,
    /// It must call at least one.
    Required,
    /// It must call this one.
    Tool(String),
}

impl Tool {
    pub(super) fn tokens_max(&self, ceilings: &TokenCeilings) -> u64 {
        let parameters = self.parameters.as_ref().map_or(0, |schema| tokens_max(&schema.to_string()));
        let description = self.description.as_deref().map_or(0, tokens_max);
        ceilings.per_tool + tokens_max(&self.name) + description + parameters
    }
}

impl ToolChoice {
    pub(super) fn parse(value: Value) -> Result<Self, InvalidInput> {
        let name = value["function"]["name"].as_str();
        match (value.as_str(), name) {
            (Some("none"), _) => Ok(Self::None),
            (Some("auto"), _) => Ok(Self::Auto),
            (Some("required"), _) => Ok(Self::Required),
            (None, Some(name)) => Ok(Self::Tool(name.to_owned())),
            _ => {
                let allowed = "must be none, auto, required or an object that names a function";
                Err(InvalidInput::not_allowed("input.tool_choice", allowed))
            }
        }
    }
}

/// Reads the list of tools.
pub(super) fn parse_all(value: Option<Value>) -> Result<Vec<Tool>, InvalidInput> {
    let tools = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(InvalidInput::malformed("input.tools", "must be a list")),
    };
    let tool = |(index, tool): (usize, Value)| {
        let function = &tool["function"];
        let name = function["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            InvalidInput::malformed(format!("input.tools[{index}].function"), "must be an object with a name")
        })?;
        Ok(Tool {
            name: name.to_owned(),
            description: function["description"].as_str().map(str::to_owned),
            parameters: Some(function["parameters"].clone()).filter(|schema| !schema.is_null()),
            is_strict: function["strict"].as_bool(),
        })
    };
    tools.into_iter().enumerate().map(tool).collect()
}

/// Reads the calls of a model's message.
pub(super) fn parse_calls(place: &str, value: Option<Value>) -> Result<Vec<ToolCall>, InvalidInput> {
    let calls = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(calls)) => calls,
        Some(_) => return Err(InvalidInput::malformed(place.to_owned(), "must be a list")),
    };
    let call = |(index, call): (usize, Value)| {
        let function = &call["function"];
        let found = (call["id"].as_str(), function["name"].as_str(), function["arguments"].as_str());
        let (Some(id), Some(name), Some(arguments)) = found else {
            let allowed = "must have an id and a function with name and arguments";
            return Err(InvalidInput::malformed(format!("{place}[{index}]"), allowed));
        };
        Ok(ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() })
    };
    calls.into_iter().enumerate().map(call).collect()
}
