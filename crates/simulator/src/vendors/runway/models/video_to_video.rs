//! `/v1/video_to_video`.

use super::super::rules::Fits::{Integer, List, Number, Object, Sizes, Text, Word};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VARIANTS: &[Variant] = &[
    variant(
        "aleph2",
        &[
            needs("videoUri", VIDEO),
            may("promptText", LONG),
            may("keyframes", List(0, 5, &KEYFRAME)),
            may("targetAspectRatio", Sizes("16:9 4:3 3:2 1:1 2:3 3:4 9:16 21:9")),
            may("outputFormat", Word(&["mp4", "prores", "png_sequence", "sdr_rec709_10bit"])),
            PRORES_PROFILE,
            MODERATION,
            SEED,
        ],
    ),
    variant("klingO3_standard", KLING_O3),
    variant("klingO3_pro", KLING_O3),
    variant("klingO3_4k", KLING_O3),
    variant(
        "kling_4",
        &[
            needs("videoUri", VIDEO),
            needs("promptText", LONG),
            may("ratio", AUTO_SIZES),
            pictures("references", 10),
        ],
    ),
    variant("seedance2", &seedance(SEEDANCE_SIZES, AUTO_SECONDS)),
    variant("seedance2_fast", &seedance(SEEDANCE_SMALL_SIZES, AUTO_SECONDS_4_TO_15)),
    variant("seedance2_mini", &seedance(SEEDANCE_SMALL_SIZES, AUTO_SECONDS_4_TO_15)),
    variant(
        "seedance2_5",
        &[
            needs("promptVideo", VIDEO),
            may("promptText", Text(15_000)),
            may("mode", MODES),
            may("ratio", SEEDANCE_2_5_SIZES),
            AUTO_SECONDS,
            SOUND,
            DRAFT,
            CONTAINER,
            pictures("references", 30),
            REFERENCE_AUDIO,
            REFERENCE_VIDEOS,
            SEED,
        ],
    ),
    variant(
        "hailuo3",
        &[
            needs("promptVideo", VIDEO),
            needs("promptText", LONG),
            may("ratio", ASPECTS),
            HAILUO_RESOLUTION,
            SECONDS,
            pictures("references", 9),
            REFERENCE_AUDIO,
            REFERENCE_VIDEOS,
        ],
    ),
    variant(
        "gemini_omni_flash",
        &[needs("videoUri", VIDEO), needs("promptText", LONG), pictures("references", 10)],
    ),
    variant(
        "gemini_omni_flash_1.1",
        &[
            needs("videoUri", VIDEO),
            needs("promptText", LONG),
            may("mode", MODES),
            may("ratio", OMNI_SIZES),
            AUTO_SECONDS,
            pictures("references", 10),
        ],
    ),
];

const MODES: Fits = Word(&["reference", "extend", "edit"]);

/// A picture at a time of the video, in seconds or as a part of it.
const KEYFRAME: Fits = Object(&[
    needs("uri", IMAGE),
    may("seconds", Number(0.0, f64::MAX)),
    may("at", Number(0.0, 1.0)),
    may(
        "range",
        Object(&[needs("start_seconds", Integer(0, i64::MAX)), needs("end_seconds", Integer(0, i64::MAX))]),
    ),
]);

const KLING_O3: &[Rule] =
    &[needs("promptVideo", VIDEO), needs("promptText", LONG), UP_TO_4_REFERENCES, SHOTS];

const fn seedance(sizes: Fits, seconds: Rule) -> [Rule; 9] {
    [
        needs("promptVideo", VIDEO),
        may("promptText", Text(3500)),
        may("ratio", sizes),
        seconds,
        SOUND,
        pictures("references", 9),
        REFERENCE_AUDIO,
        REFERENCE_VIDEOS,
        SEED,
    ]
}
