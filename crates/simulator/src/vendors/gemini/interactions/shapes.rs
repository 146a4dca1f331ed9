//! What a request for an interaction may hold, by names in snake_case.

use super::super::models::OUTPUT_TOKENS_MAX;
use super::super::shape::Message;
use super::super::shape::Shape::{Any, Bytes, Flag, Integer, List, Message as Object, Number, OneOf, Text};
use super::super::sizes::{FILM_RATIOS, PICTURE_RATIOS, PICTURE_SIZES};

pub(super) const CREATE: Message = &[
    ("model", Text),
    ("input", Any),
    ("background", Flag),
    ("cached_content", Text),
    ("continuation_token", Text),
    ("environment", Any),
    ("generation_config", Object(GENERATION_CONFIG)),
    ("labels", Any),
    ("previous_interaction_id", Text),
    ("response_format", Any),
    ("response_mime_type", Text),
    ("response_modalities", List(&Text)),
    ("safety_settings", List(&Object(&[("type", Text), ("threshold", Text), ("method", Text)]))),
    ("service_tier", OneOf(&["flex", "standard", "priority", "deferred"])),
    ("store", Flag),
    ("stream", Flag),
    ("system_instruction", Text),
    ("tools", List(&Any)),
    ("webhook_config", Any),
];

const GENERATION_CONFIG: Message = &[
    (
        "image_config",
        Object(&[("aspect_ratio", OneOf(PICTURE_RATIOS)), ("image_size", OneOf(PICTURE_SIZES))]),
    ),
    ("max_output_tokens", Integer(1, OUTPUT_TOKENS_MAX)),
    ("seed", Integer(i32::MIN as i64, i32::MAX as i64)),
    ("speech_config", Any),
    ("stop_sequences", List(&Text)),
    ("temperature", Number(0.0, 2.0)),
    ("thinking_level", OneOf(&["minimal", "low", "medium", "high", "xhigh"])),
    ("thinking_summaries", OneOf(&["auto", "none"])),
    ("tool_choice", Any),
    ("top_p", Number(0.0, 1.0)),
    ("transcription_config", Any),
    ("video_config", Any),
];

/// A piece of a step.
pub(super) const CONTENT: Message = &[
    ("type", OneOf(&["text", "image", "audio", "video", "document"])),
    ("text", Text),
    ("annotations", Any),
    ("data", Bytes),
    ("uri", Text),
    ("mime_type", Text),
    ("name", Text),
    ("channels", Integer(1, 8)),
    ("sample_rate", Integer(1, 192_000)),
    ("processing", Any),
    ("resolution", Text),
];

pub(super) const TEXT_FORMAT: Message =
    &[("type", Text), ("mime_type", OneOf(&["text/plain", "application/json"])), ("schema", Any)];

pub(super) const IMAGE_FORMAT: Message = &[
    ("type", Text),
    ("aspect_ratio", OneOf(PICTURE_RATIOS)),
    ("image_size", OneOf(PICTURE_SIZES)),
    ("mime_type", OneOf(&["image/jpeg", "image/png"])),
    ("delivery", DELIVERY),
];

pub(super) const AUDIO_FORMAT: Message = &[
    ("type", Text),
    ("mime_type", OneOf(&["audio/l16", "audio/wav", "audio/mp3", "audio/ogg_opus"])),
    // Sound is simulated at this rate alone.
    ("sample_rate", Integer(24_000, 24_000)),
    ("bit_rate", Integer(1, 1_000_000)),
    ("delivery", DELIVERY),
];

pub(super) const VIDEO_FORMAT: Message = &[
    ("type", Text),
    ("aspect_ratio", OneOf(FILM_RATIOS)),
    ("resolution", OneOf(&["360p", "720p", "1080p", "4k"])),
    ("duration", Text),
    ("delivery", DELIVERY),
];

const DELIVERY: super::super::shape::Shape = OneOf(&["inline", "uri"]);
