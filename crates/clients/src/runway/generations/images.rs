//! Pictures.

use super::assets::{ContentModeration, Picture};
use crate::vendor::wire_type;

wire_type! {
    /// Pictures from words and other pictures.
    #[serde(rename_all = "camelCase")]
    pub struct TextToImageRequest {
        must {
            /// The model's name.
            model: String,
            /// What is to be seen, in at most 1000 UTF-16 code units for the vendor's own models.
            prompt_text: String,
        }
        may {
            /// Width and height in pixels as in `1920:1080`, which most models must know, or `auto` for some.
            ratio: String,
            /// Pictures to go by, at most 3 for the vendor's own models. `gen4_image_turbo` needs one.
            reference_images: Vec<Picture>,
            /// The same seed makes nearly the same picture.
            seed: u32,
            /// How strict the filter is.
            content_moderation: ContentModeration,
            /// `low`, `medium`, `high` and others.
            quality: String,
            /// How many, from 1 to 10.
            output_count: u32,
            /// `png`, `jpeg`, `webp`.
            output_format: String,
            /// `auto`, `opaque`, `transparent`.
            background: String,
            /// The colour behind it, in six hexadecimal digits.
            background_color: String,
            /// The colours that it has, each in six hexadecimal digits.
            colors: Vec<String>,
            /// How much the model thinks before: `minimal`, `medium`, `high`.
            thinking_level: String,
            /// Whether the model looks things up before.
            grounding: bool,
            /// Whether the first reference is changed, and not only gone by.
            edit: bool,
            /// As `edit`, with all else left as it is.
            precise_edit: bool,
            /// A picture of what may be changed.
            mask_uri: String,
        }
    }
}
