//! `/v1/text_to_video`.

use super::super::rules::Fits::{Sizes, Text};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VARIANTS: &[Variant] = &[
    variant(
        "gen4.5",
        &[
            needs("promptText", Text(1000)),
            needs("ratio", LYING_OR_STANDING),
            needs("duration", SECONDS_2_TO_10),
            GEN4_5_FORMAT,
            PRORES_PROFILE,
            MODERATION,
            SEED,
        ],
    ),
    variant("veo3.1", VEO),
    variant("veo3.1_fast", VEO),
    variant(
        "kling2.5_turbo_pro",
        &[
            needs("promptText", LONG),
            may("ratio", Sizes("1920:1080 1440:1440 1080:1920 1280:720 720:720 720:1280")),
            SCALE,
            SECONDS_5_10,
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
            needs("promptText", LONG),
            may(
                "ratio",
                Sizes(
                    "1280:720 720:1280 940:940 1460:624 1920:1080 1080:1920 1440:1440 2200:940 auto_720p \
                     auto_1080p",
                ),
            ),
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
            may("promptText", Text(15_000)),
            may("ratio", SEEDANCE_2_5_SIZES),
            may("draftTaskId", LONG),
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
            needs("promptText", LONG),
            may("ratio", ASPECTS),
            HAILUO_RESOLUTION,
            SECONDS,
            pictures("references", 9),
            REFERENCE_AUDIO,
            REFERENCE_VIDEOS,
        ],
    ),
    variant("h3_max", &[needs("promptText", LONG), H3_RESOLUTION, SECONDS, EXPANSION, SEED]),
    variant(
        "happyhorse_1_0",
        &[
            needs("promptText", Text(2500)),
            may(
                "ratio",
                Sizes(
                    "1280:720 720:1280 960:960 1108:832 832:1108 1920:1080 1080:1920 1440:1440 \
                     1662:1248 1248:1662",
                ),
            ),
            SECONDS,
        ],
    ),
    variant("wan3", WAN),
    variant("wan3_prime", WAN),
    variant(
        "grok_imagine_1_5",
        &[
            needs("promptText", LONG),
            may("ratio", Sizes("1:1 16:9 9:16 4:3 3:4 3:2 2:3")),
            GROK_RESOLUTION,
            SECONDS,
            pictures("references", 10),
            REFERENCE_AUDIO,
        ],
    ),
    variant(
        "grok_imagine_1_5_lite",
        &[
            needs("promptText", LONG),
            may(
                "ratio",
                Sizes(
                    "848:480 480:848 480:480 640:480 480:640 720:480 480:720 1280:720 720:1280 720:720 960:720 \
     720:960 1088:720 720:1088 1904:1072 1072:1904 1424:1424 1648:1232 1232:1648 1744:1152 1152:1744",
                ),
            ),
            SECONDS,
        ],
    ),
    variant(
        "gemini_omni_flash",
        &[needs("promptText", LONG), may("ratio", LYING_OR_STANDING), SECONDS_3_TO_10],
    ),
    variant(
        "gemini_omni_flash_1.1",
        &[
            needs("promptText", LONG),
            may("ratio", OMNI_SIZES),
            AUTO_SECONDS_3_TO_10,
            pictures("references", 10),
            BARE_REFERENCE_VIDEOS,
        ],
    ),
];

const VEO: &[Rule] =
    &[needs("promptText", Text(1000)), needs("ratio", VEO_SIZES), SECONDS_4_6_8, SOUND, NEGATIVE, SEED];

const WAN: &[Rule] = &[
    needs("promptText", LONG),
    may("ratio", WAN_SIZES),
    SECONDS,
    SOUND,
    pictures("references", 10),
    REFERENCE_AUDIO,
    REFERENCE_VIDEOS,
];

const fn kling3(sizes: Fits) -> [Rule; 6] {
    [needs("ratio", sizes), may("promptText", LONG), SECONDS_3_TO_15, SOUND, SCALE, SHOTS]
}

const fn kling_o3(sizes: Fits) -> [Rule; 5] {
    [needs("ratio", sizes), may("promptText", LONG), SECONDS_3_TO_15, SOUND, SHOTS]
}

const fn seedance(sizes: Fits, seconds: Rule) -> [Rule; 8] {
    [
        needs("promptText", Text(3500)),
        may("ratio", sizes),
        seconds,
        SOUND,
        pictures("references", 9),
        REFERENCE_AUDIO,
        REFERENCE_VIDEOS,
        SEED,
    ]
}
