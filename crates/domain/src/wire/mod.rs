//! The caller's own bytes, for vendors that speak the same wire.

#[cfg(test)]
mod any_json;
mod asked;
mod contents;
mod edit;
mod readable;
mod scan;
mod unpriced;

use async_trait::async_trait;
use bytes::Bytes;

pub use asked::WireAsked;
pub use edit::Edit;
pub use scan::WireFields;
pub use unpriced::check_betas;

use crate::estimate::Written;
use crate::{BoxStream, ProviderError, Usage};

/// A wire that clients speak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// OpenAI's `/v1/chat/completions`.
    OpenAiChat,
    /// OpenAI's `/v1/responses`.
    OpenAiResponses,
    /// OpenAI's `/v1/embeddings`.
    OpenAiEmbeddings,
    /// Anthropic's `/v1/messages`.
    AnthropicMessages,
}

/// A call in the caller's own bytes.
#[derive(Clone, Debug)]
pub struct WireCall {
    /// The wire that the body is in.
    pub dialect: Dialect,
    /// The vendor's name of the model.
    pub vendor_model: String,
    /// The body as the caller sent it.
    pub body: Bytes,
    /// What to change in it.
    pub edits: Vec<Edit>,
    /// The most tokens of an answer, which goes into the field that the vendor's model knows it by; nothing where an
    /// answer has no limit.
    pub limit: Option<u64>,
    /// The caller's headers that say how the body is to be read, such as `anthropic-version`, by their names in lower
    /// case. The vendor is sent those that are of its wire.
    pub headers: Vec<(String, String)>,
    /// Whether the answer comes as a stream of events.
    pub stream: bool,
}

/// The vendor's answer in its own bytes.
pub struct WireReply {
    /// Its content type.
    pub media_type: String,
    /// Its body as it comes: whole events where it is a stream, else all of it at once. It ends with a part that is
    /// [`WirePart::Last`], or with an error.
    pub body: BoxStream<Result<WirePiece, ProviderError>>,
}

/// Some of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WirePiece {
    /// Its bytes, as the vendor sent them.
    pub bytes: Bytes,
    /// What they are to their reader.
    pub part: WirePart,
    /// What was seen in passing, up to its end.
    pub seen: WireSeen,
}

/// What a part of an answer is to its reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WirePart {
    /// Some of the answer.
    More,
    /// It says what was used and nothing else, for readers who have asked for that.
    Usage,
    /// By it the reader knows that the answer is whole.
    Last,
}

/// What was seen of an answer in passing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WireSeen {
    /// What the vendor says that it used; a later figure stands for the whole. No tokens out where a stream went on
    /// after they were told: some vendors tell at the beginning that they begin to write.
    pub usage: Option<Usage>,
    /// How much was written.
    pub written: Written,
    /// Whether each answer that has ended was ended by the vendor's filter; nothing where none has ended.
    pub is_filtered: Option<bool>,
}

/// Offers a vendor's own wire where it is one of our dialects.
#[async_trait]
pub trait WireText: Send + Sync {
    /// Whether the vendor speaks this dialect.
    fn speaks(&self, dialect: Dialect) -> bool;

    /// Sends the caller's bytes with the edits made, and nothing else changed.
    async fn send(&self, call: WireCall) -> Result<WireReply, ProviderError>;
}
