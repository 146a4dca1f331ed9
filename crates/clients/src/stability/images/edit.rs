//! `/v2beta/stable-image/edit/…`: what changes pictures.

use super::super::form::form_type;
use super::words::{ImageFormat, StylePreset};
use crate::vendor::File;

form_type! {
    /// What is to go from a picture.
    pub struct EraseRequest {
        must {
            /// The picture. Where it is transparent, it is its own mask.
            image: File,
        }
        may {
            /// A picture that is white where something is to go.
            mask: File,
            /// From 0 to 20: by how many pixels the mask grows, softly. Default 5.
            grow_mask: u32,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// What is to be somewhere in a picture.
    pub struct InpaintRequest {
        must {
            /// The picture. Where it is transparent, it is its own mask.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
        }
        may {
            /// A picture that is white where something is to change.
            mask: File,
            /// From 0 to 100: by how many pixels the mask grows, softly. Default 5.
            grow_mask: u32,
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
    /// How far a picture is to go on, from 0 to 2000 pixels, to at least one of its sides.
    pub struct OutpaintRequest {
        must {
            /// The picture.
            image: File,
        }
        may {
            /// To the left.
            left: u32,
            /// To the right.
            right: u32,
            /// Upwards.
            up: u32,
            /// Downwards.
            down: u32,
            /// What is to be seen there.
            prompt: String,
            /// From 0 to 1: how free it is. Default 0.5.
            creativity: f64,
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
    /// What is to be in a picture instead of something else.
    pub struct SearchAndReplaceRequest {
        must {
            /// The picture.
            image: File,
            /// What is to be seen, in English and at most 10 000 characters.
            prompt: String,
            /// What it takes the place of, in a few words.
            search_prompt: String,
        }
        may {
            /// What isn't to be seen.
            negative_prompt: String,
            /// From 0 to 20: by how many pixels what was found grows, softly. Default 3.
            grow_mask: u32,
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
    /// What in a picture is to have other colours.
    pub struct SearchAndRecolorRequest {
        must {
            /// The picture.
            image: File,
            /// Which colours, in English and at most 10 000 characters.
            prompt: String,
            /// What has them, in a few words.
            select_prompt: String,
        }
        may {
            /// By how many pixels what was found grows, softly.
            grow_mask: u32,
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
    /// Which picture is to have nothing behind.
    pub struct RemoveBackgroundRequest {
        must {
            /// The picture, of at most 4 194 304 pixels.
            image: File,
        }
        may {
            /// How it is written: png or webp, which can be transparent.
            output_format: ImageFormat,
        }
    }
}

form_type! {
    /// What is to be behind something, by words or a picture, and how its light falls.
    pub struct RelightRequest {
        must {
            /// The picture of it.
            subject_image: File,
        }
        may {
            /// What is behind; else there must be a `background_reference`.
            background_prompt: String,
            /// A picture of what is behind.
            background_reference: File,
            /// What it is that stands before.
            foreground_prompt: String,
            /// What isn't to be seen.
            negative_prompt: String,
            /// From 0 to 1: how much it stays as it was. Default 0.6.
            preserve_original_subject: f64,
            /// From 0 to 1: how much the depth behind stays as it was. Default 0.5.
            original_background_depth: f64,
            /// Whether what is behind stays, and only the light changes.
            keep_original_background: bool,
            /// Where the light comes from: `left`, `right`, `above`, `below`.
            light_source_direction: String,
            /// From 0 to 1: how strong the light is. Default 0.3.
            light_source_strength: f64,
            /// A picture with such a light.
            light_reference: File,
            /// What makes the same picture again; 0 is chance.
            seed: u32,
            /// How it is written.
            output_format: ImageFormat,
        }
    }
}
