//! Requests for speech: what can be asked, and what comes of it.

use bytes::Bytes;
use fourfold_domain::{Outputs, Parameter, ProviderError, Quantity, SpeechRequest, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::blocking::unhurried;
use super::sound::{RATE, Utterance, VOICES, Voice, Wav, samples};
use crate::parameters::{choice, number, text};

/// The most characters that are said.
pub(super) const TEXT_CHARS_MAX: usize = 4096;

const SPEED_MIN: u32 = 500;
const SPEED_MAX: u32 = 2000;

/// What the speech models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let thousandths = |speed: u32| f64::from(speed) / 1000.0;
    vec![
        text("text", TEXT_CHARS_MAX, "what to say").required(),
        choice("voice", &VOICES.map(|voice| voice.name), "who says it").default(VOICES[0].name),
        choice("format", &["wav", "pcm"], "the format of the sound; pcm is the bare samples").default("wav"),
        number("speed", thousandths(SPEED_MIN), thousandths(SPEED_MAX), "how fast").default(1.0),
    ]
}

/// Speech: all that is needed to make it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Speech {
    text: String,
    voice: String,
    speed_thousandths: u32,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Wav,
    Pcm,
}

impl Speech {
    /// The speech of a request.
    pub(super) fn asked(request: &SpeechRequest) -> Self {
        Self {
            text: request.text.clone(),
            voice: request.voice.clone().unwrap_or_else(|| VOICES[0].name.to_owned()),
            speed_thousandths: (request.speed.unwrap_or(1.0) * 1000.0).round() as u32,
            format: if request.format.as_deref() == Some("pcm") { Format::Pcm } else { Format::Wav },
        }
    }

    /// Whether it is within the limits.
    pub(super) fn is_allowed(&self) -> bool {
        self.text.chars().count() <= TEXT_CHARS_MAX
            && Voice::named(&self.voice).is_some()
            && (SPEED_MIN..=SPEED_MAX).contains(&self.speed_thousandths)
    }

    /// What it is.
    pub(super) fn media_type(&self) -> String {
        match self.format {
            Format::Wav => "audio/wav".to_owned(),
            Format::Pcm => format!("audio/pcm;rate={RATE}"),
        }
    }

    /// All that is to be said about it, without the sound itself.
    pub(super) fn facts(&self) -> Outputs {
        let facts = [("voice", json!(self.voice)), ("milliseconds", json!(self.ms()))];
        Outputs {
            quantities: vec![Quantity::new(Unit::Character, self.text.chars().count() as u64)],
            vendor: Map::from_iter(facts.map(|(name, fact)| (name.to_owned(), fact))),
            ..Outputs::default()
        }
    }

    /// Says it.
    pub(super) async fn say(self) -> Result<Bytes, ProviderError> {
        unhurried(self.ms() * u64::from(RATE) / 1000, move || {
            let voice = Voice::named(&self.voice).unwrap_or(VOICES[0]);
            let samples = samples(&Utterance::of(&self.text), voice, self.speed_thousandths);
            match self.format {
                Format::Wav => Wav::write(&samples, &self.text).into(),
                Format::Pcm => samples.into(),
            }
        })
        .await
    }

    fn ms(&self) -> u64 {
        Utterance::of(&self.text).ms * 1000 / u64::from(self.speed_thousandths)
    }
}
