//! Requests for transcriptions: what can be asked, and what is heard.
//!
//! The mock hears what it said itself, since its speech carries its text. Of any other sound it hears how long
//! it is, and the words that it was told to expect.

use bytes::Bytes;
use fourfold_domain::{
    MediaReader, Outputs, Parameter, ParameterKind, ProviderError, Quantity, TimedText, Timestamps,
    Transcript, TranscriptionRequest, Unit,
};
use serde::{Deserialize, Serialize};

use super::errors::{invalid, unwritable};
use super::input;
use super::sound::{Utterance, Wav, Word};
use super::speech::TEXT_CHARS_MAX;
use crate::parameters::{choice, text};

/// What the mock takes for the rate of a sound that it can't measure: 128 kbit/s.
const BYTES_PER_SECOND: f64 = 16_000.0;

/// What the transcription models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let audio =
        format!("what to listen to, at most {} MiB; what mock-speech said is understood", input::MIB_MAX);
    vec![
        Parameter::new("audio", ParameterKind::Media, &audio).required(),
        text("language", 8, "the language that is spoken, as ISO 639-1"),
        text("prompt", 1024, "the words that are heard in a sound that isn't mock-speech's"),
        choice("timestamps", &["none", "segment", "word"], "what is told with its time").default("none"),
    ]
}

/// What is heard: all that is needed to write it down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Heard {
    text: String,
    language: Option<String>,
    /// How long the sound is.
    ms: u64,
    timed: Timed,
}

/// What is told with its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Timed {
    Nothing,
    Segments,
    Words,
}

impl Heard {
    /// What is heard in the sound of a request.
    pub(super) async fn asked(
        request: &TranscriptionRequest,
        media: &dyn MediaReader,
    ) -> Result<Self, ProviderError> {
        let handed = input::read(media, &request.audio).await?;
        let is_sound = ["audio/", "video/"].iter().any(|kind| handed.media_type.starts_with(kind));
        let (seconds, said) = match Wav::read(&handed.bytes) {
            Some(wav) => (wav.seconds, wav.text),
            None if is_sound => (handed.bytes.len() as f64 / BYTES_PER_SECOND, None),
            None => return Err(invalid(format!("input.audio must be a sound, not {}", handed.media_type))),
        };
        let ms = (seconds * 1000.0).ceil().min(TranscriptionRequest::SECONDS_MAX as f64 * 1000.0) as u64;
        let expected = request.prompt.clone().filter(|prompt| !prompt.trim().is_empty());
        let text = said.or(expected).unwrap_or_else(|| format!("A sound of {seconds:.1} seconds."));
        Ok(Self {
            text: text.chars().take(TEXT_CHARS_MAX).collect(),
            language: request.language.clone(),
            ms,
            timed: match request.timestamps {
                Timestamps::None => Timed::Nothing,
                Timestamps::Segment => Timed::Segments,
                Timestamps::Word => Timed::Words,
            },
        })
    }

    /// Whether it is within the limits.
    pub(super) fn is_allowed(&self) -> bool {
        self.text.chars().count() <= TEXT_CHARS_MAX && self.ms <= TranscriptionRequest::SECONDS_MAX * 1000
    }

    /// All that is to be said about it, without the text itself.
    pub(super) fn facts(&self) -> Outputs {
        let seconds = self.ms.div_ceil(1000).max(1);
        Outputs { quantities: vec![Quantity::new(Unit::AudioSecond, seconds)], ..Outputs::default() }
    }

    /// Writes it down.
    pub(super) fn write(&self) -> Result<Bytes, ProviderError> {
        let utterance = Utterance::of(&self.text);
        // Whoever said it took as much longer for each word as for all of it.
        let at = |ms: u64| (ms * self.ms / utterance.ms) as f64 / 1000.0;
        let timed = |words: &[Word<'_>]| TimedText {
            text: words.iter().map(|word| word.text).collect::<Vec<_>>().join(" "),
            start: at(words.first().map_or(0, |word| word.start_ms)),
            end: at(words.last().map_or(0, |word| word.end_ms)),
            speaker: None,
        };
        let mut transcript = Transcript {
            text: self.text.clone(),
            language: self.language.clone(),
            seconds: Some(self.ms as f64 / 1000.0),
            ..Transcript::default()
        };
        if self.timed >= Timed::Segments {
            transcript.segments = utterance.words.split_inclusive(Word::ends_sentence).map(timed).collect();
        }
        if self.timed >= Timed::Words {
            transcript.words = utterance.words.chunks(1).map(timed).collect();
        }
        Ok(serde_json::to_vec(&transcript).map_err(unwritable)?.into())
    }
}
