//! `/v2beta/stable-image/generate/…`: what makes pictures from words.

use super::super::form::form_type;
use super::words::{AspectRatio, ImageFormat, StylePreset};
use crate::vendor::File;

form_type! {
    /// What Stable Image Core is asked.
    pub struct CoreRequest {
        must {
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// How wide it is for its height.
            aspect_ratio: AspectRatio,
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// What it looks like.
            style_preset: StylePreset,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// What Stable Image Ultra is asked.
    pub struct UltraRequest {
        must {
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// A picture to begin with.
            image: File,
            /// From 0 to 1: how little is kept of the picture; must be there with one.
            strength: f64,
            /// How wide it is for its height.
            aspect_ratio: AspectRatio,
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// What it looks like.
            style_preset: StylePreset,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// What a model of Stable Diffusion 3.5 is asked.
    pub struct Sd3Request {
        must {
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// `text-to-image` (the default) or `image-to-image`.
            mode: String,
            /// A picture to begin with.
            image: File,
            /// From 0 to 1: how little is kept of the picture.
            strength: f64,
            /// How wide it is for its height; not for what begins with a picture.
            aspect_ratio: AspectRatio,
            /// `sd3.5-large` (the default), `sd3.5-large-turbo`, `sd3.5-medium`, `sd3.5-flash`.
            model: String,
            /// From 1 to 10: how much it keeps to the words.
            cfg_scale: f64,
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// What it looks like.
            style_preset: StylePreset,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

impl Sd3Request {
    /// Begins with a picture, of which the strength, from 0 to 1, says how little is kept.
    pub fn from_image(prompt: impl Into<String>, image: File, strength: f64) -> Self {
        Self::new(prompt).mode("image-to-image").image(image).strength(strength)
    }
}
