//! `/v1/text_to_speech` and what is done to voices: `/v1/speech_to_speech`, `/v1/voice_isolation`,
//! `/v1/voice_dubbing`.

use super::super::assets::AssetKind;
use super::super::rules::Fits::{Flag, Integer, Media, Number, Object, Text, Word};
use super::super::rules::{Fits, Rule, may, needs};
use super::fields::*;
use super::{Variant, variant};

pub(in super::super) const TEXT_TO_SPEECH: &[Variant] = &[
    variant("eleven_multilingual_v2", &[needs("promptText", Text(1000)), needs("voice", PRESET)]),
    variant(
        "eleven_v3",
        &[
            needs("promptText", LONG),
            needs("voice", PRESET),
            may("applyTextNormalization", Word(&["auto", "on", "off"])),
            LANGUAGE,
            STABILITY,
            SIMILARITY,
            STYLE,
            SPEED,
            SPEAKER_BOOST,
            SEED,
        ],
    ),
    variant(
        "eleven_v4",
        &[
            needs("promptText", LONG),
            needs("voice", PRESET),
            may("previousText", LONG),
            may("nextText", LONG),
            LANGUAGE,
            STABILITY,
            SIMILARITY,
            STYLE,
            SPEED,
            SPEAKER_BOOST,
            SEED,
        ],
    ),
    variant(
        "seed_audio",
        &[
            needs("promptText", LONG),
            may("voice", Object(&[needs("type", Word(&["reference-audio"])), needs("audioUri", AUDIO)])),
            SEED_AUDIO_FORMAT,
            SAMPLE_RATE,
            may("loudnessRate", RATE),
            may("pitchRate", RATE),
            may("speechRate", RATE),
        ],
    ),
];

pub(in super::super) const SPEECH_TO_SPEECH: &[Variant] = &[variant(
    "eleven_multilingual_sts_v2",
    &[
        needs("media", Media(&[AssetKind::Audio, AssetKind::Video])),
        needs("voice", PRESET),
        may("removeBackgroundNoise", Flag),
    ],
)];

pub(in super::super) const ISOLATION: &[Variant] =
    &[variant("eleven_voice_isolation", &[needs("audioUri", AUDIO)])];

pub(in super::super) const DUBBING: &[Variant] = &[variant(
    "eleven_voice_dubbing",
    &[
        needs("audioUri", AUDIO),
        needs("targetLang", LANGUAGES),
        may("disableVoiceCloning", Flag),
        may("dropBackgroundAudio", Flag),
        may("numSpeakers", Integer(1, 32)),
    ],
)];

const LANGUAGE: Rule = may("languageCode", Text(16));
const STABILITY: Rule = may("stability", Number(0.0, 1.0));
const SIMILARITY: Rule = may("similarityBoost", Number(0.0, 1.0));
const STYLE: Rule = may("style", Number(0.0, 1.0));
const SPEED: Rule = may("speed", Number(0.7, 1.2));
const SPEAKER_BOOST: Rule = may("useSpeakerBoost", Flag);

const PRESET: Fits = Object(&[needs("type", Word(&["runway-preset"])), needs("presetId", VOICES)]);
const VOICES: Fits = Word(&[
    "Maya", "Arjun", "Serene", "Bernard", "Billy", "Mark", "Clint", "Mabel", "Chad", "Leslie", "Eleanor",
    "Elias", "Elliot", "Grungle", "Brodie", "Sandra", "Kirk", "Kylie", "Lara", "Lisa", "Malachi", "Marlene",
    "Martin", "Miriam", "Monster", "Paula", "Pip", "Rusty", "Ragnar", "Xylar", "Maggie", "Jack", "Katie",
    "Noah", "James", "Rina", "Ella", "Mariah", "Frank", "Claudia", "Niki", "Vincent", "Kendrick", "Myrna",
    "Tom", "Wanda", "Benjamin", "Kiana", "Rachel",
]);
const LANGUAGES: Fits = Word(&[
    "en", "hi", "pt", "zh", "es", "fr", "de", "ja", "ar", "ru", "ko", "id", "it", "nl", "tr", "pl", "sv",
    "fil", "ms", "ro", "uk", "el", "cs", "da", "fi", "bg", "hr", "sk", "ta",
]);
