//! The models that AIHubMix has, and what each can be told. From the vendor's page, 2026-11-21; where a model is
//! OpenAI's, so is its table. What its own vendor has closed (DALL·E, Imagen, Sora, Veo) isn't offered, though the
//! vendor still lists it.

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind};

use crate::openai::models as openai;
use crate::parameters::{choice, number, text, whole};

/// Models that can be told the same.
type Row = (&'static [&'static str], Modality, fn() -> Vec<Parameter>);

const ROWS: [Row; 27] = [
    (&["gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"], Modality::Chat, openai::reasoning_chat),
    (
        &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini"],
        Modality::Chat,
        openai::plain_chat,
    ),
    (&["claude-sonnet-5", "claude-haiku-4-5-20251001"], Modality::Chat, claude),
    (&["gemini-3.8-flash", "gemini-3.8-flash-nothink", "gemini-3.8-flash-search"], Modality::Chat, gemini),
    (&["deepseek-v4-pro"], Modality::Chat, deepseek),
    (&["text-embedding-3-small", "text-embedding-3-large"], Modality::Embedding, openai::embedding),
    (&["gpt-image-2"], Modality::Image, openai::image_2),
    (&["gpt-image-1.5", "gpt-image-1-mini"], Modality::Image, image_1),
    (
        &["qwen-image", "qwen-image-2.0", "qwen-image-2.0-pro", "qwen-image-max", "qwen-image-plus"],
        Modality::Image,
        sized_image,
    ),
    (&["qwen-image-edit"], Modality::Image, edited_image),
    (&["wan2.7-image", "wan2.7-image-pro", "wan2.6-t2i"], Modality::Image, sized_image),
    (&["doubao-seedream-5.0-lite", "doubao-seedream-4-5", "doubao-seedream-4-0"], Modality::Image, seedream),
    (&["flux-2-pro", "flux-2-flex", "FLUX.1-Kontext-pro"], Modality::Image, flux),
    (&["glm-image"], Modality::Image, glm),
    (&["irag-1.0", "V3"], Modality::Image, bare_image),
    (&["wan2.6-t2v"], Modality::Video, || wan(&WAN_2_6, false)),
    (&["wan2.6-i2v"], Modality::Video, || wan(&WAN_2_6, true)),
    (&["wan2.5-t2v-preview"], Modality::Video, || wan(&WAN_2_5, false)),
    (&["wan2.5-i2v-preview"], Modality::Video, || wan(&WAN_2_5, true)),
    (&["wan2.2-t2v-plus"], Modality::Video, || wan(&WAN_2_2, false)),
    (&["wan2.2-i2v-plus"], Modality::Video, || wan(&WAN_2_2, true)),
    (&["doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"], Modality::Video, seedance),
    (&["tts-1", "tts-1-hd"], Modality::Speech, openai::plain_speech),
    (&["gpt-4o-mini-tts"], Modality::Speech, openai::instructed_speech),
    (&["gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts"], Modality::Speech, gemini_speech),
    (&["whisper-1"], Modality::Transcription, openai::timed_transcription),
    (
        &["whisper-large-v3", "distil-whisper-large-v3-en", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"],
        Modality::Transcription,
        openai::transcription,
    ),
];

/// Everything that is offered without a word in the configuration.
pub(super) fn models() -> Vec<ModelSpec> {
    let spec = |name: &&str, modality, parameters: fn() -> Vec<Parameter>| ModelSpec {
        vendor_model: (*name).to_owned(),
        modality,
        parameters: parameters(),
    };
    ROWS.iter()
        .flat_map(|(names, modality, parameters)| {
            names.iter().map(move |name| spec(name, *modality, *parameters))
        })
        .collect()
}

/// What a model can be told that the configuration names: as the one of that name, or of its family, or as most.
pub(super) fn usual(name: &str, modality: Modality) -> Vec<Parameter> {
    let same = |row: &&Row| row.1 == modality && row.0.contains(&name);
    let is_of = |family: &str| name.to_lowercase().starts_with(family);
    if let Some((_, _, parameters)) = ROWS.iter().find(same) {
        return parameters();
    }
    match modality {
        Modality::Image if is_of("gpt-image-") => openai::image_2(),
        Modality::Image if is_of("doubao-seedream-") => seedream(),
        Modality::Image if is_of("flux") => flux(),
        Modality::Image => sized_image(),
        Modality::Video if is_of("doubao-seedance-") => seedance(),
        Modality::Video if is_of("kling-") => kling(),
        Modality::Video => video(),
        _ => openai::usual(modality),
    }
}

fn claude() -> Vec<Parameter> {
    let mut parameters = other_chat(64_000, 4096);
    parameters.push(number("temperature", 0.0, 1.0, "how freely it answers"));
    parameters
}

fn gemini() -> Vec<Parameter> {
    let mut parameters = other_chat(65_536, 4096);
    parameters.push(number("temperature", 0.0, 2.0, "how freely it answers"));
    parameters
}

/// Thoughts take many of its tokens.
fn deepseek() -> Vec<Parameter> {
    let mut parameters = other_chat(384_000, 32_000);
    parameters.push(number("temperature", 0.0, 2.0, "how freely it answers"));
    parameters
}

/// A chat with another vendor's model than OpenAI's: fields that it doesn't know would be dropped.
fn other_chat(tokens_max: i64, tokens: i64) -> Vec<Parameter> {
    let mut parameters = openai::conversation();
    parameters.extend([
        openai::limit(tokens_max, tokens),
        openai::one_answer(),
        number("top_p", 0.0, 1.0, "the share of likely words that are drawn from"),
        Parameter::new("stop", ParameterKind::Texts { max: 4 }, "texts at which the answer ends"),
    ]);
    parameters
}

/// OpenAI's first ones of this name draw three sizes, and can be told how close to keep to a picture.
fn image_1() -> Vec<Parameter> {
    let mut parameters = openai::image_2();
    let sizes = ["1024x1024", "1536x1024", "1024x1536"];
    for parameter in parameters.iter_mut().filter(|parameter| parameter.name == "size") {
        parameter.kind = ParameterKind::Choice(sizes.map(str::to_owned).into());
    }
    let about = "how close it keeps to the pictures that it works from";
    parameters.push(choice("input_fidelity", &["low", "high"], about));
    parameters
}

fn prompt(about: &str) -> Parameter {
    text("prompt", 32_000, about).required()
}

/// The page has no bounds; what a model can't draw, its vendor refuses.
fn size() -> Parameter {
    Parameter::new("size", ParameterKind::Size { min: 256, max: 4096, step: 1 }, "how large")
        .default("1024x1024")
}

fn bare_image() -> Vec<Parameter> {
    vec![prompt("what to draw"), whole("n", 1, 10, "how many pictures").default(1)]
}

fn sized_image() -> Vec<Parameter> {
    let mut parameters = bare_image();
    parameters.push(size());
    parameters
}

fn edited_image() -> Vec<Parameter> {
    let mut parameters = sized_image();
    let kind = ParameterKind::MediaList { max: 1 };
    parameters.push(Parameter::new("image", kind, "the picture to work from").required());
    parameters
}

fn seedream() -> Vec<Parameter> {
    let mut parameters = bare_image();
    parameters.extend([
        choice("resolution", &["1K", "2K", "4K"], "how large").default("2K"),
        Parameter::new("image", ParameterKind::MediaList { max: 10 }, "pictures to work from"),
    ]);
    parameters
}

/// They draw one picture at a time.
fn flux() -> Vec<Parameter> {
    let ratios = ["21:9", "16:9", "3:2", "4:3", "1:1", "3:4", "2:3", "9:16", "9:21"];
    vec![
        prompt("what to draw"),
        choice("aspect_ratio", &ratios, "width to height").default("1:1"),
        whole("safety_tolerance", 0, 5, "how much the filter lets through"),
    ]
}

fn glm() -> Vec<Parameter> {
    let mut parameters = sized_image();
    parameters.push(choice("quality", &["standard", "hd"], "how well").default("standard"));
    parameters
}

/// What a generation of Wan's makes.
struct Wan {
    seconds: &'static [i64],
    sizes: &'static [&'static str],
}

