//! Fields that many models take alike.

use super::super::assets::AssetKind;
use super::super::rules::Fits::{
    Asset, Flag, Frames, Integer, List, Media, Number, Object, OneOf, Sizes, StringOr, Text, Word,
};
use super::super::rules::{Fits, Rule, may, needs};

/// A prompt without a documented end.
pub(super) const LONG: Fits = Text(usize::MAX);
pub(super) const IMAGE: Fits = Asset(AssetKind::Image);
pub(super) const VIDEO: Fits = Asset(AssetKind::Video);
pub(super) const AUDIO: Fits = Asset(AssetKind::Audio);

pub(super) const SEED: Rule = may("seed", Integer(0, 4_294_967_295));
pub(super) const MODERATION: Rule =
    may("contentModeration", Object(&[may("publicFigureThreshold", Word(&["auto", "low"]))]));
pub(super) const SOUND: Rule = may("audio", Flag);
pub(super) const SCALE: Rule = may("cfgScale", Number(0.0, 1.0));
pub(super) const NEGATIVE: Rule = may("negativePrompt", LONG);
pub(super) const PRORES_PROFILE: Rule =
    may("proresProfile", Word(&["422", "4444", "422 Proxy", "422 LT", "422 HQ", "4444 XQ"]));
pub(super) const CONTAINER: Rule = may("outputFormat", Word(&["mp4", "mov"]));
pub(super) const DRAFT: Rule = may("draft", Flag);
pub(super) const EXPANSION: Rule = may("promptExpansionMode", Word(&["disabled", "balanced", "quality"]));
pub(super) const PICTURE_FORMAT: Rule = may("outputFormat", Word(&["png", "jpeg"]));

/// Seconds without documented bounds.
pub(super) const SECONDS: Rule = may("duration", Integer(1, 60));
pub(super) const SECONDS_2_TO_10: Fits = Integer(2, 10);
pub(super) const SECONDS_3_TO_10: Rule = may("duration", Integer(3, 10));
pub(super) const SECONDS_3_TO_15: Rule = may("duration", Integer(3, 15));
pub(super) const SECONDS_4_6_8: Rule = may("duration", OneOf(&[4, 6, 8]));
pub(super) const SECONDS_5_10: Rule = may("duration", OneOf(&[5, 10]));
/// Seconds, or as many as the model likes.
pub(super) const AUTO_SECONDS: Rule = may("duration", StringOr(&Word(&["auto"]), &Integer(1, 60)));
pub(super) const AUTO_SECONDS_4_TO_15: Rule = may("duration", StringOr(&Word(&["auto"]), &Integer(4, 15)));
pub(super) const AUTO_SECONDS_3_TO_10: Rule = may("duration", StringOr(&Word(&["auto"]), &Integer(3, 10)));

pub(super) const FIRST: Fits = Frames { positions: &["first"], takes_references: false };
pub(super) const FIRST_LAST: Fits = Frames { positions: &["first", "last"], takes_references: false };
pub(super) const FIRST_MIDDLE_LAST: Fits =
    Frames { positions: &["first", "middle", "last"], takes_references: false };
pub(super) const FRAMES_OR_REFERENCES: Fits =
    Frames { positions: &["first", "last"], takes_references: true };

const PICTURE: Fits = Object(&[needs("uri", IMAGE)]);
const FILM: Fits = Object(&[needs("uri", VIDEO)]);
const PLACED_PICTURE: Fits = Object(&[needs("uri", IMAGE), may("position", Word(&["first", "last"]))]);

pub(super) const fn pictures(field: &'static str, max: usize) -> Rule {
    may(field, Fits::List(0, max, &PICTURE))
}

pub(super) const REFERENCE_AUDIO: Rule = may("referenceAudio", List(0, 10, &Media(&[AssetKind::Audio])));
pub(super) const REFERENCE_VIDEOS: Rule = may("referenceVideos", List(0, 10, &Media(&[AssetKind::Video])));
/// Videos without a type.
pub(super) const BARE_REFERENCE_VIDEOS: Rule = may("referenceVideos", List(0, 5, &FILM));
pub(super) const UP_TO_7_REFERENCES: Rule = may("references", StringOr(&IMAGE, &List(0, 7, &PLACED_PICTURE)));
pub(super) const UP_TO_4_REFERENCES: Rule = may("references", StringOr(&IMAGE, &List(0, 4, &PLACED_PICTURE)));

