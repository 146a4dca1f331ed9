//! What a model of speech can be told.

use fourfold_domain::{InvalidInput, Modality, ModelSpec, Parameter, ParameterKind, SpeechRequest};

use super::{PROMPT_UNITS_MAX, check_length, seed, words};
use crate::parameters::{number, text, whole};

/// A model that speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpeechModel {
    pub(crate) name: &'static str,
    /// The longest text, in UTF-16 code units.
    text_units_max: usize,
    rows: fn() -> Vec<Parameter>,
}

const MODELS: &[SpeechModel] = &[
    SpeechModel { name: "eleven_multilingual_v2", text_units_max: 1000, rows: voices },
    SpeechModel { name: "eleven_v3", text_units_max: PROMPT_UNITS_MAX, rows: eleven_v3 },
    SpeechModel { name: "eleven_v4", text_units_max: PROMPT_UNITS_MAX, rows: eleven_v4 },
    SpeechModel { name: "seed_audio", text_units_max: PROMPT_UNITS_MAX, rows: seed_audio },
];

/// Who speaks where nobody is asked for.
pub(crate) const VOICE: &str = "Maya";

/// The vendor's own voices, from its SDK.
const VOICES: &str = "Maya Arjun Serene Bernard Billy Mark Clint Mabel Chad Leslie Eleanor Elias Elliot Grungle \
    Brodie Sandra Kirk Kylie Lara Lisa Malachi Marlene Martin Miriam Monster Paula Pip Rusty Ragnar Xylar Maggie \
    Jack Katie Noah James Rina Ella Mariah Frank Claudia Niki Vincent Kendrick Myrna Tom Wanda Benjamin Kiana Rachel";

impl SpeechModel {
    /// The model of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// The rows of the table.
    pub(super) fn specs() -> impl Iterator<Item = ModelSpec> {
        MODELS.iter().map(|model| {
            let mut parameters = vec![text("text", model.text_units_max, "what to say").required()];
            parameters.extend((model.rows)());
            ModelSpec { vendor_model: model.name.to_owned(), modality: Modality::Speech, parameters }
        })
    }

    /// Refuses what this model can't do, which its row can't say.
    pub(crate) fn check(&self, speech: &SpeechRequest) -> Result<(), InvalidInput> {
        check_length("input.text", &speech.text, self.text_units_max)
    }

    /// Whether it has the vendor's voices, one of which must be asked for.
    pub(crate) fn has_voices(&self) -> bool {
        self.name != "seed_audio"
    }
}

fn voices() -> Vec<Parameter> {
    vec![words("voice", VOICES, "who says it").default(VOICE)]
}

fn eleven() -> Vec<Parameter> {
    let mut rows = voices();
    rows.extend([
        number("speed", 0.7, 1.2, "how fast"),
        text("language_code", 16, "the language that is spoken, such as en"),
        number("stability", 0.0, 1.0, "how even the voice is"),
        number("similarity_boost", 0.0, 1.0, "how close to the speaker"),
        number("style", 0.0, 1.0, "how strong the speaker's style is"),
        Parameter::new(
            "use_speaker_boost",
            ParameterKind::Boolean,
            "whether it comes closer to the speaker, and later",
        ),
        seed(),
    ]);
    rows
}

fn eleven_v3() -> Vec<Parameter> {
    let mut rows = eleven();
    let about = "whether numbers and the like are written out first";
    rows.push(words("apply_text_normalization", "auto on off", about));
    rows
}

fn eleven_v4() -> Vec<Parameter> {
    let mut rows = eleven();
    rows.push(text("previous_text", PROMPT_UNITS_MAX, "what was said before"));
    rows.push(text("next_text", PROMPT_UNITS_MAX, "what will be said after"));
    rows
}

/// The vendor names no bounds for loudness, pitch and speed.
fn seed_audio() -> Vec<Parameter> {
    let rates = vec![8000, 16_000, 24_000, 32_000, 44_100, 48_000];
    vec![
        words("format", "mp3 wav opus", "the format of the sound").default("mp3"),
        Parameter::new("sample_rate", ParameterKind::IntegerChoice(rates), "how many samples a second"),
        whole("loudness_rate", -100, 100, "louder or, below 0, quieter"),
        whole("pitch_rate", -100, 100, "higher or, below 0, lower, in semitones"),
        whole("speech_rate", -100, 100, "faster or, below 0, slower"),
    ]
}
