//! The models of pictures, one row each.

use super::PROMPT_UNITS_MAX;
use super::image::{Counts, ImageModel, Sizes};

pub(super) const MODELS: &[ImageModel] = &[
    ImageModel { images_max: 3, ..gen4("gen4_image") },
    ImageModel { images_max: 3, needs_image: true, ..gen4("gen4_image_turbo") },
    ImageModel {
        qualities: "medium low high auto",
        backgrounds: "auto opaque transparent",
        prompt_units_max: 32_000,
        ..gpt("gpt_image_2")
    },
    ImageModel { backgrounds: "auto opaque", ..gpt("gpt_image_2_5_flare") },
    ImageModel { backgrounds: "auto opaque transparent", ..gpt("gpt_image_2_5_sunburst") },
    ImageModel {
        size: Sizes::Of(
            "1024:1024 1344:768 768:1344 1184:864 864:1184 1536:672 832:1248 1248:832 896:1152 1152:896",
        ),
        images_max: 3,
        has_tags: true,
        ..named("gemini_2.5_flash")
    },
    gemini_3("gemini_image3_pro", GEMINI_3_PRO),
    gemini_3("gemini_image3.1_flash", GEMINI_3_1),
    gemini_3(
        "gemini_image3.1_flash_lite",
        "1024:1024 848:1264 1264:848 896:1200 1200:896 928:1152 1152:928 768:1376 1376:768 1584:672",
    ),
    ImageModel {
        size: Sizes::Of(NANO_BANANA),
        images_max: 14,
        has_tags: true,
        counts: Counts::UpTo(10),
        others: &["thinking_level"],
        ..named("nano_banana_2.1")
    },
    ImageModel {
        prompt_units_max: 4000,
        size: Sizes::Of(
            "1024:1024 1184:896 896:1184 1376:768 768:1376 1296:864 864:1296 2048:2048 2304:1728 1728:2304 \
             2720:1530 1530:2720 2496:1664 1664:2496",
        ),
        others: &["grounding"],
        ..seedream("seedream5_pro")
    },
    ImageModel {
        prompt_units_max: 4000,
        size: Sizes::Pixels(3_686_400, 16_777_216),
        others: &["grounding"],
        ..seedream("seedream5_lite")
    },
    ImageModel {
        size: Sizes::Of(
            "1024:1024 1184:896 896:1184 1376:768 768:1376 1248:832 832:1248 1568:672 2048:2048 2304:1728 \
             1728:2304 2848:1600 1600:2848 2496:1664 1664:2496 3136:1344",
        ),
        ..seedream("seedream5_flash")
    },
    ImageModel {
        size: Sizes::Of(
            "1024:1024 1280:720 720:1280 1152:864 864:1152 1248:832 832:1248 1248:576 576:1248 1280:576 \
             576:1280 1408:704 704:1408 2048:2048 2816:1584 1584:2816 2368:1776 1776:2368 2496:1664 1664:2496 \
             2912:1344 1344:2912 3200:1440 1440:3200 2912:1456 1456:2912",
        ),
        images_max: 3,
        qualities: "medium low",
        counts: Counts::UpTo(10),
        others: &["edit"],
        ..named("grok_imagine_image_2")
    },
    ImageModel {
        size: Sizes::Of(
            "2048:2048 2560:1440 1440:2560 2304:1728 1728:2304 2496:1664 1664:2496 3072:1280 1280:3072",
        ),
        images_max: 1,
        qualities: "medium low high",
        counts: Counts::UpTo(10),
        ..named("ideogram_4_0")
    },
    ImageModel {
        // An edit takes no size, so there is none by default.
        size: Sizes::OfOrNone(
            "1024:1024 1280:720 720:1280 1152:864 864:1152 1248:832 832:1248 1120:896 896:1120 1440:720 \
             720:1440 2048:2048 2560:1440 1440:2560 2304:1728 1728:2304 2496:1664 1664:2496 2240:1792 \
             1792:2240 2880:1440 1440:2880 1024:576 576:1024 1408:704 704:1408",
        ),
        images_max: 5,
        qualities: "medium very_low low high",
        counts: Counts::UpTo(10),
        others: &["mask", "precise_edit"],
        ..named("ideogram_4_5")
    },
    ImageModel {
        size: Sizes::Of(
            "1024:1024 768:1152 1152:768 768:1024 1024:768 768:960 960:768 576:1024 1024:576 2048:2048 \
             1536:2304 2304:1536 1536:2048 2048:1536 1536:1920 1920:1536 1152:2048 2048:1152",
        ),
        images_max: 1,
        formats: "png jpeg",
        others: &["seed"],
        ..named("bria_fibo_1_5")
    },
    ImageModel {
        size: Sizes::OfOrNone(
            "1024:1024 768:1152 1152:768 768:1024 1024:768 768:960 960:768 576:1024 1024:576",
        ),
        images_max: 4,
        formats: "png jpeg",
        others: &["seed"],
        ..named("bria_fibo_edit_1_5")
    },
    ImageModel {
        size: Sizes::Of("1600:1600 2352:1008 2016:1152 1920:1280 1792:1344 1344:1792 1280:1920 1152:2016"),
        images_max: 10,
        counts: Counts::UpTo(10),
        formats: "png webp jpeg",
        ..named("muse_image")
    },
    ImageModel {
        size: Sizes::Of(
            "1024:1024 1536:768 768:1536 1280:832 832:1280 1216:896 896:1216 1152:896 896:1152 832:1344 \
             1280:896 896:1280 1344:768 768:1344",
        ),
        counts: Counts::UpTo(10),
        formats: "webp png",
        others: &["seed", "background_color", "colors"],
        ..named("recraft_v4_1_flash")
    },
    ImageModel {
        size: Sizes::Of("1024:1024 1216:896 896:1216 1344:768 768:1344"),
        only_format: "svg+xml",
        others: &["background_color", "colors"],
        ..named("recraft_v4_1_vector")
    },
];

