//! Videos.

use serde_json::Value;

use super::assets::{Asset, ContentModeration, Pictures};
use crate::vendor::wire_type;

/// A request for a video: what it alone has, and what all of them have.
macro_rules! video_request {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            must {$($must:tt)+}
            may {$($may:tt)*}
        }
    ) => {
        wire_type! {
            $(#[doc = $doc])*
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                must {$($must)+}
                may {
                    $($may)*
                    /// What is to be seen, in at most 1000 UTF-16 code units for the vendor's own models.
                    prompt_text: String,
                    /// Width and height in pixels as in `1280:720`; for some models a tier such as `auto_720p`, or an aspect.
                    ratio: String,
                    /// The resolution, such as `720p`, for models that have no `ratio` or an aspect as `ratio`.
                    resolution: String,
                    /// How long: whole seconds, or `auto` for some models.
                    duration: Value,
                    /// Whether there is sound.
                    audio: bool,
                    /// The same seed makes nearly the same video.
                    seed: u32,
                    /// Pictures of what is to be seen.
                    references: Pictures,
                    /// Sounds to go by.
                    reference_audio: Vec<Asset>,
                    /// Videos to go by.
                    reference_videos: Vec<Asset>,
                    /// Whether it is only a cheap preview.
                    draft: bool,
                    /// `mp4`, `mov`, `prores`, `png_sequence`, `hdr10` and others. Default `mp4`.
                    output_format: String,
                    /// Which ProRes, such as `422 HQ`.
                    prores_profile: String,
                    /// How strict the filter is.
                    content_moderation: ContentModeration,
                    /// What only some models have.
                    provider_settings: ProviderSettings,
                }
            }
        }
    };
}

video_request! {
    /// A video that begins with a picture.
    pub struct ImageToVideoRequest {
        must {
            /// The model's name.
            model: String,
            /// The picture that it begins with, or pictures with their places.
            prompt_image: Pictures,
        }
        may {
            /// What isn't to be seen.
            negative_prompt: String,
            /// How closely it keeps to the prompt, from 0 to 1.
            cfg_scale: f64,
            /// How far the vendor writes the prompt out: `disabled`, `balanced`, `quality`.
            prompt_expansion_mode: String,
        }
    }
}

video_request! {
    /// A video from words.
    pub struct TextToVideoRequest {
        must {
            /// The model's name.
            model: String,
        }
        may {
            /// What isn't to be seen.
            negative_prompt: String,
            /// How closely it keeps to the prompt, from 0 to 1.
            cfg_scale: f64,
            /// How far the vendor writes the prompt out: `disabled`, `balanced`, `quality`.
            prompt_expansion_mode: String,
            /// The task of a draft that is to be made well, instead of everything else.
            draft_task_id: String,
        }
    }
}

video_request! {
    /// A video from another, which is in the field that the model knows.
    pub struct VideoToVideoRequest {
        must {
            /// The model's name.
            model: String,
        }
        may {
            /// The video, for `aleph2`, `kling_4` and Gemini's models.
            video_uri: String,
            /// The video, for all others.
            prompt_video: String,
            /// What becomes of the video: `reference`, `extend`, `edit`.
            mode: String,
            /// Pictures of how it is to look at some times.
            keyframes: Vec<Keyframe>,
            /// The aspect to bring it to, such as `16:9`.
            target_aspect_ratio: String,
        }
    }
}

wire_type! {
    /// A video of a character that acts as somebody did.
    #[serde(rename_all = "camelCase")]
    pub struct CharacterPerformanceRequest {
        must {
            /// The model's name.
            model: String,
            /// The character: a picture or a video of a face, with its kind.
            character: Asset,
            /// A video of 3 to 30 s of somebody who acts, with its kind.
            reference: Asset,
        }
        may {
            /// Width and height in pixels as in `1280:720`.
            ratio: String,
            /// Whether it is acted with the body too.
            body_control: bool,
            /// How strong the expression is, from 1 to 5.
            expression_intensity: u32,
            /// The same seed makes nearly the same video.
            seed: u32,
            /// How strict the filter is.
            content_moderation: ContentModeration,
        }
    }
}

wire_type! {
    /// How a video is to look at some time.
    pub struct Keyframe {
        must {
            /// A picture of it.
            uri: String,
        }
        may {
            /// When, in seconds.
            seconds: f64,
            /// When, as a part of the whole from 0 to 1.
            at: f64,
            /// What alone is changed. All keyframes have one, or none has.
            range: KeyframeRange,
        }
    }
}

wire_type! {
    /// A stretch of a video, in whole seconds.
    pub struct KeyframeRange {
        must {
            /// Where it begins.
            start_seconds: u32,
            /// Where it has ended.
            end_seconds: u32,
        }
        may {}
    }
}

wire_type! {
    /// What only some models have.
    #[serde(rename_all = "camelCase")]
    pub struct ProviderSettings {
        may {
            /// Several shots, of 3 to 15 s together.
            multi_prompt: Vec<Shot>,
            /// Who puts the shots in order: `intelligence` or `customize`.
            shot_type: String,
            /// Whether the sound of the video before is kept.
            keep_original_sound: bool,
        }
    }
}

wire_type! {
    /// A shot of a video.
    pub struct Shot {
        must {
            /// What is to be seen.
            prompt: String,
            /// How long, in whole seconds.
            duration: u32,
        }
        may {}
    }
}
