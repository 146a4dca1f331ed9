//! How words are spoken.

use crate::vendor::wire_type;

wire_type! {
    /// How words are spoken: by one voice, or by one for each speaker.
    #[serde(rename_all = "camelCase")]
    pub struct SpeechConfig {
        may {
            /// The voice of all that is said.
            voice_config: VoiceConfig,
            /// The voices of the speakers.
            multi_speaker_voice_config: MultiSpeakerVoiceConfig,
            /// The language that is spoken, such as `en-US`.
            language_code: String,
        }
    }
}

impl SpeechConfig {
    /// All by one of the vendor's voices, such as `Kore`.
    pub fn of_voice(name: impl Into<String>) -> Self {
        Self::default().voice_config(VoiceConfig::of_name(name))
    }

    /// Each speaker, as the words name them, by a voice. Older models take two.
    pub fn of_speakers<S: Into<String>, V: Into<String>>(voices: impl IntoIterator<Item = (S, V)>) -> Self {
        let voices = voices.into_iter();
        let voices: Vec<_> = voices
            .map(|(speaker, voice)| SpeakerVoiceConfig::new(speaker, VoiceConfig::of_name(voice)))
            .collect();
        Self::default().multi_speaker_voice_config(MultiSpeakerVoiceConfig::new(voices))
    }
}

wire_type! {
    /// A voice.
    #[serde(rename_all = "camelCase")]
    pub struct VoiceConfig {
        may {
            /// One of the vendor's.
            prebuilt_voice_config: PrebuiltVoiceConfig,
            /// A voice as the models from `gemini-3.8-flash-tts` on take it.
            voice: String,
        }
    }
}

impl VoiceConfig {
    /// One of the vendor's voices.
    pub fn of_name(name: impl Into<String>) -> Self {
        Self::default().prebuilt_voice_config(PrebuiltVoiceConfig::new(name))
    }
}

wire_type! {
    /// One of the vendor's voices.
    #[serde(rename_all = "camelCase")]
    pub struct PrebuiltVoiceConfig {
        must {
            /// Its name, such as `Kore`.
            voice_name: String,
        }
        may {}
    }
}

wire_type! {
    /// The voices of several speakers.
    #[serde(rename_all = "camelCase")]
    pub struct MultiSpeakerVoiceConfig {
        must {
            /// One for each speaker.
            speaker_voice_configs: Vec<SpeakerVoiceConfig>,
        }
        may {}
    }
}

wire_type! {
    /// The voice of a speaker.
    #[serde(rename_all = "camelCase")]
    pub struct SpeakerVoiceConfig {
        must {
            /// The speaker, as the words name them.
            speaker: String,
            /// The voice.
            voice_config: VoiceConfig,
        }
        may {}
    }
}
