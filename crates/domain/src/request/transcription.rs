//! Transcriptions: the text of an audio.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::MediaInput;
use super::fields::{Fields, malformed};
use crate::{InvalidInput, Quantity, Unit};

/// A request for a transcription.
#[derive(Clone, PartialEq, Debug)]
pub struct TranscriptionRequest {
    /// What to listen to.
    pub audio: MediaInput,
    /// The language that is spoken, as ISO 639-1; left out, the model finds out.
    pub language: Option<String>,
    /// Words that may occur in it.
    pub prompt: Option<String>,
    /// Whether the text comes in English, whatever is spoken.
    pub translate: bool,
    /// What is told with its time.
    pub timestamps: Timestamps,
    /// Whether those who speak are told apart, with what each says and when.
    pub speakers: bool,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

/// What of a transcription is told with its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Timestamps {
    /// Nothing.
    #[default]
    None,
    /// Segments.
    Segment,
    /// Segments and words.
    Word,
}

impl FromStr for Timestamps {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "segment" => Ok(Self::Segment),
            "word" => Ok(Self::Word),
            _ => Err(()),
        }
    }
}

impl TranscriptionRequest {
    /// The longest audio that is taken, and so the hold where its length isn't known.
    pub const SECONDS_MAX: u64 = 4 * 60 * 60;

    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        Ok(Self {
            audio: fields.media("audio")?.ok_or_else(|| malformed("audio", "is required"))?,
            language: fields.text("language")?,
            prompt: fields.text("prompt")?,
            translate: fields.boolean("translate")?.unwrap_or(false),
            timestamps: match fields.text("timestamps")? {
                None => Timestamps::default(),
                Some(text) => text.parse().map_err(|()| {
                    InvalidInput::not_allowed("input.timestamps", "must be one of none, segment, word")
                })?,
            },
            speakers: fields.boolean("speakers")?.unwrap_or(false),
            extras: fields.rest(),
        })
    }

    /// The most that it can come to.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        vec![Quantity::new(Unit::AudioSecond, Self::SECONDS_MAX)]
    }
}
