//! What an answer is to be like.

use serde_json::Value;

use super::voice::SpeechConfig;
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What an answer is to be like.
    #[serde(rename_all = "camelCase")]
    pub struct GenerationConfig {
        may {
            /// How many answers.
            candidate_count: u32,
            /// The most that the model may write, thoughts included.
            max_output_tokens: u32,
            /// Up to five texts at which the answer ends.
            stop_sequences: Vec<String>,
            /// From 0 to 2: how much is left to chance. The newest models will no longer take it.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from. The newest models will no longer take it.
            top_p: f64,
            /// How many likely words are drawn from. The newest models will no longer take it.
            top_k: u32,
            /// Makes chance repeatable, as far as the vendor can.
            seed: i32,
            /// From -2 to 2: how much words are avoided that were there already.
            presence_penalty: f64,
            /// From -2 to 2: how much words are avoided that were there often.
            frequency_penalty: f64,
            /// `text/plain` or `application/json`.
            response_mime_type: String,
            /// What JSON must look like, in the vendor's own kind of schema.
            response_schema: Value,
            /// What JSON must look like, as JSON Schema.
            response_json_schema: Value,
            /// What the answer is made of. Default text, and a picture too where the model draws.
            response_modalities: Vec<Modality>,
            /// Whether the answer tells how likely its tokens were.
            response_logprobs: bool,
            /// Up to 20: how many other tokens are told at each place.
            logprobs: u32,
            /// How words are spoken.
            speech_config: SpeechConfig,
            /// What pictures are to be like.
            image_config: ImageConfig,
            /// How the model thinks.
            thinking_config: ThinkingConfig,
            /// How closely the model looks, such as `MEDIA_RESOLUTION_LOW`.
            media_resolution: String,
        }
    }
}

open_enum! {
    /// What contents are made of.
    pub enum Modality {
        /// Words.
        Text = "TEXT",
        /// Pictures.
        Image = "IMAGE",
        /// Sound.
        Audio = "AUDIO",
        /// Films.
        Video = "VIDEO",
        /// Documents.
        Document = "DOCUMENT",
    }
}

wire_type! {
    /// What pictures are to be like.
    #[serde(rename_all = "camelCase")]
    pub struct ImageConfig {
        may {
            /// Width to height, as in `16:9`.
            aspect_ratio: String,
            /// `1K`, `2K`, `4K`.
            image_size: String,
        }
    }
}

wire_type! {
    /// How a model thinks: by a budget or by a level.
    #[serde(rename_all = "camelCase")]
    pub struct ThinkingConfig {
        may {
            /// Whether the answer has the thoughts in it.
            include_thoughts: bool,
            /// How many tokens it may think; 0 for none, -1 as the model likes.
            thinking_budget: i32,
            /// `MINIMAL`, `LOW`, `MEDIUM`, `HIGH`.
            thinking_level: String,
        }
    }
}
