//! What an answer must look like.

use serde_json::Value;

use crate::InvalidInput;
use crate::request::tokens_max;

/// What an answer must look like.
#[derive(Clone, PartialEq, Debug)]
pub enum ResponseFormat {
    /// A text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// The schema's name.
        name: String,
        /// The JSON Schema.
        schema: Value,
        /// Whether the answer must fit it, or only should.
        is_strict: Option<bool>,
    },
}

impl ResponseFormat {
    pub(super) fn parse(value: Value) -> Result<Self, InvalidInput> {
        let named = &value["json_schema"];
        match (value["type"].as_str(), named["schema"].is_object()) {
            (Some("text"), _) => Ok(Self::Text),
            (Some("json_object"), _) => Ok(Self::JsonObject),
            (Some("json_schema"), true) => Ok(Self::JsonSchema {
                name: named["name"].as_str().unwrap_or("answer").to_owned(),
                schema: named["schema"].clone(),
                is_strict: named["strict"].as_bool(),
            }),
            _ => {
                let allowed = "must have a type text, json_object, or json_schema with a json_schema.schema";
                Err(InvalidInput::not_allowed("input.response_format", allowed))
            }
        }
    }

    pub(super) fn tokens_max(&self) -> u64 {
        match self {
            Self::Text | Self::JsonObject => 0,
            Self::JsonSchema { name, schema, .. } => tokens_max(name) + tokens_max(&schema.to_string()),
        }
    }
}
