//! What each v2beta route takes: lists of fields with their bounds.

use std::ops::RangeInclusive;

use crate::call::{Call, Fields};
use crate::media::{PictureFormat, Size};
use crate::refusal::Refusal;

/// One field and what it may hold.
pub(super) enum Rule {
    /// A text of 1 to 10 000 characters that must be there.
    Prompt(&'static str),
    /// A text of at most 10 000 characters.
    Text(&'static str),
    /// A number from one to another.
    Number(&'static str, f64, f64),
    /// A whole number from one to another.
    Integer(&'static str, i64, i64),
    /// One of these words.
    Word(&'static str, &'static [&'static str]),
    /// A picture that must be there, of at least 64 pixels each way and at most so many in all.
    Picture(&'static str, u32),
    /// A picture that must be there, of 32 to 1536 pixels each way and at most a megapixel.
    SmallPicture(&'static str),
    /// A picture that may be there.
    Mask(&'static str),
}

use Rule::{Integer, Mask, Number, Picture, Prompt, SmallPicture, Text, Word};

const PIXELS_MAX: u32 = 9_437_184;
const MEGAPIXEL: u32 = 1_048_576;
const NEGATIVE: Rule = Text("negative_prompt");
const FORMAT: Rule = Word("output_format", &["jpeg", "png", "webp"]);
const STYLE: Rule = Word("style_preset", &STYLES);
const ASPECT: Rule =
    Word("aspect_ratio", &["21:9", "16:9", "3:2", "5:4", "1:1", "4:5", "2:3", "9:16", "9:21"]);
pub(super) const SEED: Rule = Integer("seed", 0, 4_294_967_294);

pub(super) const STYLES: [&str; 17] = [
    "enhance",
    "anime",
    "photographic",
    "digital-art",
    "comic-book",
    "fantasy-art",
    "line-art",
    "analog-film",
    "neon-punk",
    "isometric",
    "low-poly",
    "origami",
    "modeling-compound",
    "cinematic",
    "3d-model",
    "pixel-art",
    "tile-texture",
];

pub(super) const CORE: &[Rule] = &[Prompt("prompt"), NEGATIVE, SEED, STYLE, ASPECT, FORMAT];
pub(super) const ULTRA: &[Rule] = &[Prompt("prompt"), NEGATIVE, SEED, STYLE, ASPECT, FORMAT];
pub(super) const SD3: &[Rule] = &[
    Prompt("prompt"),
    Word("mode", &["text-to-image", "image-to-image"]),
    Word("model", &["sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash"]),
    Number("cfg_scale", 1.0, 10.0),
    NEGATIVE,
    SEED,
    STYLE,
    ASPECT,
    FORMAT,
];
/// What it takes besides, when it begins with a picture.
pub(super) const FROM_PICTURE: &[Rule] = &[Picture("image", PIXELS_MAX), Number("strength", 0.0, 1.0)];
pub(super) const UPSCALE_FAST: &[Rule] = &[SmallPicture("image"), FORMAT];
pub(super) const UPSCALE_CONSERVATIVE: &[Rule] =
    &[Picture("image", PIXELS_MAX), Prompt("prompt"), NEGATIVE, SEED, Number("creativity", 0.2, 0.5), FORMAT];
pub(super) const UPSCALE_CREATIVE: &[Rule] = &[
    Picture("image", MEGAPIXEL),
    Prompt("prompt"),
    NEGATIVE,
    SEED,
    Number("creativity", 0.1, 0.5),
    STYLE,
    FORMAT,
];
pub(super) const ERASE: &[Rule] =
    &[Picture("image", PIXELS_MAX), Mask("mask"), Integer("grow_mask", 0, 20), SEED, FORMAT];
pub(super) const INPAINT: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Prompt("prompt"),
    Mask("mask"),
    Integer("grow_mask", 0, 100),
    NEGATIVE,
    SEED,
    STYLE,
    FORMAT,
];
pub(super) const OUTPAINT: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Integer("left", 0, 2000),
    Integer("right", 0, 2000),
    Integer("up", 0, 2000),
    Integer("down", 0, 2000),
    Text("prompt"),
    Number("creativity", 0.0, 1.0),
    SEED,
    STYLE,
    FORMAT,
];
pub(super) const SEARCH_AND_REPLACE: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Prompt("prompt"),
    Prompt("search_prompt"),
    NEGATIVE,
    Integer("grow_mask", 0, 20),
    SEED,
    STYLE,
    FORMAT,
];
pub(super) const SEARCH_AND_RECOLOR: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Prompt("prompt"),
    Prompt("select_prompt"),
    NEGATIVE,
    Integer("grow_mask", 0, 20),
    SEED,
    STYLE,
    FORMAT,
];
pub(super) const REMOVE_BACKGROUND: &[Rule] =
    &[Picture("image", 4_194_304), Word("output_format", &["png", "webp"])];
pub(super) const RELIGHT: &[Rule] = &[
    Picture("subject_image", PIXELS_MAX),
    Text("background_prompt"),
    Mask("background_reference"),
    Text("foreground_prompt"),
    NEGATIVE,
    Number("preserve_original_subject", 0.0, 1.0),
    Number("original_background_depth", 0.0, 1.0),
    Word("keep_original_background", &["true", "false"]),
    Word("light_source_direction", &["left", "right", "above", "below"]),
    Number("light_source_strength", 0.0, 1.0),
    Mask("light_reference"),
    SEED,
    FORMAT,
];
pub(super) const CONTROL: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Prompt("prompt"),
    Number("control_strength", 0.0, 1.0),
    NEGATIVE,
    SEED,
    STYLE,
    FORMAT,
];
pub(super) const CONTROL_STYLE: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Prompt("prompt"),
    Number("fidelity", 0.0, 1.0),
    ASPECT,
    NEGATIVE,
    SEED,
    FORMAT,
];
pub(super) const STYLE_TRANSFER: &[Rule] = &[
    Picture("init_image", PIXELS_MAX),
    Picture("style_image", PIXELS_MAX),
    Text("prompt"),
    NEGATIVE,
    Number("style_strength", 0.0, 1.0),
    Number("composition_fidelity", 0.0, 1.0),
    Number("change_strength", 0.1, 1.0),
    SEED,
    FORMAT,
];
pub(super) const THREE_D: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    Word("texture_resolution", &["512", "1024", "2048"]),
    Number("foreground_ratio", 0.1, 2.0),
    Text("remesh"),
    Integer("vertex_count", -1, 20_000),
];
/// Retired; the sides are checked apart.
pub(super) const IMAGE_TO_VIDEO: &[Rule] = &[
    Picture("image", PIXELS_MAX),
    SEED,
    Number("cfg_scale", 0.0, 10.0),
    Integer("motion_bucket_id", 1, 255),
];

/// Reads the form of a call and holds it to the rules. Most bodies end at 10 MiB.
pub(super) fn read(call: &Call<'_>, rules: &[Rule]) -> Result<Fields, Refusal> {
    if call.body.len() > 10 << 20 {
        return Err(Refusal::TooLarge);
    }
    let fields = call.form_fields()?;
    check(&fields, rules)?;
    Ok(fields)
}

pub(super) fn check(fields: &Fields, rules: &[Rule]) -> Result<(), Refusal> {
    const LENGTH_MAX: usize = 10_000;
    for rule in rules {
        match rule {
            Prompt(field) => drop(fields.bounded_text(field, LENGTH_MAX)?),
            Text(field) if fields.text(field)?.is_some_and(|text| !text.is_empty()) => {
                fields.bounded_text(field, LENGTH_MAX)?;
            }
            Text(_) => {}
            Number(field, min, max) => drop(fields.number(field, *min..=*max)?),
            Integer(field, min, max) => drop(fields.integer(field, *min..=*max)?),
            Word(field, words) => drop(fields.one_of(field, words)?),
            Picture(field, pixels_max) => drop(measured(fields, field, *pixels_max)?),
            SmallPicture(field) => drop(measured_within(fields, field, 32..=1536, MEGAPIXEL)?),
            Mask(field) if fields.has(field) => drop(measured(fields, field, PIXELS_MAX)?),
            Mask(_) => {}
        }
    }
    Ok(())
}

/// How large a picture is that was brought; at least 64 pixels each way.
pub(super) fn measured(fields: &Fields, field: &str, pixels_max: u32) -> Result<Size, Refusal> {
    measured_within(fields, field, 64..=u16::MAX, pixels_max)
}

fn measured_within(
    fields: &Fields,
    field: &str,
    sides: RangeInclusive<u16>,
    pixels_max: u32,
) -> Result<Size, Refusal> {
    let file = fields.required_file(field)?;
    let (_, size) = PictureFormat::measure(&file.bytes)
        .ok_or_else(|| Refusal::not_allowed(field, "other bytes", "a picture in jpeg, png or webp"))?;
    let pixels = u32::from(size.width) * u32::from(size.height);
    if !sides.contains(&size.width) || !sides.contains(&size.height) || pixels > pixels_max {
        let (min, max) = sides.into_inner();
        let bounds = format!("from {min} to {max} pixels each way, and {pixels_max} pixels at most");
        return Err(Refusal::not_allowed(field, size, bounds));
    }
    Ok(size)
}

/// How large the picture of a call is that was checked before.
pub(super) fn size_of(fields: &Fields, field: &str) -> Option<Size> {
    let files = fields.files(field);
    files.first().and_then(|file| PictureFormat::measure(&file.bytes)).map(|(_, size)| size)
}
