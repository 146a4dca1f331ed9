//! What messages are made of.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::message::Content;
use crate::vendor::{tagged_enum, wire_type};

tagged_enum! {
    /// A part of a message.
    pub enum ContentBlock {
        /// A text.
        Text(TextBlock) = "text",
        /// A picture.
        Image(ImageBlock) = "image",
        /// A document.
        Document(DocumentBlock) = "document",
        /// A call of a tool, which the caller runs.
        ToolUse(ToolUseBlock) = "tool_use",
        /// What a tool gave.
        ToolResult(ToolResultBlock) = "tool_result",
        /// What the model thought.
        Thinking(ThinkingBlock) = "thinking",
        /// What the model thought and the vendor doesn't show.
        RedactedThinking(RedactedThinkingBlock) = "redacted_thinking",
    }
}

impl ContentBlock {
    /// A text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self::Text(TextBlock::new(text))
    }

    /// A picture.
    pub fn of_image(source: impl Into<Source>) -> Self {
        Self::Image(ImageBlock::new(source))
    }

    /// A document.
    pub fn of_document(source: impl Into<Source>) -> Self {
        Self::Document(DocumentBlock::new(source))
    }

    /// What a tool gave for a call.
    pub fn of_tool_result(tool_use_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::ToolResult(ToolResultBlock::new(tool_use_id).content(content))
    }
}

wire_type! {
    /// A text.
    pub struct TextBlock {
        must {
            /// The text.
            text: String,
        }
        may {
            /// Where the model has it from.
            citations: Vec<Value>,
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// A picture.
    pub struct ImageBlock {
        must {
            /// Where it is.
            source: Source,
        }
        may {
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// A document.
    pub struct DocumentBlock {
        must {
            /// Where it is.
            source: Source,
        }
        may {
            /// What it is called.
            title: String,
            /// What the model should know of it.
            context: String,
            /// Whether the model says where in it things stand, as in `{"enabled": true}`.
            citations: Value,
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// A call of a tool.
    pub struct ToolUseBlock {
        must {
            /// Its id, for the block that answers it.
            id: String,
            /// Which tool.
            name: String,
            /// With which arguments: an object.
            input: Value,
        }
        may {
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// What a tool gave.
    pub struct ToolResultBlock {
        must {
            /// The call that it answers.
            tool_use_id: String,
        }
        may {
            /// What the tool gave.
            content: Content,
            /// Whether the tool failed.
            is_error: bool,
            /// Whether the vendor keeps what comes up to here.
            cache_control: CacheControl,
        }
    }
}

wire_type! {
    /// What the model thought. It goes back in unchanged as long as tools are called.
    pub struct ThinkingBlock {
        must {
            /// The thought, or a summary of it.
            thinking: String,
        }
        may {
            /// Proves to the vendor that the model thought it.
            signature: String,
        }
    }
}

wire_type! {
    /// What the model thought and the vendor doesn't show. It goes back in unchanged.
    pub struct RedactedThinkingBlock {
        must {
            /// The thought, readable by the vendor alone.
            data: String,
        }
        may {}
    }
}

tagged_enum! {
    /// Where a picture or a document is.
    pub enum Source {
        /// Here.
        Base64(Base64Source) = "base64",
        /// On the web.
        Url(UrlSource) = "url",
        /// At the vendor.
        File(FileSource) = "file",
        /// Here, as plain text; for documents.
        Text(TextSource) = "text",
    }
}

impl Source {
    /// Bytes of a media type such as `image/png` or `application/pdf`.
    pub fn of_bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::Base64(Base64Source::new(media_type, BASE64_STANDARD.encode(bytes)))
    }

    /// A URL that the vendor can read.
    pub fn of_url(url: impl Into<String>) -> Self {
        Self::Url(UrlSource::new(url))
    }
}

wire_type! {
    /// Bytes in base64.
    pub struct Base64Source {
        must {
            /// What they are, such as `image/png`.
            media_type: String,
            /// The bytes in base64.
            data: String,
        }
        may {}
    }
}

wire_type! {
    /// A place on the web.
    pub struct UrlSource {
        must {
            /// Its URL.
            url: String,
        }
        may {}
    }
}

wire_type! {
    /// A file that was uploaded.
    pub struct FileSource {
        must {
            /// Its id.
            file_id: String,
        }
        may {}
    }
}

wire_type! {
    /// A plain text.
    pub struct TextSource {
        must {
            /// `text/plain`.
            media_type: String,
            /// The text.
            data: String,
        }
        may {}
    }
}

wire_type! {
    /// Whether the vendor keeps what comes up to a place, so that it costs less the next time.
    pub struct CacheControl {
        must {
            /// `ephemeral`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// For how long: `5m` or `1h`.
            ttl: String,
        }
    }
}

impl CacheControl {
    /// For the vendor's usual time.
    pub fn ephemeral() -> Self {
        Self::new("ephemeral")
    }
}
