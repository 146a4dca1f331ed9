//! The models that Gemini has, and what each can be told. From the vendor's page on its API, 2026-11-21.
//!
//! Left out are models that are shut down or end on 2026-12-18, and the tools that the vendor runs itself, whose price an
//! answer doesn't tell. Where the page has no number for a limit, ours is meant to be wide enough.

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind};

use super::chat::RESOLUTIONS;
use super::safety;
use crate::parameters::{choice, number, text, whole};

/// The model whose shortened vectors aren't normalized.
pub(super) const EMBEDDING_001: &str = "gemini-embedding-001";

/// How long vectors are, unless shorter ones are asked for.
pub(super) const DIMENSIONS_MAX: u64 = 3072;

/// Who speaks where nobody says.
pub(super) const VOICE_DEFAULT: &str = "Kore";

/// Models that can be told the same.
type Row = (&'static [&'static str], Modality, fn() -> Vec<Parameter>);

/// Everything that is offered.
pub(super) fn models() -> Vec<ModelSpec> {
    let chats: &[&str] = &[
        "gemini-3.8-flash",
        "gemini-3.7-flash",
        "gemini-3.6-flash",
        "gemini-3.5-flash",
        "gemini-3.5-flash-lite",
        "gemini-3.1-pro-preview",
        "gemini-4-argon",
        "gemini-4-carbon",
        "gemini-4-hydrogen",
        "gemini-flash-latest",
        "gemini-pro-latest",
    ];
    let rows: [Row; 7] = [
        (chats, Modality::Chat, chat),
        (&[EMBEDDING_001, "gemini-embedding-2"], Modality::Embedding, embedding),
        (&["gemini-3.1-flash-image", "gemini-3-pro-image"], Modality::Image, image),
        (&["gemini-3.1-flash-lite-image"], Modality::Image, small_image),
        (&["gemini-omni-1.1-flash"], Modality::Video, short_video),
        (&["gemini-omni-1.2-flash"], Modality::Video, long_video),
        (&["gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"], Modality::Speech, speech),
    ];
    let spec = |name: &&str, modality, parameters: fn() -> Vec<Parameter>| ModelSpec {
        vendor_model: (*name).to_owned(),
        modality,
        parameters: parameters(),
    };
    rows.iter()
        .flat_map(|(names, modality, parameters)| {
            names.iter().map(move |name| spec(name, *modality, *parameters))
        })
        .collect()
}

fn chat() -> Vec<Parameter> {
    let kind = |name: &str, kind, about: &str| Parameter::new(name, kind, about);
    vec![
        kind("messages", ParameterKind::Messages, "what was said so far, the oldest first").required(),
        whole("max_tokens", 1, 65_536, "the most tokens of the answer, thoughts included").default(4096),
        whole("n", 1, 8, "how many answers").default(1),
        kind("tools", ParameterKind::Tools, "what the model may call"),
        kind("tool_choice", ParameterKind::Open, "none, auto, required, or an object that names a tool"),
        kind("response_format", ParameterKind::Open, "an object of type text, json_object or json_schema"),
        whole("seed", 0, i64::from(i32::MAX), "the same seed makes the same answer, as far as the model can"),
        kind("stop", ParameterKind::Texts { max: 5 }, "texts at which the answer ends"),
        number("temperature", 0.0, 2.0, "how freely it answers; the newest models may not take it"),
        number(
            "top_p",
            0.0,
            1.0,
            "the share of likely words that are drawn from; the newest models may not take it",
        ),
        whole(
            "top_k",
            1,
            i64::from(i32::MAX),
            "how many likely words are drawn from; the newest models may not take it",
        ),
        number("presence_penalty", -2.0, 2.0, "how much words are avoided that were there already"),
        number("frequency_penalty", -2.0, 2.0, "how much words are avoided that were there often"),
        choice(
            "reasoning_effort",
            &["minimal", "low", "medium", "high"],
            "how much it thinks before it answers",
        ),
        whole(
            "thinking_budget",
            -1,
            65_536,
            "how many tokens it may think in place of reasoning_effort: 0 for none, -1 as the model likes",
        ),
        kind("include_thoughts", ParameterKind::Boolean, "whether the answer has its thoughts"),
        choice("media_resolution", &RESOLUTIONS, "how closely it looks at pictures"),
        safety::parameter(),
    ]
}

