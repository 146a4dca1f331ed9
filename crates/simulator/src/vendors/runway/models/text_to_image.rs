//! `/v1/text_to_image`.

use super::super::rules::Fits::{Color, Flag, Integer, List, Object, OneOf, Pixels, Sizes, Tag, Text, Word};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const VARIANTS: &[Variant] = &[
    variant(
        "gen4_image",
        &[
            needs("promptText", Text(1000)),
            needs("ratio", GEN4_SIZES),
            may("referenceImages", List(0, 3, &TAGGED)),
            MODERATION,
            SEED,
        ],
    ),
    variant(
        "gen4_image_turbo",
        &[
            needs("promptText", Text(1000)),
            needs("ratio", GEN4_SIZES),
            needs("referenceImages", List(1, 3, &TAGGED)),
            MODERATION,
            SEED,
        ],
    ),
    variant(
        "gpt_image_2",
        &[
            needs("promptText", Text(32_000)),
            needs("ratio", GPT_SIZES),
            may("quality", Word(&["low", "medium", "high", "auto"])),
            may("background", Word(&["transparent", "opaque", "auto"])),
            may("outputCount", Integer(1, 10)),
            may("referenceImages", List(0, 16, &TAGGED)),
        ],
    ),
    variant("gpt_image_2_5_flare", &gpt_2_5(Word(&["opaque", "auto"]))),
    variant("gpt_image_2_5_sunburst", &gpt_2_5(Word(&["transparent", "opaque", "auto"]))),
    variant(
        "gemini_2.5_flash",
        &[
            needs("promptText", LONG),
            needs("ratio", GEMINI_2_5_SIZES),
            may("referenceImages", List(0, 3, &TAGGED)),
        ],
    ),
    variant("gemini_image3_pro", &gemini_3(GEMINI_3_PRO_SIZES)),
    variant("gemini_image3.1_flash", &gemini_3(GEMINI_3_1_SIZES)),
    variant("gemini_image3.1_flash_lite", &gemini_3(GEMINI_3_1_LITE_SIZES)),
    variant(
        "nano_banana_2.1",
        &[
            needs("promptText", LONG),
            needs("ratio", NANO_BANANA_SIZES),
            may("outputCount", COUNT),
            may("thinkingLevel", Word(&["minimal", "medium", "high"])),
            may("referenceImages", List(0, 14, &TAGGED)),
        ],
    ),
    variant(
        "seedream5_pro",
        &[
            needs("promptText", Text(4000)),
            needs("ratio", SEEDREAM_PRO_SIZES),
            may("outputCount", COUNT),
            may("grounding", Flag),
            PICTURE_FORMAT,
            pictures("referenceImages", 14),
        ],
    ),
    variant(
        "seedream5_lite",
        &[
            needs("promptText", Text(4000)),
            needs("ratio", Pixels(3_686_400, 16_777_216)),
            may("outputCount", COUNT),
            may("grounding", Flag),
            PICTURE_FORMAT,
            pictures("referenceImages", 14),
        ],
    ),
    variant(
        "seedream5_flash",
        &[
            needs("promptText", LONG),
            needs("ratio", SEEDREAM_FLASH_SIZES),
            may("outputCount", COUNT),
            PICTURE_FORMAT,
            pictures("referenceImages", 14),
        ],
    ),
    variant(
        "grok_imagine_image_2",
        &[
            needs("promptText", LONG),
            needs("ratio", GROK_SIZES),
            may("quality", Word(&["low", "medium"])),
            may("outputCount", COUNT),
            may("edit", Flag),
            pictures("referenceImages", 3),
        ],
    ),
    variant(
        "ideogram_4_0",
        &[
            needs("promptText", LONG),
            may("ratio", IDEOGRAM_4_0_SIZES),
            may("quality", Word(&["low", "medium", "high"])),
            may("outputCount", COUNT),
            pictures("referenceImages", 1),
        ],
    ),
    variant(
        "ideogram_4_5",
        &[
            needs("promptText", LONG),
            may("ratio", IDEOGRAM_4_5_SIZES),
            may("quality", Word(&["very_low", "low", "medium", "high"])),
            may("outputCount", COUNT),
            may("maskUri", IMAGE),
            may("preciseEdit", Flag),
            pictures("referenceImages", 5),
        ],
    ),
    variant(
        "bria_fibo_1_5",
        &[
            needs("promptText", LONG),
            needs("ratio", BRIA_SIZES),
            PICTURE_FORMAT,
            pictures("referenceImages", 1),
            SEED,
        ],
    ),
    variant(
        "bria_fibo_edit_1_5",
        &[
            needs("promptText", LONG),
            may("ratio", BRIA_EDIT_SIZES),
            PICTURE_FORMAT,
            pictures("referenceImages", 4),
            SEED,
        ],
    ),
    variant(
        "muse_image",
        &[
            needs("promptText", LONG),
            needs("ratio", MUSE_SIZES),
            may("outputCount", COUNT),
            may("outputFormat", Word(&["webp", "png", "jpeg"])),
            pictures("referenceImages", 10),
        ],
    ),
    variant(
        "recraft_v4_1_flash",
        &[
            needs("promptText", LONG),
            needs("ratio", RECRAFT_SIZES),
            may("outputCount", COUNT),
            may("outputFormat", Word(&["webp", "png"])),
            may("backgroundColor", Color),
            may("colors", List(0, 10, &Color)),
            SEED,
        ],
    ),
    variant(
        "recraft_v4_1_vector",
        &[
            needs("promptText", LONG),
            may("ratio", VECTOR_SIZES),
            may("backgroundColor", Color),
            may("colors", List(0, 10, &Color)),
        ],
    ),
];

