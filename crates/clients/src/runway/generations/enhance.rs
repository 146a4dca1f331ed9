//! Better versions of what there is.

use crate::vendor::wire_type;

wire_type! {
    /// A larger or smoother video.
    #[serde(rename_all = "camelCase")]
    pub struct VideoUpscaleRequest {
        must {
            /// The model's name.
            model: String,
            /// The video.
            video_uri: String,
        }
        may {
            /// `720p`, `1k`, `2k`, `4k`.
            resolution: String,
            /// How many frames a second, such as `60` or `59_94`. `enhance_frame_rate` must know it.
            target_framerate: String,
            /// `vivid` or `natural`.
            flavor: String,
            /// How much is made up, from 0 to 100.
            creativity: u32,
            /// How sharp, from 0 to 100.
            sharpen: u32,
            /// How much grain, from 0 to 100.
            smart_grain: u32,
            /// Whether it gets smoother too.
            fps_boost: bool,
        }
    }
}

wire_type! {
    /// A video with more colours.
    #[serde(rename_all = "camelCase")]
    pub struct VideoToHdrRequest {
        must {
            /// The model's name.
            model: String,
            /// The video.
            video_uri: String,
        }
        may {
            /// `hdr10`, `hlg`, `hdr_prores`, `hdr_exr_sequence` and others. Default `hdr10`.
            output_format: String,
            /// Which ProRes: `422`, `4444`, `422 HQ`.
            prores_profile: String,
        }
    }
}

wire_type! {
    /// A larger picture.
    #[serde(rename_all = "camelCase")]
    pub struct ImageUpscaleRequest {
        must {
            /// The model's name.
            model: String,
            /// The picture.
            image_uri: String,
        }
        may {
            /// How many times as large each way: 2, 4, 8, 16. Default 2.
            scale_factor: u32,
            /// `sublime`, `photo`, `photo_denoiser`.
            flavor: String,
            /// How sharp, from 0 to 100.
            sharpen: u32,
            /// How much grain, from 0 to 100.
            smart_grain: u32,
            /// How much fine detail, from 0 to 100.
            ultra_detail: u32,
        }
    }
}
