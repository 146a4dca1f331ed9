//! What a request for media comes to, whatever its modality.

use std::ops::Range;

use bytes::Bytes;
use fourfold_domain::{
    MediaReader, MediaRequest, Modality, Output, OutputSource, Outputs, ProviderError, Transcript,
};
use serde::{Deserialize, Serialize};

use super::errors::invalid;
use super::image::Pictures;
use super::speech::Speech;
use super::transcription::Heard;
use super::video::Video;

/// All that is needed to make what was asked, so small that a task's id can carry it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// Pictures.
    Pictures(Pictures),
    /// A video.
    Video(Video),
    /// Speech.
    Speech(Speech),
    /// A transcription.
    Transcription(Heard),
}

impl Work {
    /// What this request comes to at a model of this modality.
    pub(super) async fn asked(
        modality: Modality,
        request: &MediaRequest,
        media: &dyn MediaReader,
    ) -> Result<Self, ProviderError> {
        let work = match (modality, request) {
            (Modality::Image, MediaRequest::Image(image)) => {
                Self::Pictures(Pictures::asked(image, media).await?)
            }
            (Modality::Video, MediaRequest::Video(video)) => Self::Video(Video::asked(video, media).await?),
            (Modality::Speech, MediaRequest::Speech(speech)) => Self::Speech(Speech::asked(speech)),
            (Modality::Transcription, MediaRequest::Transcription(transcription)) => {
                Self::Transcription(Heard::asked(transcription, media).await?)
            }
            (modality, _) => return Err(invalid(format!("the model makes only {}", modality.as_str()))),
        };
        if work.is_allowed() {
            Ok(work)
        } else {
            Err(invalid("the request goes beyond the model's parameters"))
        }
    }

    /// Whether it is within the limits: what is read back from an id may have been made up.
    pub(super) fn is_allowed(&self) -> bool {
        match self {
            Self::Pictures(pictures) => pictures.are_allowed(),
            Self::Video(video) => video.is_allowed(),
            Self::Speech(speech) => speech.is_allowed(),
            Self::Transcription(heard) => heard.is_allowed(),
        }
    }

    /// One result fewer, if there are several.
    pub(super) fn leave_one_out(&mut self) {
        match self {
            Self::Pictures(pictures) => pictures.leave_one_out(),
            Self::Video(_) | Self::Speech(_) | Self::Transcription(_) => {}
        }
    }

    /// The indices of the results.
    pub(super) fn indices(&self) -> Range<u32> {
        match self {
            Self::Pictures(pictures) => pictures.indices(),
            Self::Video(_) | Self::Speech(_) | Self::Transcription(_) => 0..1,
        }
    }

    /// The results, each from where `source` says.
    pub(super) fn outputs(&self, source: impl Fn(u32) -> OutputSource) -> Outputs {
        let (media_type, facts) = match self {
            Self::Pictures(pictures) => (Pictures::MEDIA_TYPE.to_owned(), pictures.facts()),
            Self::Video(video) => (Video::MEDIA_TYPE.to_owned(), video.facts()),
            Self::Speech(speech) => (speech.media_type(), speech.facts()),
            Self::Transcription(heard) => (Transcript::MEDIA_TYPE.to_owned(), heard.facts()),
        };
        let item = |index| Output { media_type: media_type.clone(), source: source(index) };
        Outputs { items: self.indices().map(item).collect(), ..facts }
    }

    /// All results, made.
    pub(super) async fn made(&self) -> Result<Outputs, ProviderError> {
        let mut made = Vec::new();
        for index in self.indices() {
            made.push(self.make(index).await?);
        }
        Ok(self.outputs(|index| OutputSource::Bytes(made[index as usize].clone())))
    }

    /// One result, made. The same work makes the same bytes.
    pub(super) async fn make(&self, index: u32) -> Result<Bytes, ProviderError> {
        match self {
            Self::Pictures(pictures) => pictures.clone().draw(index).await,
            Self::Video(video) => video.clone().draw().await,
            Self::Speech(speech) => speech.clone().say().await,
            Self::Transcription(heard) => heard.write(),
        }
    }
}
