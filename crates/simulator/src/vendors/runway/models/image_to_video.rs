//! `/v1/image_to_video`.

use super::super::rules::Fits::{Never, Text, Word};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VARIANTS: &[Variant] = &[
    variant(
        "gen4.5",
        &[
            needs("promptImage", FIRST),
            needs("promptText", Text(1000)),
            needs("ratio", SIX_SIZES),
            needs("duration", SECONDS_2_TO_10),
            GEN4_5_FORMAT,
            PRORES_PROFILE,
            MODERATION,
            SEED,
        ],
    ),
    variant(
        "gen4_turbo",
        &[
            needs("promptImage", FIRST),
            needs("ratio", SIX_SIZES),
            may("promptText", Text(1000)),
            may("duration", SECONDS_2_TO_10),
            MODERATION,
            SEED,
        ],
    ),
    variant("veo3.1", VEO),
    variant("veo3.1_fast", VEO),
    variant(
        "kling2.5_turbo_pro",
        &[
            needs("promptImage", FIRST_LAST),
            needs("promptText", LONG),
            SCALE,
            SECONDS_5_10,
            may("ratio", Never("ratio is not supported on image-to-video")),
        ],
    ),
    variant("kling3.0_standard", &kling3(STANDARD_SIZES)),
    variant("kling3.0_pro", &kling3(PRO_SIZES)),
    variant("kling3.0_4k", &kling3(SIZES_4K)),
    variant("klingO3_standard", &kling_o3(STANDARD_SIZES)),
    variant("klingO3_pro", &kling_o3(PRO_SIZES)),
    variant("klingO3_4k", &kling_o3(SIZES_4K)),
    variant(
        "kling_4",
        &[
            needs("promptImage", FIRST_MIDDLE_LAST),
            may("promptText", LONG),
            may("ratio", AUTO_SIZES),
            pictures("references", 10),
            BARE_REFERENCE_VIDEOS,
            SECONDS,
        ],
    ),
    variant("seedance2", &seedance(SEEDANCE_SIZES, AUTO_SECONDS)),
    variant("seedance2_fast", &seedance(SEEDANCE_SMALL_SIZES, AUTO_SECONDS_4_TO_15)),
    variant("seedance2_mini", &seedance(SEEDANCE_SMALL_SIZES, AUTO_SECONDS_4_TO_15)),
    variant(
        "seedance2_5",
        &[
            needs("promptImage", FRAMES_OR_REFERENCES),
            may("promptText", Text(15_000)),
            may("ratio", SEEDANCE_2_5_SIZES),
            AUTO_SECONDS,
            SOUND,
            DRAFT,
            CONTAINER,
            REFERENCE_AUDIO,
            SEED,
        ],
    ),
    variant(
        "hailuo3",
        &[
            needs("promptImage", FRAMES_OR_REFERENCES),
            needs("promptText", LONG),
            may("ratio", ASPECTS),
            HAILUO_RESOLUTION,
            SECONDS,
            REFERENCE_AUDIO,
        ],
    ),
    variant(
        "h3_max",
        &[
            needs("promptImage", FIRST_LAST),
            needs("promptText", LONG),
            H3_RESOLUTION,
            SECONDS,
            EXPANSION,
            SEED,
        ],
    ),
    variant(
        "happyhorse_1_0",
        &[
            needs("promptImage", FIRST),
            may("promptText", Text(2500)),
            may("resolution", Word(&["720p", "1080p", "720P", "1080P"])),
            SECONDS,
        ],
    ),
    variant("wan3", WAN),
    variant("wan3_prime", WAN),
    variant(
        "grok_imagine_1_5",
        &[needs("promptImage", FIRST), may("promptText", LONG), GROK_RESOLUTION, SECONDS],
    ),
    variant(
        "grok_imagine_1_5_lite",
        &[
            needs("promptImage", FIRST),
            may("promptText", LONG),
            may("ratio", Word(&["auto_480p", "auto_720p", "auto_1080p"])),
            SECONDS,
        ],
    ),
    variant(
        "gemini_omni_flash",
        &[
            needs("promptImage", FIRST),
            may("promptText", LONG),
            may("ratio", LYING_OR_STANDING),
            SECONDS_3_TO_10,
        ],
    ),
    variant(
        "gemini_omni_flash_1.1",
        &[
            needs("promptImage", FIRST_LAST),
            needs("promptText", LONG),
            may("ratio", OMNI_SIZES),
            AUTO_SECONDS_3_TO_10,
        ],
    ),
];

const VEO: &[Rule] = &[
    needs("promptImage", FIRST_LAST),
    needs("ratio", VEO_SIZES),
    may("promptText", Text(1000)),
    SECONDS_4_6_8,
    SOUND,
    NEGATIVE,
    SEED,
];

const WAN: &[Rule] = &[
    needs("promptImage", FRAMES_OR_REFERENCES),
    needs("promptText", LONG),
    may("ratio", WAN_SIZES),
    SECONDS,
    SOUND,
    REFERENCE_AUDIO,
    REFERENCE_VIDEOS,
];

const fn kling3(sizes: Fits) -> [Rule; 7] {
    [
        needs("promptImage", FIRST_LAST),
        may("promptText", LONG),
        may("ratio", sizes),
        SECONDS_3_TO_15,
        SOUND,
        SCALE,
        SHOTS,
    ]
}

const fn kling_o3(sizes: Fits) -> [Rule; 7] {
    [
        needs("promptImage", FIRST_LAST),
        may("promptText", LONG),
        may("ratio", sizes),
        SECONDS_3_TO_15,
        SOUND,
        UP_TO_7_REFERENCES,
        SHOTS,
    ]
}

const fn seedance(sizes: Fits, seconds: Rule) -> [Rule; 7] {
    [
        needs("promptImage", FRAMES_OR_REFERENCES),
        may("promptText", Text(3500)),
        may("ratio", sizes),
        seconds,
        SOUND,
        REFERENCE_AUDIO,
        SEED,
    ]
}