/// How many pictures, where no bound is documented.
const COUNT: Fits = Integer(1, 10);

const TAGGED: Fits =
    Object(&[needs("uri", IMAGE), may("tag", Tag), may("subject", Word(&["object", "human"]))]);

const fn gpt_2_5(backgrounds: Fits) -> [Rule; 6] {
    [
        needs("promptText", LONG),
        needs("ratio", GPT_SIZES),
        may("quality", Word(&["low", "medium", "high", "xhigh", "max"])),
        may("background", backgrounds),
        may("outputCount", Integer(1, 10)),
        may("referenceImages", List(0, 16, &TAGGED)),
    ]
}

const fn gemini_3(sizes: Fits) -> [Rule; 4] {
    [
        needs("promptText", LONG),
        needs("ratio", sizes),
        may("outputCount", OneOf(&[1, 4])),
        may("referenceImages", List(0, 14, &TAGGED)),
    ]
}

const GEN4_SIZES: Fits = Sizes(
    "1024:1024 1080:1080 1168:880 1360:768 1440:1080 1080:1440 1808:768 1920:1080 1080:1920 2112:912 \
     1280:720 720:1280 720:720 960:720 720:960 1680:720",
);
const GPT_SIZES: Fits = Sizes(
    "2048:880 1920:1088 1920:1280 1920:1440 1920:1536 1920:1920 1536:1920 1440:1920 1280:1920 1088:1920 \
     2912:1248 2560:1440 2560:1712 2560:1920 2560:2048 2560:2560 2048:2560 1920:2560 1712:2560 \
     1440:2560 3840:1648 3840:2160 3504:2336 3264:2448 3200:2560 2880:2880 2560:3200 2448:3264 \
     2336:3504 2160:3840 auto",
);
const GEMINI_2_5_SIZES: Fits =
    Sizes("1344:768 768:1344 1024:1024 1184:864 864:1184 1536:672 832:1248 1248:832 896:1152 1152:896");
const GEMINI_3_PRO_SIZES: Fits = Sizes(
    "1344:768 768:1344 1024:1024 1184:864 864:1184 1536:672 832:1248 1248:832 896:1152 1152:896 \
     2048:2048 1696:2528 2528:1696 1792:2400 2400:1792 1856:2304 2304:1856 1536:2752 2752:1536 \
     3168:1344 4096:4096 3392:5056 5056:3392 3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 \
     5504:3072 6336:2688",
);
const GEMINI_3_1_SIZES: Fits = Sizes(
    "512:512 416:624 624:416 432:592 592:432 448:576 576:448 384:672 672:384 768:336 256:1024 1024:256 \
     176:1408 1408:176 1024:1024 832:1248 1248:832 864:1184 1184:864 896:1152 1152:896 768:1344 \
     1344:768 1536:672 512:2048 2048:512 352:2816 2816:352 2048:2048 1696:2528 2528:1696 1792:2400 \
     2400:1792 1856:2304 2304:1856 1536:2752 2752:1536 3168:1344 1024:4096 4096:1024 704:5632 5632:704 \
     4096:4096 3392:5056 5056:3392 3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 5504:3072 \
     6336:2688 2048:8192 8192:2048 1408:11264 11264:1408",
);
const GEMINI_3_1_LITE_SIZES: Fits =
    Sizes("1024:1024 848:1264 1264:848 896:1200 1200:896 928:1152 1152:928 768:1376 1376:768 1584:672");