const WAN_2_6: Wan = Wan {
    seconds: &[5, 10],
    sizes: &[
        "1280x720",
        "720x1280",
        "960x960",
        "1088x832",
        "832x1088",
        "1920x1080",
        "1080x1920",
        "1440x1440",
        "1632x1248",
        "1248x1632",
    ],
};

const WAN_2_5: Wan = Wan {
    seconds: &[5, 10],
    sizes: &[
        "832x480",
        "480x832",
        "624x624",
        "1280x720",
        "720x1280",
        "960x960",
        "1088x832",
        "832x1088",
        "1920x1080",
        "1080x1920",
        "1440x1440",
        "1632x1248",
        "1248x1632",
    ],
};

const WAN_2_2: Wan = Wan {
    seconds: &[5],
    sizes: &[
        "832x480",
        "480x832",
        "624x624",
        "1920x1080",
        "1080x1920",
        "1440x1440",
        "1632x1248",
        "1248x1632",
    ],
};

fn wan(wan: &Wan, begins_with_picture: bool) -> Vec<Parameter> {
    let mut parameters = vec![
        prompt("what to show"),
        seconds(wan.seconds),
        choice("size", wan.sizes, "how large").default(wan.sizes[0]),
    ];
    if begins_with_picture {
        parameters.push(first_picture().required());
    }
    parameters
}

fn seconds(choices: &[i64]) -> Parameter {
    Parameter::new("seconds", ParameterKind::IntegerChoice(choices.to_vec()), "how long").default(choices[0])
}

fn first_picture() -> Parameter {
    Parameter::new("image", ParameterKind::Media, "a picture to begin with: jpeg, png or webp")
}

/// The page has no bounds: these are the lengths and sizes that all of them have.
fn seedance() -> Vec<Parameter> {
    vec![
        prompt("what to show"),
        seconds(&[5, 10]),
        choice("resolution", &["480p", "720p"], "how finely").default("720p"),
        choice("aspect_ratio", &["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"], "width to height")
            .default("16:9"),
        Parameter::new("references", ParameterKind::MediaList { max: 4 }, "pictures of what is to be seen"),
    ]
}

fn kling() -> Vec<Parameter> {
    vec![
        prompt("what to show"),
        seconds(&[5, 10]),
        first_picture(),
        Parameter::new("last_image", ParameterKind::Media, "a picture to end with"),
    ]
}

fn video() -> Vec<Parameter> {
    vec![
        prompt("what to show"),
        whole("seconds", 1, 60, "how long").default(5),
        Parameter::new("size", ParameterKind::Size { min: 16, max: 4096, step: 1 }, "how large")
            .default("1280x720"),
        first_picture(),
    ]
}

fn gemini_speech() -> Vec<Parameter> {
    let voices = [
        "Zephyr",
        "Puck",
        "Charon",
        "Kore",
        "Fenrir",
        "Leda",
        "Orus",
        "Aoede",
        "Callirrhoe",
        "Autonoe",
        "Enceladus",
        "Iapetus",
    ];
    vec![
        text("text", 4096, "what to say").required(),
        choice("voice", &voices, "who says it").default("Kore"),
        choice("format", &["wav", "pcm"], "the format of the sound").default("wav"),
    ]
}
