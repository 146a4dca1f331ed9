//! `POST /v1/{route}`: what can be made. Each route has a request of its own, and all of them answer with a task.

mod assets;
mod enhance;
mod images;
mod sound;
mod speech;
mod videos;

use serde::Serialize;

pub use assets::{Asset, AssetKind, ContentModeration, Picture, Pictures, Position};
pub use enhance::{ImageUpscaleRequest, VideoToHdrRequest, VideoUpscaleRequest};
pub use images::TextToImageRequest;
pub use sound::{SoundEffectRequest, VideoToAudioRequest};
pub use speech::{
    SpeechToSpeechRequest, TextToSpeechRequest, Voice, VoiceDubbingRequest, VoiceIsolationRequest,
};
pub use videos::{
    CharacterPerformanceRequest, ImageToVideoRequest, Keyframe, KeyframeRange, ProviderSettings, Shot,
    TextToVideoRequest, VideoToVideoRequest,
};

use super::tasks::Task;
use crate::http::{BaseHttpClient, ClientError};

/// A kind of generation for each route, which its request becomes by `into`.
macro_rules! generations {
    ($($(#[doc = $doc:literal])* $kind:ident($request:ty) = $route:literal,)+) => {
        /// What is to be made. Each kind has a route of its own at the vendor.
        ///
        /// Which fields a model takes, and which values, the vendor decides. Models that it has retired (`gen3a_turbo`,
        /// `gen4_aleph`, `veo3`, `upscale_v1`) can still be named; whether it takes them isn't known.
        #[derive(Clone, PartialEq, Debug, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum Generation {
            $($(#[doc = $doc])* $kind($request),)+
        }

        impl Generation {
            /// The last segment of its route, such as `image_to_video`.
            pub fn route(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $route,)+
                }
            }
        }

        $(
            impl From<$request> for Generation {
                fn from(request: $request) -> Self {
                    Self::$kind(request)
                }
            }
        )+
    };
}

generations! {
    /// A video that begins with a picture.
    ImageToVideo(ImageToVideoRequest) = "image_to_video",
    /// A video from words.
    TextToVideo(TextToVideoRequest) = "text_to_video",
    /// A video from another.
    VideoToVideo(VideoToVideoRequest) = "video_to_video",
    /// A video of a character that acts as somebody did.
    CharacterPerformance(CharacterPerformanceRequest) = "character_performance",
    /// Pictures from words and other pictures.
    TextToImage(TextToImageRequest) = "text_to_image",
    /// Speech from words.
    TextToSpeech(TextToSpeechRequest) = "text_to_speech",
    /// Speech in another voice.
    SpeechToSpeech(SpeechToSpeechRequest) = "speech_to_speech",
    /// A voice without what is heard around it.
    VoiceIsolation(VoiceIsolationRequest) = "voice_isolation",
    /// Speech in another language.
    VoiceDubbing(VoiceDubbingRequest) = "voice_dubbing",
    /// Sounds from words.
    SoundEffect(SoundEffectRequest) = "sound_effect",
    /// Sounds for a video.
    VideoToAudio(VideoToAudioRequest) = "video_to_audio",
    /// A larger or smoother video.
    VideoUpscale(VideoUpscaleRequest) = "video_upscale",
    /// A video with more colours.
    VideoToHdr(VideoToHdrRequest) = "video_to_hdr",
    /// A larger picture.
    ImageUpscale(ImageUpscaleRequest) = "image_upscale",
}

pub(super) async fn create(http: &BaseHttpClient, generation: &Generation) -> Result<Task, ClientError> {
    let path = format!("v1/{}", generation.route());
    http.post(&path).operation("create_generation").json(generation).paid().send().await?.json()
}