/// A model of this name of which nothing is known.
const fn named(name: &'static str) -> ImageModel {
    ImageModel {
        name,
        prompt_units_max: PROMPT_UNITS_MAX,
        size: Sizes::Of(""),
        images_max: 0,
        needs_image: false,
        has_tags: false,
        qualities: "",
        counts: Counts::One,
        formats: "",
        only_format: "png",
        backgrounds: "",
        others: &[],
    }
}

const fn gen4(name: &'static str) -> ImageModel {
    ImageModel {
        prompt_units_max: 1000,
        size: Sizes::Of(GEN4),
        has_tags: true,
        others: &["seed", "public_figure_threshold"],
        ..named(name)
    }
}

const fn gpt(name: &'static str) -> ImageModel {
    ImageModel {
        size: Sizes::Of(GPT),
        images_max: 16,
        has_tags: true,
        qualities: "medium low high xhigh max",
        counts: Counts::UpTo(10),
        ..named(name)
    }
}

const fn gemini_3(name: &'static str, sizes: &'static str) -> ImageModel {
    ImageModel {
        size: Sizes::Of(sizes),
        images_max: 14,
        has_tags: true,
        counts: Counts::OneOf(&[1, 4]),
        ..named(name)
    }
}

const fn seedream(name: &'static str) -> ImageModel {
    ImageModel { images_max: 14, counts: Counts::UpTo(10), formats: "png jpeg", ..named(name) }
}

const GEN4: &str = "1280:720 720:1280 1024:1024 1080:1080 1168:880 1360:768 1440:1080 1080:1440 1808:768 \
    1920:1080 1080:1920 2112:912 720:720 960:720 720:960 1680:720";
const GPT: &str = "1920:1920 2048:880 1920:1088 1920:1280 1920:1440 1920:1536 1536:1920 1440:1920 1280:1920 \
    1088:1920 2912:1248 2560:1440 2560:1712 2560:1920 2560:2048 2560:2560 2048:2560 1920:2560 1712:2560 1440:2560 \
    3840:1648 3840:2160 3504:2336 3264:2448 3200:2560 2880:2880 2560:3200 2448:3264 2336:3504 2160:3840";
const GEMINI_3_PRO: &str = "1024:1024 1344:768 768:1344 1184:864 864:1184 1536:672 832:1248 1248:832 896:1152 \
    1152:896 2048:2048 1696:2528 2528:1696 1792:2400 2400:1792 1856:2304 2304:1856 1536:2752 2752:1536 3168:1344 \
    4096:4096 3392:5056 5056:3392 3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 5504:3072 6336:2688";
const GEMINI_3_1: &str = "1024:1024 512:512 416:624 624:416 432:592 592:432 448:576 576:448 384:672 672:384 \
    768:336 256:1024 1024:256 176:1408 1408:176 832:1248 1248:832 864:1184 1184:864 896:1152 1152:896 768:1344 \
    1344:768 1536:672 512:2048 2048:512 352:2816 2816:352 2048:2048 1696:2528 2528:1696 1792:2400 2400:1792 \
    1856:2304 2304:1856 1536:2752 2752:1536 3168:1344 1024:4096 4096:1024 704:5632 5632:704 4096:4096 3392:5056 \
    5056:3392 3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 5504:3072 6336:2688 2048:8192 8192:2048 \
    1408:11264 11264:1408";
const NANO_BANANA: &str = "1024:1024 848:1264 1264:848 896:1200 1200:896 928:1152 1152:928 768:1376 1376:768 \
    1584:672 512:2064 2064:512 352:2928 2928:352 2048:2048 1696:2528 2528:1696 1792:2400 2400:1792 1856:2304 \
    2304:1856 1536:2752 2752:1536 3168:1344 1024:4128 4128:1024 704:5856 5856:704 4096:4096 3392:5056 5056:3392 \
    3584:4800 4800:3584 3712:4608 4608:3712 3072:5504 5504:3072 6336:2688 2048:8256 8256:2048 1408:11712 11712:1408";
