//! Messages, and what they are made of.

use serde::{Deserialize, Serialize};

use super::tool::ToolCall;
use crate::vendor::{open_enum, silent_debug, wire_type};

wire_type! {
    /// A message, of the caller's or of the model's.
    pub struct Message {
        must {
            /// Who says it.
            #[serde(default)]
            role: Role,
        }
        may {
            /// What is said; nothing where a tool is called instead.
            content: Content,
            /// What the model thought before, from vendors that show it.
            reasoning_content: String,
            /// Tells speakers of one role apart.
            name: String,
            /// The tools that the model calls.
            tool_calls: Vec<ToolCall>,
            /// The call that this message answers.
            tool_call_id: String,
            /// Why the model declines.
            refusal: String,
        }
    }
}

open_enum! {
    /// Who says a message.
    pub enum Role {
        /// Who made the product, on newer models.
        Developer = "developer",
        /// Who made the product.
        System = "system",
        /// Who uses it.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool that the model called.
        Tool = "tool",
    }
}

impl Default for Role {
    /// Who speaks in an answer whose vendor leaves the role out.
    fn default() -> Self {
        Self::Assistant
    }
}

impl Message {
    /// The product's own instruction.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System).content(content)
    }

    /// The product's own instruction, to newer models.
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::new(Role::Developer).content(content)
    }

    /// What the user says.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User).content(content)
    }

    /// What the model said.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant).content(content)
    }

    /// What a tool gave for a call.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::new(Role::Tool).tool_call_id(tool_call_id).content(content)
    }
}

/// What a message says: a text, or parts of several kinds.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// Texts, pictures, sounds, files.
    Parts(Vec<ContentPart>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

silent_debug!(Content);

wire_type! {
    /// A part of a message. Its content is in the field that its kind names.
    pub struct ContentPart {
        must {
            /// `text`, `image_url`, `input_audio`, `file`, `refusal`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// A text.
            text: String,
            /// A picture.
            image_url: ImageUrl,
            /// A sound.
            input_audio: InputAudio,
            /// A file.
            file: FileContent,
            /// Why the model declined.
            refusal: String,
        }
    }
}

impl ContentPart {
    /// A text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self::new("text").text(text)
    }

    /// A picture, by its URL or as a `data:` URL.
    pub fn of_image(url: impl Into<String>) -> Self {
        Self::new("image_url").image_url(ImageUrl::new(url))
    }
}

wire_type! {
    /// A picture.
    pub struct ImageUrl {
        must {
            /// Where it is, or the picture itself as a `data:` URL.
            url: String,
        }
        may {
            /// How closely the model looks: `auto`, `low`, `high`.
            detail: String,
        }
    }
}

wire_type! {
    /// A sound.
    pub struct InputAudio {
        must {
            /// The sound in base64.
            data: String,
            /// `wav` or `mp3`.
            format: String,
        }
        may {}
    }
}

wire_type! {
    /// A file, by its id or in base64.
    pub struct FileContent {
        may {
            /// The id of a file that was uploaded.
            file_id: String,
            /// The file itself as a `data:` URL.
            file_data: String,
            /// Its name.
            filename: String,
        }
    }
}
