//! `/v1/generation/{engine_id}/…`: pictures by the older engines, several at a time.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::form::{Form, form_type};
use super::generated::FinishReason;
use super::images::StylePreset;
use crate::http::{BaseHttpClient, Call, ClientError, segment};
use crate::vendor::{File, form, open_enum, unpacked, wire_type};

wire_type! {
    /// Which pictures are to be made.
    pub struct TextToImageRequest {
        must {
            /// What is to be seen, and what isn't.
            text_prompts: Vec<TextPrompt>,
        }
        may {
            /// In pixels, a multiple of 64; engines have sizes of their own, such as 1024x1024 and 1152x896. Not for
            /// pictures that are made of others.
            width: u32,
            /// As `width`.
            height: u32,
            /// From 0 to 35: how much they keep to the words. Default 7.
            cfg_scale: f64,
            /// `FAST_BLUE`, `FAST_GREEN`, `NONE`, `SIMPLE`, `SLOW`, `SLOWER`, `SLOWEST`.
            clip_guidance_preset: String,
            /// Such as `K_EULER`; else the vendor chooses.
            sampler: String,
            /// How many, from 1 to 10. Default 1.
            samples: u32,
            /// What makes the same pictures again; 0 is chance.
            seed: u32,
            /// From 10 to 50: how many steps they are made in. Default 30.
            steps: u32,
            /// What they look like.
            style_preset: StylePreset,
            /// What the vendor tries out.
            extras: Map<String, Value>,
        }
    }
}

wire_type! {
    /// Words about a picture.
    pub struct TextPrompt {
        must {
            /// The words, in at most 2000 characters.
            text: String,
        }
        may {
            /// How much they count; below 0, they are what isn't to be seen.
            weight: f64,
        }
    }
}

form_type! {
    /// The picture that others are made of.
    pub struct InitImage {
        must {
            /// The picture.
            init_image: File,
        }
        may {
            /// What says how much of it is kept: `IMAGE_STRENGTH` (the default) or `STEP_SCHEDULE`.
            init_image_mode: String,
            /// From 0 to 1: how much of it is kept. Default 0.35.
            image_strength: f64,
            /// From 0 to 1: how many of the steps are left out at the beginning.
            step_schedule_start: f64,
            /// From 0 to 1: how many of the steps are left out at the end.
            step_schedule_end: f64,
        }
    }
}

form_type! {
    /// A picture, and what of it is changed.
    pub struct MaskedImage {
        must {
            /// The picture.
            init_image: File,
            /// What says what is changed.
            mask_source: MaskSource,
        }
        may {
            /// The mask, if it isn't the picture's own.
            mask_image: File,
        }
    }
}

open_enum! {
    /// What says what of a picture is changed.
    pub enum MaskSource {
        /// The white of the mask.
        MaskImageWhite = "MASK_IMAGE_WHITE",
        /// The black of the mask.
        MaskImageBlack = "MASK_IMAGE_BLACK",
        /// Where the picture itself is transparent.
        InitImageAlpha = "INIT_IMAGE_ALPHA",
    }
}

form_type! {
    /// How large a picture becomes: the width or the height, of at least 512 pixels; at most 4 194 304 pixels in all.
    pub struct UpscaleRequest {
        must {
            /// The picture.
            image: File,
        }
        may {
            /// In pixels.
            width: u32,
            /// In pixels.
            height: u32,
        }
    }
}

wire_type! {
    /// The pictures.
    pub struct Artifacts {
        must {
            /// The pictures.
            artifacts: Vec<Artifact>,
        }
        may {}
    }
}

wire_type! {
    /// A picture.
    pub struct Artifact {
        must {
            /// How it ended. What the filter has blurred comes as a success too, so this is always to be looked at.
            #[serde(rename = "finishReason")]
            finish_reason: FinishReason,
        }
        may {
            /// The picture in base64.
            base64: String,
            /// What makes it again.
            seed: u64,
        }
    }
}

impl Artifact {
    /// The picture itself, if there is one.
    pub fn bytes(&self) -> Result<Option<Bytes>, ClientError> {
        self.base64.as_deref().map(unpacked).transpose()
    }
}

pub(super) async fn text_to_image(
    http: &BaseHttpClient,
    engine_id: &str,
    request: &TextToImageRequest,
) -> Result<Artifacts, ClientError> {
    let call = call(http, engine_id, "text-to-image").operation("text_to_image");
    call.json(request).send().await?.json()
}

pub(super) async fn image_to_image(
    http: &BaseHttpClient,
    engine_id: &str,
    request: &TextToImageRequest,
    image: &InitImage,
) -> Result<Artifacts, ClientError> {
    let form = form::with_fields(image.form()?, request)?;
    let call = call(http, engine_id, "image-to-image").operation("image_to_image");
    call.multipart(form).send().await?.json()
}

pub(super) async fn mask(
    http: &BaseHttpClient,
    engine_id: &str,
    request: &TextToImageRequest,
    image: &MaskedImage,
) -> Result<Artifacts, ClientError> {
    let form = form::with_fields(image.form()?, request)?;
    let call = call(http, engine_id, "image-to-image/masking").operation("mask_image");
    call.multipart(form).send().await?.json()
}

pub(super) async fn upscale(
    http: &BaseHttpClient,
    engine_id: &str,
    request: &UpscaleRequest,
) -> Result<Artifacts, ClientError> {
    let call = call(http, engine_id, "image-to-image/upscale").operation("upscale_image");
    call.multipart(request.form()?).send().await?.json()
}

fn call<'c>(http: &'c BaseHttpClient, engine_id: &str, action: &str) -> Call<'c> {
    http.post(&format!("v1/generation/{}/{action}", segment(engine_id))).accept("application/json").paid()
}
