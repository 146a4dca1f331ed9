//! What is said: contents, and the parts that they are made of.

use serde_json::Value;

use super::blob::Blob;
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What one side said at once.
    pub struct Content {
        must {
            /// What it is made of. An answer that was blocked has none.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            parts: Vec<Part>,
        }
        may {
            /// Who said it.
            role: Role,
        }
    }
}

impl Content {
    /// What the user says, a text or parts, or what the functions gave that the model called.
    pub fn user(content: impl Into<Self>) -> Self {
        content.into().role(Role::User)
    }

    /// What the model said.
    pub fn model(content: impl Into<Self>) -> Self {
        content.into().role(Role::Model)
    }

    /// All its texts, one after another, without thoughts.
    pub fn text(&self) -> String {
        let said = self.parts.iter().filter(|part| part.thought != Some(true));
        said.filter_map(|part| part.text.as_deref()).collect()
    }
}

/// A text of nobody in particular, as instructions and texts to be embedded are.
impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::new([Part::of_text(text)])
    }
}

/// As from a `&str`.
impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::new([Part::of_text(text)])
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::new(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Self {
        Self::new(parts)
    }
}

open_enum! {
    /// Who says something.
    pub enum Role {
        /// Who uses the model, and what functions gave.
        User = "user",
        /// The model.
        Model = "model",
    }
}

wire_type! {
    /// A part of a content. It has one of the first seven fields, or one that this type doesn't know in `extra`.
    #[serde(rename_all = "camelCase")]
    pub struct Part {
        may {
            /// A text.
            text: String,
            /// Media, as they are.
            inline_data: Blob,
            /// Media, by where they are.
            file_data: FileData,
            /// A call of a function, which the caller runs.
            function_call: FunctionCall,
            /// What a function gave.
            function_response: FunctionResponse,
            /// Code that the model wrote for the vendor to run.
            executable_code: ExecutableCode,
            /// What that code gave.
            code_execution_result: CodeExecutionResult,
            /// Whether it is what the model thought, and not what it says.
            thought: bool,
            /// Proves to the vendor what the model thought before. It goes back in unchanged with turns that call functions.
            thought_signature: String,
            /// Which piece of a film is meant, as in `{"startOffset": "2s", "fps": 1}`.
            video_metadata: Value,
            /// How a text is spoken.
            speech_metadata: Value,
        }
    }
}

impl Part {
    /// A text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self::default().text(text)
    }

    /// Media of this type, as they are.
    pub fn of_bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::default().inline_data(Blob::of_bytes(media_type, bytes))
    }

    /// Media of this type, by the URI of a file that was uploaded, or one that the vendor can read.
    pub fn of_file(media_type: impl Into<String>, uri: impl Into<String>) -> Self {
        Self::default().file_data(FileData::new(uri).mime_type(media_type))
    }

    /// What a function gave, for the call of this id where the call had one.
    pub fn of_function_response(
        id: Option<String>,
        name: impl Into<String>,
        response: impl Into<Value>,
    ) -> Self {
        let mut given = FunctionResponse::new(name, response);
        given.id = id;
        Self::default().function_response(given)
    }
}

wire_type! {
    /// Media, by where they are.
    #[serde(rename_all = "camelCase")]
    pub struct FileData {
        must {
            /// Where they are.
            file_uri: String,
        }
        may {
            /// What they are, such as `video/mp4`.
            mime_type: String,
            /// Their name for the model.
            display_name: String,
        }
    }
}

wire_type! {
    /// A call of a function.
    pub struct FunctionCall {
        may {
            /// Its id, for the part that answers it.
            id: String,
            /// Which function.
            name: String,
            /// With which arguments: an object.
            args: Value,
        }
    }
}

wire_type! {
    /// What a function gave.
    pub struct FunctionResponse {
        must {
            /// Which function.
            name: String,
            /// What it gave: an object.
            response: Value,
        }
        may {
            /// The call that it answers.
            id: String,
        }
    }
}

wire_type! {
    /// Code that the model wrote.
    pub struct ExecutableCode {
        may {
            /// Its id, for the part with what it gave.
            id: String,
            /// `PYTHON`.
            language: String,
            /// The code.
            code: String,
        }
    }
}

wire_type! {
    /// What code of the model's gave.
    pub struct CodeExecutionResult {
        may {
            /// The code that it is of.
            id: String,
            /// `OUTCOME_OK`, `OUTCOME_FAILED`, `OUTCOME_DEADLINE_EXCEEDED`.
            outcome: String,
            /// What it wrote.
            output: String,
        }
    }
}
