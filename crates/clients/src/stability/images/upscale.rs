//! `/v2beta/stable-image/upscale/…`: what makes pictures larger.

use super::super::form::form_type;
use super::words::{ImageFormat, StylePreset};
use crate::vendor::File;

form_type! {
    /// Which picture is to be four times as wide and high.
    pub struct FastUpscaleRequest {
        must {
            /// The picture, of sides of 32 to 1536 pixels, and at most a megapixel.
            image: File,
        }
        may {
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// Which picture is to have four megapixels, with little that is new.
    pub struct ConservativeUpscaleRequest {
        must {
            /// The picture.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// From 0.2 to 0.5: how much is new. Default 0.35.
            creativity: f64,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// Which picture is to have four megapixels, with much that is new.
    pub struct CreativeUpscaleRequest {
        must {
            /// The picture, of at most a megapixel.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// From 0.1 to 0.5: how much is new. Default 0.3.
            creativity: f64,
            /// What it looks like.
            style_preset: StylePreset,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}