/// Several shots, each with words and seconds of its own.
pub(super) const SHOTS: Rule = may(
    "providerSettings",
    Object(&[
        may("multiPrompt", List(1, 15, &Object(&[needs("prompt", LONG), needs("duration", Integer(1, 15))]))),
        may("shotType", Word(&["intelligence", "customize"])),
        may("keepOriginalSound", Flag),
    ]),
);

pub(super) const SIX_SIZES: Fits = Sizes("1280:720 720:1280 1104:832 960:960 832:1104 1584:672");
pub(super) const LYING_OR_STANDING: Fits = Sizes("1280:720 720:1280");
pub(super) const VEO_SIZES: Fits = Sizes("1280:720 720:1280 1080:1920 1920:1080");
pub(super) const STANDARD_SIZES: Fits = Sizes("1280:720 720:1280 960:960");
pub(super) const PRO_SIZES: Fits = Sizes("1920:1080 1080:1920 1440:1440");
pub(super) const SIZES_4K: Fits = Sizes("3840:2160 2160:3840 2880:2880");
pub(super) const ASPECTS: Fits = Sizes("adaptive 21:9 16:9 4:3 1:1 3:4 9:16");
pub(super) const AUTO_SIZES: Fits = Word(&["auto_720p", "auto_1080p"]);
pub(super) const OMNI_SIZES: Fits =
    Sizes("640:360 360:640 1280:720 720:1280 1920:1080 1080:1920 3840:2160 2160:3840");
pub(super) const WAN_SIZES: Fits = Sizes(
    "832:480 720:544 624:624 544:720 480:832 1280:720 1104:832 960:960 832:1104 720:1280 1920:1080 \
     1648:1248 1440:1440 1248:1648 1080:1920 auto_480p auto_720p auto_1080p",
);
pub(super) const SEEDANCE_SMALL_SIZES: Fits = Sizes(
    "992:432 864:496 752:560 640:640 560:752 496:864 1470:630 1280:720 1112:834 960:960 834:1112 \
     720:1280",
);
pub(super) const SEEDANCE_SIZES: Fits = Sizes(
    "992:432 864:496 752:560 640:640 560:752 496:864 1470:630 1280:720 1112:834 960:960 834:1112 \
     720:1280 2206:946 1920:1080 1664:1248 1440:1440 1248:1664 1080:1920 3840:1646 3840:2160 \
     3840:2880 3840:3840 2880:3840 2160:3840",
);
pub(super) const SEEDANCE_2_5_SIZES: Fits = Sizes(
    "992:432 854:480 752:560 640:640 560:752 480:854 1470:630 1280:720 1112:834 960:960 834:1112 \
     720:1280 2206:946 1920:1080 1664:1248 1440:1440 1248:1664 1080:1920",
);
pub(super) const HAILUO_RESOLUTION: Rule = may("resolution", Word(&["768p", "2k", "768P", "2K"]));
pub(super) const GROK_RESOLUTION: Rule = may("resolution", Word(&["480p", "720p", "1080p"]));
pub(super) const H3_RESOLUTION: Rule = may("resolution", Word(&["480p", "768p"]));
/// What gen4.5 writes.
pub(super) const GEN4_5_FORMAT: Rule = may(
    "outputFormat",
    Word(&[
        "mp4",
        "prores",
        "png_sequence",
        "hdr10",
        "hlg",
        "sdr_rec709_10bit",
        "hdr_pq_12bit_master",
        "hdr_prores",
        "hdr_png_sequence",
        "hdr_exr_sequence",
        "hdr_exr_acescg_sequence_1_3",
        "hdr_exr_acescg_sequence_2_0",
    ]),
);
pub(super) const SEED_AUDIO_FORMAT: Rule = may("outputFormat", Word(&["wav", "mp3", "ogg_opus"]));
pub(super) const SAMPLE_RATE: Rule =
    may("sampleRate", OneOf(&[8000, 16_000, 24_000, 32_000, 44_100, 48_000]));
/// Loudness, pitch and speed of seed_audio, which have no documented bounds.
pub(super) const RATE: Fits = Integer(-100, 100);
