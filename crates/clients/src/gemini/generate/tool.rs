//! What a model may call, and how.

use serde_json::{Value, json};

use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What a model may call: functions of the caller's, or something that the vendor runs.
    #[serde(rename_all = "camelCase")]
    pub struct Tool {
        may {
            /// Functions that the caller runs.
            function_declarations: Vec<FunctionDeclaration>,
            /// The vendor's search of the web: `{}`.
            google_search: Value,
            /// The vendor's machine for code: `{}`.
            code_execution: Value,
            /// Pages whose URLs are in the contents: `{}`.
            url_context: Value,
        }
    }
}

impl Tool {
    /// Functions that the caller runs.
    pub fn of_functions(functions: impl Into<Vec<FunctionDeclaration>>) -> Self {
        Self::default().function_declarations(functions)
    }

    /// The vendor's search of the web.
    pub fn of_search() -> Self {
        Self::default().google_search(json!({}))
    }

    /// The vendor's machine for code.
    pub fn of_code_execution() -> Self {
        Self::default().code_execution(json!({}))
    }

    /// Pages whose URLs are in the contents.
    pub fn of_url_context() -> Self {
        Self::default().url_context(json!({}))
    }
}

wire_type! {
    /// A function that the model may call.
    #[serde(rename_all = "camelCase")]
    pub struct FunctionDeclaration {
        must {
            /// Its name.
            name: String,
        }
        may {
            /// What it is for.
            description: String,
            /// What its arguments are, in the vendor's own kind of schema.
            parameters: Value,
            /// What its arguments are, as JSON Schema.
            parameters_json_schema: Value,
        }
    }
}

wire_type! {
    /// How a model calls.
    #[serde(rename_all = "camelCase")]
    pub struct ToolConfig {
        may {
            /// How it calls functions.
            function_calling_config: FunctionCallingConfig,
        }
    }
}

impl ToolConfig {
    /// Calls functions so.
    pub fn of_mode(mode: impl Into<FunctionCallingMode>) -> Self {
        Self::default().function_calling_config(FunctionCallingConfig::default().mode(mode))
    }
}

wire_type! {
    /// How a model calls functions.
    #[serde(rename_all = "camelCase")]
    pub struct FunctionCallingConfig {
        may {
            /// Whether it does.
            mode: FunctionCallingMode,
            /// The only ones that it may call, where it must.
            allowed_function_names: Vec<String>,
        }
    }
}

open_enum! {
    /// Whether a model calls functions.
    pub enum FunctionCallingMode {
        /// As it likes.
        Auto = "AUTO",
        /// It must.
        Any = "ANY",
        /// It must not.
        None = "NONE",
    }
}
