//! What an interaction is made of: steps, and the pieces that they are made of.

use bytes::Bytes;
use serde_json::Value;

use crate::http::ClientError;
use crate::vendor::{open_enum, unpacked, wire_type};

wire_type! {
    /// What one side did at once.
    pub struct Step {
        must {
            /// Who did what.
            #[serde(rename = "type")]
            kind: StepKind,
        }
        may {
            /// What was said or made.
            content: Vec<InteractionContent>,
            /// The id of a call, for the step that answers it.
            id: String,
            /// The call that a step answers.
            call_id: String,
            /// Which function.
            name: String,
            /// With which arguments: an object.
            arguments: Value,
            /// What a function gave: a text, an object or a list of contents.
            result: Value,
            /// Whether a function failed.
            is_error: bool,
            /// What the model thought, in short.
            summary: Vec<InteractionContent>,
            /// Proves to the vendor that the model thought it. It goes back in unchanged.
            signature: String,
        }
    }
}

impl Step {
    /// What the user says.
    pub fn of_user(content: impl Into<Vec<InteractionContent>>) -> Self {
        Self::new(StepKind::UserInput).content(content)
    }

    /// What a function gave for a call.
    pub fn of_function_result(
        call_id: impl Into<String>,
        name: impl Into<String>,
        result: impl Into<Value>,
    ) -> Self {
        Self::new(StepKind::FunctionResult).call_id(call_id).name(name).result(result)
    }
}

open_enum! {
    /// Who did what.
    pub enum StepKind {
        /// The user said something.
        UserInput = "user_input",
        /// The model said or made something.
        ModelOutput = "model_output",
        /// The model thought.
        Thought = "thought",
        /// The model calls a function, which the caller runs.
        FunctionCall = "function_call",
        /// A function gave something.
        FunctionResult = "function_result",
    }
}

wire_type! {
    /// A piece of a step: a text, or media by their bytes or by where they are.
    pub struct InteractionContent {
        must {
            /// `text`, `image`, `audio`, `video`, `document`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// A text.
            text: String,
            /// Media in base64.
            data: String,
            /// Where media are. What a model made is downloaded by [`download_file`](crate::gemini::GeminiApi::download_file).
            uri: String,
            /// What they are, such as `video/mp4`.
            mime_type: String,
            /// How many samples of a bare sound are one second.
            sample_rate: u32,
            /// How many channels a bare sound has.
            channels: u32,
            /// Where a text is from.
            annotations: Vec<Value>,
        }
    }
}

impl InteractionContent {
    /// A text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self::new("text").text(text)
    }

    /// Media of this kind and media type, as they are.
    pub fn of_bytes(kind: &str, media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let packed = crate::gemini::Blob::of_bytes(media_type, bytes);
        Self::new(kind).mime_type(packed.mime_type).data(packed.data)
    }

    /// Media of this kind, by the URI of a file that was uploaded, or one that the vendor can read.
    pub fn of_uri(kind: &str, uri: impl Into<String>) -> Self {
        Self::new(kind).uri(uri)
    }

    /// The media themselves, if they came with the answer.
    pub fn bytes(&self) -> Result<Option<Bytes>, ClientError> {
        self.data.as_deref().map(unpacked).transpose()
    }
}
