//! Sounds that aren't speech.

use crate::vendor::wire_type;

wire_type! {
    /// Sounds from words.
    #[serde(rename_all = "camelCase")]
    pub struct SoundEffectRequest {
        must {
            /// The model's name.
            model: String,
            /// What is to be heard.
            prompt_text: String,
        }
        may {
            /// How long, in seconds. `mirelo_sfx_2_0` must know it.
            duration: f64,
            /// Whether the end goes over into the beginning.
            r#loop: bool,
            /// What isn't to be heard.
            negative_prompt: String,
            /// How many, each another.
            num_variants: u32,
            /// `mp3`, `wav`, `flac`, for `mirelo_sfx_2_0`.
            format: String,
            /// `wav`, `mp3`, `ogg_opus`, for `seed_audio`.
            output_format: String,
            /// The same seed makes nearly the same sound.
            seed: u32,
            /// Sounds to go by, at most 3.
            reference_audios: Vec<String>,
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
    /// Sounds for a video.
    #[serde(rename_all = "camelCase")]
    pub struct VideoToAudioRequest {
        must {
            /// The model's name.
            model: String,
            /// The video.
            video_uri: String,
            /// How long, in seconds.
            duration: f64,
        }
        may {
            /// What is to be heard.
            prompt_text: String,
            /// What isn't to be heard.
            negative_prompt: String,
            /// Whether what is said in the video is kept.
            preserve_speech: bool,
            /// How many, each another.
            num_variants: u32,
            /// `mp3`, `wav`, `flac`.
            format: String,
            /// The same seed makes nearly the same sound.
            seed: u32,
        }
    }
}