fn embedding() -> Vec<Parameter> {
    let tasks = [
        "RETRIEVAL_QUERY",
        "RETRIEVAL_DOCUMENT",
        "SEMANTIC_SIMILARITY",
        "CLASSIFICATION",
        "CLUSTERING",
        "QUESTION_ANSWERING",
        "FACT_VERIFICATION",
        "CODE_RETRIEVAL_QUERY",
    ];
    vec![
        Parameter::new("texts", ParameterKind::Texts { max: 100 }, "the texts").required(),
        whole("dimensions", 1, DIMENSIONS_MAX as i64, "how long the vectors are"),
        choice("task_type", &tasks, "what the vectors are for"),
        text("title", 1024, "the title of the document that the texts are of, for RETRIEVAL_DOCUMENT"),
    ]
}

fn image() -> Vec<Parameter> {
    image_of(&["1K", "2K", "4K"])
}

/// The vendor's page on the model has no other resolution (ai.google.dev/gemini-api/docs/models, 2026-07).
fn small_image() -> Vec<Parameter> {
    image_of(&["1K"])
}

fn image_of(resolutions: &[&str]) -> Vec<Parameter> {
    let ratios = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
    vec![
        text("prompt", 32_000, "what to draw").required(),
        choice("aspect_ratio", &ratios, "width to height"),
        choice("resolution", resolutions, "how finely").default("1K"),
        whole("n", 1, 1, "how many pictures").default(1),
        Parameter::new("image", ParameterKind::MediaList { max: 14 }, "pictures to work from"),
        safety::parameter(),
    ]
}

fn video(seconds_max: i64) -> Vec<Parameter> {
    vec![
        text("prompt", 32_000, "what to show").required(),
        whole("seconds", 3, seconds_max, "how long").default(5),
        choice("aspect_ratio", &["16:9", "9:16"], "width to height"),
        choice("resolution", &["360p", "720p", "1080p", "4k"], "how finely").default("720p"),
        Parameter::new("image", ParameterKind::Media, "a picture to begin with, if the prompt says so"),
        Parameter::new(
            "references",
            ParameterKind::MediaList { max: 10 },
            "pictures of what is to be seen, of which the prompt says what they are for",
        ),
        Parameter::new("video", ParameterKind::Media, "a video to work from"),
    ]
}

fn short_video() -> Vec<Parameter> {
    video(10)
}

fn long_video() -> Vec<Parameter> {
    video(15)
}

fn speech() -> Vec<Parameter> {
    let voices = [
        "Achernar",
        "Achird",
        "Algenib",
        "Algieba",
        "Alnilam",
        "Aoede",
        "Autonoe",
        "Callirrhoe",
        "Charon",
        "Despina",
        "Enceladus",
        "Erinome",
        "Fenrir",
        "Gacrux",
        "Iapetus",
        VOICE_DEFAULT,
        "Laomedeia",
        "Leda",
        "Orus",
        "Puck",
        "Pulcherrima",
        "Rasalgethi",
        "Sadachbia",
        "Sadaltager",
        "Schedar",
        "Sulafat",
        "Umbriel",
        "Vindemiatrix",
        "Zephyr",
        "Zubenelgenubi",
    ];
    vec![
        text("text", 8_000, "what to say").required(),
        choice("voice", &voices, "who says it").default(VOICE_DEFAULT),
        choice("format", &["wav", "pcm"], "the format of the sound").default("wav"),
        text("instructions", 2_000, "how to say it, such as: Say cheerfully"),
        text("language_code", 16, "the language that is spoken, such as en-US"),
        safety::parameter(),
    ]
}
