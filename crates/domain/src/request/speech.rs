//! Speech: the audio of a text.

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::{InvalidInput, Quantity, Unit};

/// A request for speech.
#[derive(Clone, PartialEq, Debug)]
pub struct SpeechRequest {
    /// What to say.
    pub text: String,
    /// Who says it, in the model's own words.
    pub voice: Option<String>,
    /// The audio's format, such as `mp3`.
    pub format: Option<String>,
    /// How fast, 1 as a person would.
    pub speed: Option<f64>,
    /// How to say it.
    pub instructions: Option<String>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl SpeechRequest {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        Ok(Self {
            text: fields.required_text("text")?,
            voice: fields.text("voice")?,
            format: fields.text("format")?,
            speed: fields.number("speed")?,
            instructions: fields.text("instructions")?,
            extras: fields.rest(),
        })
    }

    /// What it comes to: every character.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        vec![Quantity::new(Unit::Character, self.text.chars().count() as u64)]
    }
}
