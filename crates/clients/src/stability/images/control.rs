//! `/v2beta/stable-image/control/…`: what makes pictures from words and from how another picture is.

use super::super::form::form_type;
use super::words::{AspectRatio, ImageFormat, StylePreset};
use crate::vendor::File;

form_type! {
    /// What is to be drawn over a sketch, or with the structure of another picture.
    pub struct ControlRequest {
        must {
            /// The sketch, or the other picture.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// From 0 to 1: how much of it is kept. Default 0.7.
            control_strength: f64,
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
    /// What is to be drawn in the style of another picture.
    pub struct ControlStyleRequest {
        must {
            /// The other picture.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// From 0 to 1: how much of the style is kept. Default 0.5.
            fidelity: f64,
            /// How wide it is for its height.
            aspect_ratio: AspectRatio,
            /// What isn't to be seen.
            negative_prompt: String,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// Which picture is to have the style of another.
    pub struct StyleTransferRequest {
        must {
            /// The picture.
            init_image: File,
            /// The other picture.
            style_image: File,
        }
        may {
            /// What is to be seen besides.
            prompt: String,
            /// What isn't to be seen.
            negative_prompt: String,
            /// From 0 to 1: how much of the style comes over. Default 1.
            style_strength: f64,
            /// From 0 to 1: how much of the picture's order is kept. Default 0.9.
            composition_fidelity: f64,
            /// From 0.1 to 1: how much is changed. Default 0.9.
            change_strength: f64,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}
