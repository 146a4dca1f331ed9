//! What is asked, one type a modality, parsed once from the `input` of a request.

mod chat;
mod embedding;
mod fields;
mod image;
mod media;
mod speech;
mod transcription;
mod video;

use serde_json::{Map, Value};

pub use chat::ChatRequest;
pub use embedding::EmbeddingRequest;
pub use image::{ImageRequest, Size};
pub use media::MediaInput;
pub use speech::SpeechRequest;
pub use transcription::TranscriptionRequest;
pub use video::VideoRequest;

use crate::{InvalidInput, Modality, Quantity};

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
    Chat(ChatRequest),
    /// Vectors of texts.
    Embedding(EmbeddingRequest),
}

/// A request for media.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaRequest {
    /// Pictures.
    Image(ImageRequest),
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
            Modality::Chat => Self::Generation(GenerationRequest::Chat(ChatRequest::parse(fields)?)),
            Modality::Embedding => {
                Self::Generation(GenerationRequest::Embedding(EmbeddingRequest::parse(fields)?))
            }
            Modality::Image => Self::Media(MediaRequest::Image(ImageRequest::parse(fields)?)),
            Modality::Video => Self::Media(MediaRequest::Video(VideoRequest::parse(fields)?)),
            Modality::Speech => Self::Media(MediaRequest::Speech(SpeechRequest::parse(fields)?)),
            Modality::Transcription => {
                Self::Media(MediaRequest::Transcription(TranscriptionRequest::parse(fields)?))
            }
        })
    }

    /// The most that this request can come to, as it is priced.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        match self {
            Self::Generation(GenerationRequest::Chat(chat)) => chat.quantities_max(),
            Self::Generation(GenerationRequest::Embedding(embedding)) => embedding.quantities_max(),
            Self::Media(MediaRequest::Image(image)) => image.quantities_max(),
            Self::Media(MediaRequest::Video(video)) => video.quantities_max(),
            Self::Media(MediaRequest::Speech(speech)) => speech.quantities_max(),
            Self::Media(MediaRequest::Transcription(transcription)) => transcription.quantities_max(),
        }
    }
}

/// The length of a text in bytes: a token is never less than a byte.
fn tokens_max(text: &str) -> u64 {
    text.len() as u64
}
