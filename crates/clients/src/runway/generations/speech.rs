//! Speech.

use super::assets::Asset;
use crate::vendor::wire_type;

wire_type! {
    /// Speech from words.
    #[serde(rename_all = "camelCase")]
    pub struct TextToSpeechRequest {
        must {
            /// The model's name.
            model: String,
            /// The words. `eleven_multilingual_v2` takes at most 1000 UTF-16 code units.
            prompt_text: String,
        }
        may {
            /// Who speaks. Only `seed_audio` has a default.
            voice: Voice,
            /// The language that is spoken, such as `en`.
            language_code: String,
            /// What was said before.
            previous_text: String,
            /// What will be said after.
            next_text: String,
            /// Whether numbers and the like are written out first: `auto`, `on`, `off`.
            apply_text_normalization: String,
            /// How even the voice is, from 0 to 1.
            stability: f64,
            /// How close to the speaker, from 0 to 1.
            similarity_boost: f64,
            /// How strong the speaker's style is, from 0 to 1.
            style: f64,
            /// From 0.7 to 1.2.
            speed: f64,
            /// Whether it comes closer to the speaker, and later.
            use_speaker_boost: bool,
            /// The same seed makes nearly the same speech.
            seed: u32,
            /// `wav`, `mp3`, `ogg_opus`.
            output_format: String,
            /// How many samples a second.
            sample_rate: u32,
            /// Louder or, below 0, quieter.
            loudness_rate: i32,
            /// Higher or, below 0, lower, in semitones.
            pitch_rate: i32,
            /// Faster or, below 0, slower.
            speech_rate: i32,
        }
    }
}

wire_type! {
    /// Speech in another voice.
    #[serde(rename_all = "camelCase")]
    pub struct SpeechToSpeechRequest {
        must {
            /// The model's name.
            model: String,
            /// A sound or a video with the speech, with its kind.
            media: Asset,
            /// Who speaks.
            voice: Voice,
        }
        may {
            /// Whether only the voice is left.
            remove_background_noise: bool,
        }
    }
}

wire_type! {
    /// A voice without what is heard around it.
    #[serde(rename_all = "camelCase")]
    pub struct VoiceIsolationRequest {
        must {
            /// The model's name.
            model: String,
            /// The sound.
            audio_uri: String,
        }
        may {}
    }
}

wire_type! {
    /// Speech in another language.
    #[serde(rename_all = "camelCase")]
    pub struct VoiceDubbingRequest {
        must {
            /// The model's name.
            model: String,
            /// The sound.
            audio_uri: String,
            /// The language, such as `es`.
            target_lang: String,
        }
        may {
            /// Whether other voices speak than before.
            disable_voice_cloning: bool,
            /// Whether only the voices are left.
            drop_background_audio: bool,
            /// How many speak, where the vendor isn't to find it out.
            num_speakers: u32,
        }
    }
}

wire_type! {
    /// Who speaks.
    #[serde(rename_all = "camelCase")]
    pub struct Voice {
        must {
            /// `runway-preset` or `reference-audio`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// The name of one of the vendor's voices.
            preset_id: String,
            /// A sound of somebody who speaks.
            audio_uri: String,
        }
    }
}

impl Voice {
    /// One of the vendor's voices, such as `Maya`.
    pub fn preset(name: impl Into<String>) -> Self {
        Self::new("runway-preset").preset_id(name)
    }

    /// The voice that this sound has.
    pub fn reference(audio_uri: impl Into<String>) -> Self {
        Self::new("reference-audio").audio_uri(audio_uri)
    }
}
