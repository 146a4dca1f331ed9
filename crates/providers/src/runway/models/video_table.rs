//! The models of videos, one row each.

use super::PROMPT_UNITS_MAX;
use super::frame::Frame;
use super::grid;
use super::video::{Seconds, Takes, VideoModel};

pub(super) const MODELS: &[VideoModel] = &[
    VideoModel {
        prompt_units_max: 1000,
        seconds: Seconds::Range(2, 10),
        frame: Frame::Size(SIX_SIZES),
        formats: "mp4 prores",
        words: takes(&["prompt"], GEN4_5),
        image: takes(&["prompt"], GEN4_5),
        ..named("gen4.5")
    },
    VideoModel {
        prompt_units_max: 1000,
        seconds: Seconds::Range(2, 10),
        frame: Frame::Size(SIX_SIZES),
        image: takes(&[], &["prompt", "seconds", "size", "seed", "public_figure_threshold"]),
        ..named("gen4_turbo")
    },
    VideoModel {
        seconds: Seconds::Range(1, 60),
        frame: Frame::Target("16:9 4:3 3:2 1:1 2:3 3:4 9:16 21:9"),
        formats: "mp4 prores",
        has_video_uri: true,
        video: takes(
            &[],
            &["prompt", "aspect_ratio", "seed", "output_format", "prores_profile", "public_figure_threshold"],
        ),
        ..named("aleph2")
    },
    VideoModel {
        seconds: Seconds::Range(3, 30),
        frame: Frame::Size(SIX_SIZES),
        performance: takes(
            &[],
            &["size", "seed", "body_control", "expression_intensity", "public_figure_threshold"],
        ),
        ..named("act_two")
    },
    veo("veo3.1"),
    veo("veo3.1_fast"),
    VideoModel {
        seconds: Seconds::OneOf(&[5, 10]),
        frame: Frame::SizeOrAsGiven("1280:720 720:1280 720:720 1920:1080 1080:1920 1440:1440"),
        words: takes(&["prompt"], &["seconds", "size", "cfg_scale"]),
        image: takes(&["prompt"], &["last_image", "seconds", "cfg_scale"]),
        ..named("kling2.5_turbo_pro")
    },
    kling_3("kling3.0_standard", KLING_STANDARD),
    kling_3("kling3.0_pro", KLING_PRO),
    kling_3("kling3.0_4k", KLING_4K),
    kling_o3("klingO3_standard", KLING_STANDARD),
    kling_o3("klingO3_pro", KLING_PRO),
    kling_o3("klingO3_4k", KLING_4K),
    VideoModel {
        frame: Frame::Grid(grid::KLING_4),
        references_max: 10,
        has_video_uri: true,
        words: takes(&["prompt"], &["references", "seconds", "aspect_ratio", "resolution"]),
        image: takes(&[], &["prompt", "last_image", "references", "seconds", "resolution"]),
        video: takes(&["prompt"], &["references", "resolution"]),
        ..named("kling_4")
    },
    VideoModel { seconds: Seconds::Range(1, 60), ..seedance("seedance2", SEEDANCE_2) },
    seedance("seedance2_fast", SEEDANCE_SMALL),
    seedance("seedance2_mini", SEEDANCE_SMALL),
    VideoModel {
        frame: Frame::Size(SEEDANCE_2_5),
        references_max: 30,
        formats: "mp4 mov",
        words: takes(&["prompt"], &["references", "seconds", "size", "audio", "seed", "output_format"]),
        image: takes(&[], &["prompt", "last_image", "seconds", "size", "audio", "seed", "output_format"]),
        video: takes(&[], &["prompt", "references", "seconds", "size", "audio", "seed", "output_format"]),
        ..named("seedance2_5")
    },
    VideoModel {
        frame: Frame::AspectAndResolution("adaptive 21:9 16:9 4:3 1:1 3:4 9:16", "768p 2k"),
        references_max: 9,
        words: takes(&["prompt"], &["references", "seconds", "aspect_ratio", "resolution"]),
        image: takes(&["prompt"], &["last_image", "seconds", "aspect_ratio", "resolution"]),
        video: takes(&["prompt"], &["references", "seconds", "aspect_ratio", "resolution"]),
        ..named("hailuo3")
    },
    VideoModel {
        frame: Frame::Resolution("768p 480p"),
        words: takes(&["prompt"], &["seconds", "resolution", "seed", "prompt_expansion_mode"]),
        image: takes(&["prompt"], &["last_image", "seconds", "resolution", "seed", "prompt_expansion_mode"]),
        ..named("h3_max")
    },
    VideoModel {
        prompt_units_max: 2500,
        frame: Frame::Grid(grid::HAPPY_HORSE),
        words: takes(&["prompt"], &["seconds", "aspect_ratio", "resolution"]),
        image: takes(&[], &["prompt", "seconds", "resolution"]),
        ..named("happyhorse_1_0")
    },
    wan("wan3"),
    wan("wan3_prime"),
    VideoModel {
        frame: Frame::AspectAndResolution("16:9 9:16 1:1 4:3 3:4 3:2 2:3", "720p 480p 1080p"),
        references_max: 10,
        words: takes(&["prompt"], &["references", "seconds", "aspect_ratio", "resolution"]),
        image: takes(&[], &["prompt", "seconds", "resolution"]),
        ..named("grok_imagine_1_5")
    },
    VideoModel {
        frame: Frame::Grid(grid::GROK_LITE),
        words: takes(&["prompt"], &["seconds", "aspect_ratio", "resolution"]),
        image: takes(&[], &["prompt", "seconds", "resolution"]),
        ..named("grok_imagine_1_5_lite")
    },
    VideoModel {
        seconds: Seconds::Range(3, 10),
        frame: Frame::SizeOrAsGiven("1280:720 720:1280"),
        references_max: 10,
        has_video_uri: true,
        words: takes(&["prompt"], &["seconds", "size"]),
        image: takes(&[], &["prompt", "seconds", "size"]),
        video: takes(&["prompt"], &["references"]),
        ..named("gemini_omni_flash")
    },
    VideoModel {
        seconds: Seconds::Range(3, 10),
        frame: Frame::Size("1280:720 720:1280 640:360 360:640 1920:1080 1080:1920 3840:2160 2160:3840"),
        references_max: 10,
        has_video_uri: true,
        words: takes(&["prompt"], &["references", "seconds", "size"]),
        image: takes(&["prompt"], &["last_image", "seconds", "size"]),
        video: takes(&["prompt"], &["references", "seconds", "size", "mode"]),
        ..named("gemini_omni_flash_1.1")
    },
];

