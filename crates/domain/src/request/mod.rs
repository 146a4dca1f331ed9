//! What is asked, one type a modality, parsed once from the `input` of a request.

mod chat;
mod embedding;
mod fields;
mod image;
mod media;
mod places;
mod speech;
mod transcription;
mod video;

use serde_json::{Map, Value};

pub use chat::{ChatMessage, ChatPart, ChatRequest, ChatRole, ResponseFormat, Tool, ToolCall, ToolChoice};
pub use embedding::EmbeddingRequest;
pub use image::{ImageRequest, Size};
pub use media::{DataUri, MediaInput};
pub use places::MediaPlace;
pub use speech::SpeechRequest;
pub use transcription::{Timestamps, TranscriptionRequest};
pub use video::VideoRequest;

use crate::{InvalidInput, Modality, Quantity, TokenCeilings};

/// A request of any modality.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// For a [`crate::Generator`].
    Generation(GenerationRequest),
    /// For a [`crate::MediaMaker`].
    Media(MediaRequest),
}

/// A request for text.
#[derive(Clone, PartialEq, Debug)]
pub enum GenerationRequest {
    /// An answer to messages.
    Chat(Box<ChatRequest>),
    /// Vectors of texts.
    Embedding(EmbeddingRequest),
}

/// A request for media.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaRequest {
    /// Pictures.
    Image(Box<ImageRequest>),
    /// A video.
    Video(VideoRequest),
    /// Audio of a text.
    Speech(SpeechRequest),
    /// The text of an audio.
    Transcription(TranscriptionRequest),
}

impl Request {
    /// Reads the `input` of a model of this modality. Fields that the type doesn't name are kept as
    /// extras; whether the model takes them is for its [`crate::Parameter`] table to say.
    pub fn parse(modality: Modality, input: Map<String, Value>) -> Result<Self, InvalidInput> {
        let fields = fields::Fields::new(input);
        Ok(match modality {
            Modality::Chat => {
                Self::Generation(GenerationRequest::Chat(Box::new(ChatRequest::parse(fields)?)))
            }
            Modality::Embedding => {
                Self::Generation(GenerationRequest::Embedding(EmbeddingRequest::parse(fields)?))
            }
            Modality::Image => Self::Media(MediaRequest::Image(Box::new(ImageRequest::parse(fields)?))),
            Modality::Video => Self::Media(MediaRequest::Video(VideoRequest::parse(fields)?)),
            Modality::Speech => Self::Media(MediaRequest::Speech(SpeechRequest::parse(fields)?)),
            Modality::Transcription => {
                Self::Media(MediaRequest::Transcription(TranscriptionRequest::parse(fields)?))
            }
        })
    }

    /// The most that this request can come to, as it is priced. The ceilings are for what goes into a chat.
    pub fn quantities_max(&self, ceilings: &TokenCeilings) -> Vec<Quantity> {
        match self {
            Self::Generation(GenerationRequest::Chat(chat)) => chat.quantities_max(ceilings),
            Self::Generation(GenerationRequest::Embedding(embedding)) => embedding.quantities_max(),
            Self::Media(MediaRequest::Image(image)) => image.quantities_max(),
            Self::Media(MediaRequest::Video(video)) => video.quantities_max(),
            Self::Media(MediaRequest::Speech(speech)) => speech.quantities_max(),
            Self::Media(MediaRequest::Transcription(transcription)) => transcription.quantities_max(),
        }
    }
}

impl MediaRequest {
    /// The media that it names.
    pub fn media(&self) -> Vec<&MediaInput> {
        match self {
            Self::Image(image) => {
                image.images.iter().chain(&image.mask).chain(image.named_images.values()).collect()
            }
            Self::Video(video) => {
                let single = [&video.image, &video.last_image, &video.video];
                single.into_iter().flatten().chain(&video.references).collect()
            }
            Self::Speech(_) => Vec::new(),
            Self::Transcription(transcription) => vec![&transcription.audio],
        }
    }
}

impl GenerationRequest {
    /// The media that it names.
    pub fn media(&self) -> Vec<&MediaInput> {
        let Self::Chat(chat) = self else { return Vec::new() };
        let parts = chat.messages.iter().flat_map(|message| &message.parts);
        let media = |part| match part {
            &ChatPart::Text(_) => None,
            ChatPart::Image { media, .. } | ChatPart::Audio(media) | ChatPart::File { media, .. } => {
                Some(media)
            }
        };
        parts.filter_map(media).collect()
    }
}

/// The length of a text in bytes: a token is never less than a byte.
fn tokens_max(text: &str) -> u64 {
    text.len() as u64
}
