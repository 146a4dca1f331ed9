//! What a model may call, and its calls.

use serde_json::Value;

use crate::vendor::wire_type;

wire_type! {
    /// Something that the model may call.
    pub struct Tool {
        must {
            /// `function` or `custom`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// A function.
            function: FunctionDefinition,
        }
    }
}

impl Tool {
    /// A function that the caller runs.
    pub fn of_function(function: FunctionDefinition) -> Self {
        Self::new("function").function(function)
    }
}

wire_type! {
    /// A function that the model may call.
    pub struct FunctionDefinition {
        must {
            /// Its name, of at most 64 characters.
            name: String,
        }
        may {
            /// What it is for.
            description: String,
            /// The JSON Schema of its arguments.
            parameters: Value,
            /// Whether arguments must fit the schema.
            strict: bool,
        }
    }
}

wire_type! {
    /// A call of a tool. In a stream it comes in pieces that share their `index`.
    pub struct ToolCall {
        may {
            /// Which call a piece belongs to; in streams only.
            index: u32,
            /// Its id, for the message that answers it.
            id: String,
            /// `function` or `custom`.
            #[serde(rename = "type")]
            kind: String,
            /// Which function, with which arguments.
            function: FunctionCall,
        }
    }
}

wire_type! {
    /// Which function is called, with which arguments.
    pub struct FunctionCall {
        may {
            /// Its name.
            name: String,
            /// Its arguments as JSON text, which the model may get wrong; in streams a piece of it.
            arguments: String,
        }
    }
}
