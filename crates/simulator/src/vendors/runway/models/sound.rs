//! Sounds: `/v1/sound_effect`, and `/v1/video_to_audio`.

use super::super::rules::Fits::{Flag, Integer, List, Number, Word};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const EFFECTS: &[Variant] = &[
    variant(
        "eleven_text_to_sound_v2",
        &[needs("promptText", LONG), may("duration", Number(0.5, 30.0)), may("loop", Flag)],
    ),
    variant(
        "mirelo_sfx_2_0",
        &[needs("promptText", LONG), needs("duration", LENGTH), FORMAT, VARIANTS, NEGATIVE, SEED],
    ),
    variant(
        "seed_audio",
        &[
            needs("promptText", LONG),
            may("referenceAudios", List(0, 3, &AUDIO)),
            SEED_AUDIO_FORMAT,
            SAMPLE_RATE,
            may("loudnessRate", RATE),
            may("pitchRate", RATE),
            may("speechRate", RATE),
        ],
    ),
];

pub(in super::super) const OF_VIDEOS: &[Variant] = &[variant(
    "mirelo_sfx_2_0",
    &[
        needs("videoUri", VIDEO),
        needs("duration", LENGTH),
        may("promptText", LONG),
        may("preserveSpeech", Flag),
        FORMAT,
        VARIANTS,
        NEGATIVE,
        SEED,
    ],
)];

/// Seconds without documented bounds.
const LENGTH: Fits = Number(0.1, 60.0);
const FORMAT: Rule = may("format", Word(&["mp3", "wav", "flac"]));
const VARIANTS: Rule = may("numVariants", Integer(1, 10));
