//! The caller's own bytes, for vendors that speak the same wire.

#[cfg(test)]
mod any_json;
mod edit;
mod scan;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;

pub use edit::Edit;
pub use scan::WireFields;

use crate::{ByteStream, ProviderError, Usage};

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
    /// Its body as it comes.
    pub body: ByteStream,
    /// What it uses, seen in passing.
    pub usage: UsageWatch,
}

/// Where the one who reads a stream in passing leaves the usage that it saw. Clones share it: the
/// provider holds one end, the call that settles holds the other.
#[derive(Clone, Debug, Default)]
pub struct UsageWatch(Arc<Mutex<Option<Usage>>>);

impl UsageWatch {
    /// Leaves what was seen; a later report replaces an earlier one, since vendors count up.
    pub fn report(&self, usage: Usage) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(usage);
    }

    /// What was seen so far.
    pub fn seen(&self) -> Option<Usage> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Offers a vendor's own wire where it is one of our dialects.
#[async_trait]
pub trait WireText: Send + Sync {
    /// Whether the vendor speaks this dialect.
    fn speaks(&self, dialect: Dialect) -> bool;

    /// Sends the caller's bytes with the edits made, and nothing else changed.
    async fn send(&self, call: WireCall) -> Result<WireReply, ProviderError>;
}
