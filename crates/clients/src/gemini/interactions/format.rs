//! What an interaction is to answer with.

use serde_json::Value;

use crate::vendor::wire_type;

wire_type! {
    /// What an interaction is to answer with. Which fields fit, its kind and the model decide.
    pub struct ResponseFormat {
        must {
            /// `text`, `image`, `audio`, `video`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// Width to height: `16:9` or `9:16` for videos, more for pictures.
            aspect_ratio: String,
            /// Of a video: `360p`, `720p`, `1080p`, `4k`.
            resolution: String,
            /// Of a video: whole seconds as in `8s`.
            duration: String,
            /// Of a picture: `1K`, `2K`, `4K`.
            image_size: String,
            /// What it is, such as `image/png`.
            mime_type: String,
            /// Of a sound: samples in a second.
            sample_rate: u32,
            /// Of a sound: bits in a second.
            bit_rate: u32,
            /// `inline`, for what is small, or `uri`.
            delivery: String,
            /// What JSON must look like.
            schema: Value,
        }
    }
}

impl ResponseFormat {
    /// A text.
    pub fn of_text() -> Self {
        Self::new("text")
    }

    /// A picture.
    pub fn of_image() -> Self {
        Self::new("image")
    }

    /// Speech.
    pub fn of_audio() -> Self {
        Self::new("audio")
    }

    /// A video. Ask for it by `uri`, as it may be large.
    pub fn of_video() -> Self {
        Self::new("video")
    }
}