const NANO_BANANA_SIZES: Fits = Sizes(
    "1024:1024 848:1264 1264:848 896:1200 1200:896 928:1152 1152:928 768:1376 1376:768 1584:672 \
     512:2064 2064:512 352:2928 2928:352 2048:2048 1696:2528 2528:1696 1792:2400 2400:1792 1856:2304 \
     2304:1856 1536:2752 2752:1536 3168:1344 1024:4128 4128:1024 704:5856 5856:704 4096:4096 3392:5056 \
     5056:3392 3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 5504:3072 6336:2688 2048:8256 \
     8256:2048 1408:11712 11712:1408",
);
const SEEDREAM_PRO_SIZES: Fits = Sizes(
    "1024:1024 1184:896 896:1184 1376:768 768:1376 1296:864 864:1296 2048:2048 2304:1728 1728:2304 \
     2720:1530 1530:2720 2496:1664 1664:2496 auto_1k auto_2k",
);
const SEEDREAM_FLASH_SIZES: Fits = Sizes(
    "1024:1024 1184:896 896:1184 1376:768 768:1376 1248:832 832:1248 1568:672 2048:2048 2304:1728 \
     1728:2304 2848:1600 1600:2848 2496:1664 1664:2496 3136:1344 auto_1k auto_2k",
);
const GROK_SIZES: Fits = Sizes(
    "1024:1024 1280:720 720:1280 1152:864 864:1152 1248:832 832:1248 1248:576 576:1248 1280:576 \
     576:1280 1408:704 704:1408 2048:2048 2816:1584 1584:2816 2368:1776 1776:2368 2496:1664 1664:2496 \
     2912:1344 1344:2912 3200:1440 1440:3200 2912:1456 1456:2912 auto_1k auto_2k",
);
const IDEOGRAM_4_0_SIZES: Fits =
    Sizes("2048:2048 2560:1440 1440:2560 2304:1728 1728:2304 2496:1664 1664:2496 3072:1280 1280:3072");
const IDEOGRAM_4_5_SIZES: Fits = Sizes(
    "1024:1024 1280:720 720:1280 1152:864 864:1152 1248:832 832:1248 1120:896 896:1120 1440:720 \
     720:1440 2048:2048 2560:1440 1440:2560 2304:1728 1728:2304 2496:1664 1664:2496 2240:1792 1792:2240 \
     2880:1440 1440:2880 1024:576 576:1024 1408:704 704:1408 auto",
);
const BRIA_SIZES: Fits = Sizes(
    "1024:1024 768:1152 1152:768 768:1024 1024:768 768:960 960:768 576:1024 1024:576 2048:2048 \
     1536:2304 2304:1536 1536:2048 2048:1536 1536:1920 1920:1536 1152:2048 2048:1152",
);
const BRIA_EDIT_SIZES: Fits =
    Sizes("1024:1024 768:1152 1152:768 768:1024 1024:768 768:960 960:768 576:1024 1024:576 auto");
const MUSE_SIZES: Fits =
    Sizes("2352:1008 2016:1152 1920:1280 1792:1344 1600:1600 1344:1792 1280:1920 1152:2016 auto");
const RECRAFT_SIZES: Fits = Sizes(
    "1024:1024 1536:768 768:1536 1280:832 832:1280 1216:896 896:1216 1152:896 896:1152 832:1344 \
     1280:896 896:1280 1344:768 768:1344",
);
const VECTOR_SIZES: Fits = Sizes("1024:1024 1216:896 896:1216 1344:768 768:1344");
