//! What was said: the text and media that an answer goes by.

use fourfold_domain::{ChatMessage, ChatPart, ChatRequest, ChatRole, MediaReader, ProviderError};

use super::super::input;

/// What the newest message says, and the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Said {
    pub(super) role: ChatRole,
    pub(super) text: String,
    /// What came with it, such as `a picture (image/png, 67 bytes)`.
    pub(super) media: Vec<String>,
    /// What the user had said before.
    pub(super) before: Option<String>,
}

impl Said {
    /// What the messages say. All media are read, as a vendor would.
    pub(in super::super) async fn of(
        chat: &ChatRequest,
        media: &dyn MediaReader,
    ) -> Result<Self, ProviderError> {
        let mut described = Vec::new();
        for message in &chat.messages {
            described.clear();
            for part in &message.parts {
                described.extend(describe(part, media).await?);
            }
        }
        let newest = chat.messages.last();
        let earlier = chat.messages.iter().rev().skip(1);
        let before = earlier.filter(|message| message.role == ChatRole::User).map(ChatMessage::text).next();
        Ok(Self {
            role: newest.map_or(ChatRole::User, |message| message.role),
            text: newest.map(ChatMessage::text).unwrap_or_default(),
            media: described,
            before: before.filter(|text| !text.is_empty()),
        })
    }
}

async fn describe(part: &ChatPart, media: &dyn MediaReader) -> Result<Option<String>, ProviderError> {
    let (kind, input) = match part {
        ChatPart::Text(_) => return Ok(None),
        ChatPart::Image { media, .. } => ("a picture", media),
        ChatPart::Audio(media) => ("a sound", media),
        ChatPart::File { media, .. } => ("a document", media),
    };
    let handed = input::read(media, input).await?;
    Ok(Some(format!("{kind} ({}, {} bytes)", handed.media_type, handed.bytes.len())))
}
