//! Parameters that many models have, as the vendor's page says them for all.

use fourfold_domain::{Parameter, ParameterKind};

use crate::parameters::{choice, number, text, whole};

pub(super) const TEXT_CHARS_MAX: usize = 10_000;
pub(super) const FORMAT: &str = "the format of the picture";

pub(super) fn prompt() -> Parameter {
    text("prompt", TEXT_CHARS_MAX, "what to draw, in English")
}

pub(super) fn negative_prompt() -> Parameter {
    text("negative_prompt", TEXT_CHARS_MAX, "what to leave out")
}

pub(super) fn aspect_ratio() -> Parameter {
    let ratios = ["21:9", "16:9", "3:2", "5:4", "1:1", "4:5", "2:3", "9:16", "9:21"];
    choice("aspect_ratio", &ratios, "width to height; square where it is left out")
}

pub(super) fn style_preset() -> Parameter {
    let styles = [
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
    choice("style_preset", &styles, "what it looks like")
}

pub(super) fn strength() -> Parameter {
    number("strength", 0.0, 1.0, "how little is kept of the picture that it begins with")
}

/// The vendor takes jpeg, png and webp of at least 64 pixels each way and at most 9 437 184 in all.
pub(super) fn image(about: &str) -> Parameter {
    Parameter::new("image", ParameterKind::MediaList { max: 1 }, about)
}

pub(super) fn mask() -> Parameter {
    let about =
        "a picture that is white where the first may change; left out, it may where it is transparent";
    Parameter::new("mask", ParameterKind::Media, about)
}

pub(super) fn grow_mask(pixels_max: i64, usual: u32) -> Parameter {
    let about = format!("by how many pixels what changes grows, softly; {usual} where it is left out");
    whole("grow_mask", 0, pixels_max, &about)
}

pub(super) fn seed() -> Parameter {
    whole("seed", 0, 4_294_967_294, "the same seed draws the same picture; 0 is chance")
}

pub(super) fn format() -> Parameter {
    choice("format", &["png", "jpeg", "webp"], FORMAT).default("png")
}

/// The vendor draws one picture a call.
pub(super) fn n() -> Parameter {
    whole("n", 1, 1, "how many pictures").default(1)
}
