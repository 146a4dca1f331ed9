//! `/audio/speech`: words in, sound out, as it is spoken.

use serde_json::Value;

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{Media, wire_type};

wire_type! {
    /// What is to be spoken.
    pub struct SpeechRequest {
        must {
            /// The model's name.
            model: String,
            /// The words, in at most 4096 characters.
            input: String,
            /// A voice by its name, or one's own as `{"id": "voice_1"}`.
            voice: Value,
        }
        may {
            /// `mp3`, `opus`, `aac`, `flac`, `wav`, or `pcm`: 24 kHz, 16 bit, mono, without a head. Default `mp3`.
            response_format: String,
            /// From 0.25 to 4.
            speed: f64,
            /// How it is to be spoken.
            instructions: String,
        }
    }
}

pub(super) async fn speak(http: &BaseHttpClient, request: &SpeechRequest) -> Result<Media, ClientError> {
    let call = http.post("audio/speech").operation("generate_speech").json(request).paid();
    Ok(Media::of(call.stream().await?))
}
