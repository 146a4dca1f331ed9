//! What each route's models take, as the official SDK 5.24.0 declares it. Where it names no bounds for a number
//! of seconds, up to a minute is taken.

pub(super) mod character;
pub(super) mod enhance;
mod fields;
pub(super) mod image_to_video;
pub(super) mod sound;
pub(super) mod speech;
pub(super) mod text_to_image;
pub(super) mod text_to_video;
pub(super) mod video_to_video;

use super::rules::Rule;

/// A model on a route, and the fields that it takes there besides `model`.
pub(super) struct Variant {
    pub(super) model: &'static str,
    pub(super) rules: &'static [Rule],
}

const fn variant(model: &'static str, rules: &'static [Rule]) -> Variant {
    Variant { model, rules }
}

/// The tables of all routes.
#[cfg(test)]
pub(super) const ALL: &[&[Variant]] = &[
    image_to_video::VARIANTS,
    text_to_video::VARIANTS,
    video_to_video::VARIANTS,
    text_to_image::VARIANTS,
    character::VARIANTS,
    speech::TEXT_TO_SPEECH,
    speech::SPEECH_TO_SPEECH,
    speech::ISOLATION,
    speech::DUBBING,
    sound::EFFECTS,
    sound::OF_VIDEOS,
    enhance::VIDEOS,
    enhance::IMAGES,
    enhance::HDR,
];
