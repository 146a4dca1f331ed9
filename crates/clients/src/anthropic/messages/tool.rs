//! What a model may call.

use serde_json::Value;

use super::block::CacheControl;
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// Something that the model may call.
    pub struct Tool {
        must {
            /// Its name.
            name: String,
        }
        may {
            /// Which of the vendor's own tools it is; nothing for those that the caller runs.
            #[serde(rename = "type")]
            kind: String,
            /// What it is for.
            description: String,
            /// The JSON Schema of its arguments.
            input_schema: Value,
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// Whether tools are called.
    pub struct ToolChoice {
        must {
            /// Whether.
            #[serde(rename = "type")]
            kind: ToolChoiceKind,
        }
        may {
            /// The tool, where it is one.
            name: String,
            /// Whether the model calls one at most at a time.
            disable_parallel_tool_use: bool,
        }
    }
}

open_enum! {
    /// Whether tools are called.
    pub enum ToolChoiceKind {
        /// As the model likes.
        Auto = "auto",
        /// One of them.
        Any = "any",
        /// The one that is named.
        Tool = "tool",
        /// None.
        None = "none",
    }
}

impl ToolChoice {
    /// The model calls this one.
    pub fn of_tool(name: impl Into<String>) -> Self {
        Self::new(ToolChoiceKind::Tool).name(name)
    }
}

impl From<ToolChoiceKind> for ToolChoice {
    fn from(kind: ToolChoiceKind) -> Self {
        Self::new(kind)
    }
}
