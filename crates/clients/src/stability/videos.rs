//! `/v2beta/image-to-video`, which the vendor retired on 2025-07-24.

use super::form::form_type;
use super::results::{self, Task};
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::File;

form_type! {
    /// Which video is to be made. Retired.
    pub struct ImageToVideoRequest {
        must {
            /// Its first picture, of 1024x576, 576x1024 or 768x768 pixels, in jpeg or png.
            image: File,
        }
        may {
            /// What makes the same video again; 0 is chance.
            seed: u32,
            /// From 0 to 10: how much it keeps to the picture. Default 1.8.
            cfg_scale: f64,
            /// From 1 to 255: how much it moves. Default 127.
            motion_bucket_id: u32,
        }
    }
}

pub(super) async fn start(http: &BaseHttpClient, request: &ImageToVideoRequest) -> Result<Task, ClientError> {
    results::start(http, "v2beta/image-to-video", "image_to_video", request).await
}
