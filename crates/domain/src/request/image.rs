//! Pictures: made from a text, or from a text and a picture.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::MediaInput;
use super::fields::{Fields, malformed};
use crate::{InvalidInput, InvalidName, Quantity, Unit};

/// A request for pictures.
#[derive(Clone, PartialEq, Debug)]
pub struct ImageRequest {
    /// What to draw. Empty only where a picture is given.
    pub prompt: String,
    /// What to leave out.
    pub negative_prompt: Option<String>,
    /// How large; left out, the model's own size.
    pub size: Option<Size>,
    /// Width to height, such as `16:9`, for models that choose the size themselves.
    pub aspect_ratio: Option<String>,
    /// How finely, such as `2K`, for models that choose the size themselves.
    pub resolution: Option<String>,
    /// How well, in the model's own words.
    pub quality: Option<String>,
    /// How many.
    pub n: u32,
    /// The same seed draws the same picture, where the model can.
    pub seed: Option<u64>,
    /// The format of the pictures: `png`, `jpeg`, `webp`.
    pub format: Option<String>,
    /// Pictures to work from.
    pub images: Vec<MediaInput>,
    /// Which part of it to change.
    pub mask: Option<MediaInput>,
    /// Pictures that single models take for a purpose of their own, by their names, such as `style_image`:
    /// every other field whose name ends in `_image` or `_reference`.
    pub named_images: BTreeMap<String, MediaInput>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl ImageRequest {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        let n = fields.whole_number("n")?.unwrap_or(1);
        let images = fields.media_list("image")?;
        let prompt = fields.text("prompt")?.unwrap_or_default();
        if prompt.is_empty() && images.is_empty() {
            return Err(malformed("prompt", "is required where no image is given"));
        }
        Ok(Self {
            prompt,
            negative_prompt: fields.text("negative_prompt")?,
            size: fields.size("size")?,
            aspect_ratio: fields.text("aspect_ratio")?,
            resolution: fields.text("resolution")?,
            quality: fields.text("quality")?,
            n: u32::try_from(n)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| InvalidInput::not_allowed("input.n", "must be 1 or more"))?,
            seed: fields.whole_number("seed")?,
            format: fields.text("format")?,
            images,
            mask: fields.media("mask")?,
            named_images: fields.media_named_like(&["_image", "_reference"])?,
            extras: fields.rest(),
        })
    }

    /// The most that it can come to: `n` pictures of this size, resolution and quality.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        vec![self.quantity(self.n)]
    }

    /// This many pictures of this request, as they are priced.
    pub fn quantity(&self, count: u32) -> Quantity {
        let mut quantity = Quantity::new(Unit::Image, u64::from(count));
        if let Some(size) = self.size {
            quantity = quantity.with("size", size.to_string());
        }
        if let Some(resolution) = &self.resolution {
            quantity = quantity.with("resolution", resolution.clone());
        }
        if let Some(quality) = &self.quality {
            quantity = quantity.with("quality", quality.clone());
        }
        quantity
    }
}

/// Width and height in pixels, written `1024x1024`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// Both sides.
    pub const fn sides(self) -> [u32; 2] {
        [self.width, self.height]
    }
}

impl FromStr for Size {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let side = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            text.parse().ok().filter(|_| plain)
        };
        let sides = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let (width, height) = sides.ok_or(InvalidName::new("size", "WIDTHxHEIGHT such as 1024x1024"))?;
        Ok(Self { width, height })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Problem;

    fn parse(input: Value) -> Result<ImageRequest, InvalidInput> {
        ImageRequest::parse(Fields::new(input.as_object().unwrap().clone()))
    }

    #[test]
    fn size_is_two_positive_numbers() {
        assert_eq!("64x128".parse(), Ok(Size { width: 64, height: 128 }));
        for wrong in ["", "64", "64x", "x64", "0x64", "64X64", "-1x64", "+64x64", "64x64x64", "1e2x64"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_prompt_is_all_it_takes() {
        let image = parse(json!({"prompt": "a fox"})).unwrap();
        assert_eq!((image.prompt.as_str(), image.n, image.size), ("a fox", 1, None));
    }

    #[test]
    fn what_the_price_may_depend_on_is_counted_with_the_pictures() {
        let image = parse(json!({"prompt": "a fox", "resolution": "2K", "quality": "low", "n": 2})).unwrap();
        let expected = Quantity::new(Unit::Image, 2).with("resolution", "2K").with("quality", "low");
        assert_eq!(image.quantities_max(), [expected]);
    }

    #[test]
    fn unknown_fields_are_kept() {
        let image = parse(json!({"prompt": "a fox", "style": "oil"})).unwrap();
        assert_eq!(image.extras.get("style"), Some(&json!("oil")));
    }

    #[test]
    fn pictures_for_a_purpose_are_media_and_no_extras() {
        let image = parse(json!({
            "prompt": "a fox", "style_image": "https://x.test/a.png", "light_reference": null,
            "background_reference": "data:image/png;base64,UE5H",
        }))
        .unwrap();
        let names: Vec<_> = image.named_images.keys().map(String::as_str).collect();
        assert_eq!(names, ["background_reference", "style_image"]);
        assert!(image.extras.is_empty(), "{:?}", image.extras);
        assert_eq!(crate::MediaRequest::Image(Box::new(image)).media().len(), 2);
    }

    #[test]
    fn mistakes_name_their_field() {
        for (input, field, problem) in [
            (json!({}), "input.prompt", Problem::Malformed),
            (json!({"prompt": ""}), "input.prompt", Problem::Malformed),
            (json!({"prompt": "x", "n": "2"}), "input.n", Problem::Malformed),
            (json!({"prompt": "x", "n": 0}), "input.n", Problem::NotAllowed),
            (json!({"prompt": "x", "size": "big"}), "input.size", Problem::NotAllowed),
            (json!({"prompt": "x", "image": "http://x"}), "input.image", Problem::NotAllowed),
            (json!({"prompt": "x", "style_image": "x"}), "input.style_image", Problem::NotAllowed),
            (json!({"prompt": "x", "style_image": 1}), "input.style_image", Problem::Malformed),
        ] {
            let error = parse(input).unwrap_err();
            assert_eq!((error.field.as_ref(), error.problem), (field, problem));
        }
    }
}