/// A model of this name of which nothing is known. Where the vendor names no bounds for the seconds, up to a minute
/// may be asked for.
const fn named(name: &'static str) -> VideoModel {
    VideoModel {
        name,
        prompt_units_max: PROMPT_UNITS_MAX,
        seconds: Seconds::Range(1, 60),
        frame: Frame::Size(""),
        references_max: 0,
        formats: "mp4",
        has_video_uri: false,
        words: None,
        image: None,
        video: None,
        performance: None,
    }
}

const fn takes(needs: &'static [&'static str], may: &'static [&'static str]) -> Option<Takes> {
    Some(Takes { needs, may })
}

const fn veo(name: &'static str) -> VideoModel {
    VideoModel {
        prompt_units_max: 1000,
        seconds: Seconds::OneOf(&[4, 6, 8]),
        frame: Frame::Size("1280:720 720:1280 1920:1080 1080:1920"),
        words: takes(&["prompt"], &["seconds", "size", "audio", "seed", "negative_prompt"]),
        image: takes(&[], &["prompt", "last_image", "seconds", "size", "audio", "seed", "negative_prompt"]),
        ..named(name)
    }
}

const fn kling_3(name: &'static str, sizes: &'static str) -> VideoModel {
    VideoModel {
        seconds: Seconds::Range(3, 15),
        frame: Frame::SizeOrAsGiven(sizes),
        words: takes(&["prompt"], &["seconds", "size", "audio", "cfg_scale"]),
        image: takes(&[], &["prompt", "last_image", "seconds", "size", "audio", "cfg_scale"]),
        ..named(name)
    }
}

const fn kling_o3(name: &'static str, sizes: &'static str) -> VideoModel {
    VideoModel {
        seconds: Seconds::Range(3, 15),
        frame: Frame::SizeOrAsGiven(sizes),
        references_max: 7,
        words: takes(&["prompt"], &["seconds", "size", "audio"]),
        image: takes(&[], &["prompt", "last_image", "references", "seconds", "size", "audio"]),
        video: takes(&["prompt"], &["references", "keep_original_sound"]),
        ..named(name)
    }
}

const fn seedance(name: &'static str, sizes: &'static str) -> VideoModel {
    VideoModel {
        prompt_units_max: 3500,
        seconds: Seconds::Range(4, 15),
        frame: Frame::Size(sizes),
        references_max: 9,
        words: takes(&["prompt"], &["references", "seconds", "size", "audio", "seed"]),
        image: takes(&[], &["prompt", "last_image", "seconds", "size", "audio", "seed"]),
        video: takes(&[], &["prompt", "references", "seconds", "size", "audio", "seed"]),
        ..named(name)
    }
}

const fn wan(name: &'static str) -> VideoModel {
    VideoModel {
        frame: Frame::Grid(grid::WAN_3),
        references_max: 10,
        words: takes(&["prompt"], &["references", "seconds", "aspect_ratio", "resolution", "audio"]),
        // Beside pictures in their places the vendor takes no aspect.
        image: takes(&["prompt"], &["last_image", "seconds", "resolution", "audio"]),
        ..named(name)
    }
}

const GEN4_5: &[&str] =
    &["seconds", "size", "seed", "output_format", "prores_profile", "public_figure_threshold"];
const SIX_SIZES: &str = "1280:720 720:1280 1104:832 960:960 832:1104 1584:672";
const KLING_STANDARD: &str = "1280:720 720:1280 960:960";
const KLING_PRO: &str = "1920:1080 1080:1920 1440:1440";
const KLING_4K: &str = "3840:2160 2160:3840 2880:2880";
const SEEDANCE_SMALL: &str = "1280:720 720:1280 1470:630 1112:834 960:960 834:1112 992:432 864:496 752:560 \
    640:640 560:752 496:864";
const SEEDANCE_2: &str = "1280:720 720:1280 1470:630 1112:834 960:960 834:1112 992:432 864:496 752:560 640:640 \
    560:752 496:864 2206:946 1920:1080 1664:1248 1440:1440 1248:1664 1080:1920 3840:1646 3840:2160 3840:2880 \
    3840:3840 2880:3840 2160:3840";
const SEEDANCE_2_5: &str = "1280:720 720:1280 1470:630 1112:834 960:960 834:1112 992:432 854:480 752:560 640:640 \
    560:752 480:854 2206:946 1920:1080 1664:1248 1440:1440 1248:1664 1080:1920";
