//! `/v2beta/audio/…`: sound from words, and from other sound.

use super::form::{Form, form_type};
use super::generated::{self, Generated, Made};
use super::results::{self, Task};
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{File, open_enum};

/// Sound that is made at once, by Stable Audio 2.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum AudioRequest {
    /// From words.
    TextToAudio(TextToAudioRequest),
    /// From other sound.
    AudioToAudio(AudioToAudioRequest),
    /// Another sound with a stretch of it made anew.
    Inpaint(AudioInpaintRequest),
}

/// Sound that takes a while, by Stable Audio 3.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum AudioTaskRequest {
    /// From words.
    TextToAudio(TextToAudioRequest),
    /// From other sound.
    AudioToAudio(AudioToAudioRequest),
}

form_type! {
    /// What is to be heard.
    pub struct TextToAudioRequest {
        must {
            /// What is to be heard.
            prompt: String,
        }
        may {
            /// `stable-audio-2` or `stable-audio-2.5`; where it takes a while, `stable-audio-3`.
            model: String,
            /// How long, in seconds: at most 190; where it takes a while, 380. Default 190.
            duration: f64,
            /// What makes the same sound again; 0 is chance.
            seed: u32,
            /// How many steps it is made in.
            steps: u32,
            /// How much it keeps to the words; of Stable Audio 2 only.
            cfg_scale: f64,
            /// How it is written.
            output_format: AudioFormat,
        }
    }
}

form_type! {
    /// What is to be heard, and what it is made of.
    pub struct AudioToAudioRequest {
        must {
            /// The other sound.
            audio: File,
            /// What is to be heard.
            prompt: String,
        }
        may {
            /// From 0 to 1: how little is kept of the other sound.
            strength: f64,
            /// `stable-audio-2` or `stable-audio-2.5`; where it takes a while, `stable-audio-3`.
            model: String,
            /// How long, in seconds: at most 190; where it takes a while, 380. Default 190.
            duration: f64,
            /// What makes the same sound again; 0 is chance.
            seed: u32,
            /// How many steps it is made in.
            steps: u32,
            /// How much it keeps to the words; of Stable Audio 2 only.
            cfg_scale: f64,
            /// How it is written.
            output_format: AudioFormat,
        }
    }
}

form_type! {
    /// Which stretch of a sound is to be made anew.
    pub struct AudioInpaintRequest {
        must {
            /// The sound.
            audio: File,
            /// What is to be heard.
            prompt: String,
        }
        may {
            /// Where the stretch begins, in seconds.
            mask_start: f64,
            /// Where it ends, in seconds.
            mask_end: f64,
            /// `stable-audio-2.5`.
            model: String,
            /// How long all of it is, in seconds: at most 190.
            duration: f64,
            /// What makes the same sound again; 0 is chance.
            seed: u32,
            /// How many steps it is made in.
            steps: u32,
            /// How it is written.
            output_format: AudioFormat,
        }
    }
}

open_enum! {
    /// How a sound is written.
    pub enum AudioFormat {
        /// The vendor's default.
        Mp3 = "mp3",
        /// Without loss.
        Wav = "wav",
    }
}

impl AudioRequest {
    fn route(&self) -> (&'static str, &dyn Form) {
        match self {
            Self::TextToAudio(request) => ("v2beta/audio/stable-audio-2/text-to-audio", request),
            Self::AudioToAudio(request) => ("v2beta/audio/stable-audio-2/audio-to-audio", request),
            Self::Inpaint(request) => ("v2beta/audio/stable-audio-2/inpaint", request),
        }
    }
}

impl AudioTaskRequest {
    fn route(&self) -> (&'static str, &dyn Form) {
        match self {
            Self::TextToAudio(request) => ("v2beta/audio/stable-audio/text-to-audio", request),
            Self::AudioToAudio(request) => ("v2beta/audio/stable-audio/audio-to-audio", request),
        }
    }
}

pub(super) async fn generate(
    http: &BaseHttpClient,
    request: &AudioRequest,
) -> Result<Generated, ClientError> {
    let (path, request) = request.route();
    generated::generate(http, Made { path, accept: "audio/*", operation: "generate_audio" }, request).await
}

pub(super) async fn start(http: &BaseHttpClient, request: &AudioTaskRequest) -> Result<Task, ClientError> {
    let (path, request) = request.route();
    results::start(http, path, "start_audio", request).await
}
