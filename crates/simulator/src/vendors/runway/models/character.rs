//! `/v1/character_performance`.

use super::super::assets::AssetKind;
use super::super::rules::Fits::{Flag, Integer, Media};
use super::super::rules::{may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VARIANTS: &[Variant] = &[variant(
    "act_two",
    &[
        needs("character", Media(&[AssetKind::Image, AssetKind::Video])),
        needs("reference", Media(&[AssetKind::Video])),
        may("ratio", SIX_SIZES),
        may("bodyControl", Flag),
        may("expressionIntensity", Integer(1, 5)),
        MODERATION,
        SEED,
    ],
)];
