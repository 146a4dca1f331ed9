//! The models that OpenAI has, and what each can be told. From the vendor's page on its API, 2026-11-21.

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind};

use crate::parameters::{choice, number, text, whole};

/// Models that can be told the same.
type Row = (&'static [&'static str], Modality, fn() -> Vec<Parameter>);

/// Everything that is offered without a word in the configuration.
pub(super) fn models() -> Vec<ModelSpec> {
    let rows: [Row; 10] = [
        (&["gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"], Modality::Chat, reasoning_chat),
        (&["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini"], Modality::Chat, plain_chat),
        (&["text-embedding-3-small", "text-embedding-3-large"], Modality::Embedding, embedding),
        (&["gpt-image-2"], Modality::Image, image_2),
        (&["gpt-image-2.5-flare", "gpt-image-2.5-sunburst"], Modality::Image, image_2_5),
        (&["tts-1", "tts-1-hd"], Modality::Speech, plain_speech),
        (&["gpt-4o-mini-tts"], Modality::Speech, instructed_speech),
        (&["whisper-1"], Modality::Transcription, timed_transcription),
        (
            &["gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"],
            Modality::Transcription,
            transcription,
        ),
        (&["gpt-4o-transcribe-diarize"], Modality::Transcription, diarized_transcription),
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

/// What a model of this wire can be told where nobody says more about it.
pub(crate) fn usual(modality: Modality) -> Vec<Parameter> {
    match modality {
        Modality::Chat => {
            let mut parameters = plain_chat();
            parameters.push(effort());
            parameters
        }
        Modality::Embedding => embedding(),
        Modality::Image => image_2(),
        Modality::Video => video(),
        Modality::Speech => instructed_speech(),
        Modality::Transcription => timed_transcription(),
    }
}

fn chat() -> Vec<Parameter> {
    let mut parameters = conversation();
    parameters.extend([
        limit(128_000, 4096),
        whole("n", 1, 8, "how many answers").default(1),
        whole("seed", 0, i64::MAX, "the same seed makes the same answer, as far as the model can"),
    ]);
    parameters
}

pub(crate) fn plain_chat() -> Vec<Parameter> {
    let mut parameters = chat();
    parameters.extend(chance(4));
    parameters
}

pub(crate) fn reasoning_chat() -> Vec<Parameter> {
    let mut parameters = chat();
    parameters.push(effort());
    parameters.push(choice("verbosity", &["low", "medium", "high"], "how much it says"));
    parameters
}

/// What every chat of this wire can be told, beside its limit.
pub(crate) fn conversation() -> Vec<Parameter> {
    vec![
        Parameter::new("messages", ParameterKind::Messages, "what was said so far, the oldest first")
            .required(),
        Parameter::new("tools", ParameterKind::Tools, "what the model may call"),
        Parameter::new(
            "tool_choice",
            ParameterKind::Open,
            "none, auto, required, or an object that names a tool",
        ),
        Parameter::new(
            "response_format",
            ParameterKind::Open,
            "an object of type text, json_object or json_schema",
        ),
    ]
}

pub(crate) fn limit(tokens_max: i64, default: i64) -> Parameter {
    whole("max_tokens", 1, tokens_max, "the most tokens of the answer, thoughts included").default(default)
}

/// For models that give one answer only.
#[cfg(any(feature = "aihubmix", feature = "deepseek"))]
pub(crate) fn one_answer() -> Parameter {
    whole("n", 1, 1, "how many answers").default(1)
}

/// How much is left to chance, and where an answer ends.
pub(crate) fn chance(stops_max: usize) -> [Parameter; 5] {
    [
        number("temperature", 0.0, 2.0, "how freely it answers"),
        number("top_p", 0.0, 1.0, "the share of likely words that are drawn from"),
        Parameter::new("stop", ParameterKind::Texts { max: stops_max }, "texts at which the answer ends"),
        number("presence_penalty", -2.0, 2.0, "how much words are avoided that were there already"),
        number("frequency_penalty", -2.0, 2.0, "how much words are avoided that were there often"),
    ]
}

fn effort() -> Parameter {
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    choice("reasoning_effort", &efforts, "how much it thinks before it answers")
}

pub(crate) fn embedding() -> Vec<Parameter> {
    vec![
        Parameter::new("texts", ParameterKind::Texts { max: 2048 }, "the texts").required(),
        whole("dimensions", 1, 3072, "how long the vectors are"),
    ]
}

fn image(qualities: &[&str]) -> Vec<Parameter> {
    vec![
        text("prompt", 32_000, "what to draw").required(),
        Parameter::new("size", ParameterKind::Size { min: 256, max: 3840, step: 16 }, "how large")
            .default("1024x1024"),
        choice("quality", qualities, "how well").default("medium"),
        whole("n", 1, 10, "how many pictures").default(1),
        choice("format", &["png", "jpeg", "webp"], "the format of the pictures").default("png"),
        choice(
            "background",
            &["auto", "opaque", "transparent"],
            "what is behind; transparent needs png or webp",
        ),
        whole("output_compression", 0, 100, "how much is kept, for formats that lose something"),
        choice("moderation", &["auto", "low"], "how strict the filter is"),
        Parameter::new("image", ParameterKind::MediaList { max: 16 }, "pictures to work from"),
        Parameter::new(
            "mask",
            ParameterKind::Media,
            "a png that is transparent where the first picture may change",
        ),
    ]
}

pub(crate) fn image_2() -> Vec<Parameter> {
    image(&["low", "medium", "high"])
}

fn image_2_5() -> Vec<Parameter> {
    image(&["low", "medium", "high", "xhigh", "max"])
}

fn video() -> Vec<Parameter> {
    vec![
        text("prompt", 32_000, "what to show").required(),
        Parameter::new("seconds", ParameterKind::IntegerChoice(vec![4, 8, 12]), "how long").default(4),
        choice("size", &["720x1280", "1280x720", "1024x1792", "1792x1024"], "how large").default("720x1280"),
        Parameter::new("image", ParameterKind::Media, "a picture to begin with"),
    ]
}

pub(crate) fn plain_speech() -> Vec<Parameter> {
    let voices = [
        "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage",
        "shimmer", "verse",
    ];
    vec![
        text("text", 4096, "what to say").required(),
        choice("voice", &voices, "who says it").default("alloy"),
        choice("format", &["mp3", "opus", "aac", "flac", "wav", "pcm"], "the format of the sound")
            .default("mp3"),
        number("speed", 0.25, 4.0, "how fast"),
    ]
}

pub(crate) fn instructed_speech() -> Vec<Parameter> {
    let mut parameters = plain_speech();
    parameters.push(text("instructions", 4096, "how to say it"));
    parameters
}

pub(crate) fn transcription() -> Vec<Parameter> {
    vec![
        Parameter::new("audio", ParameterKind::Media, "what to listen to, at most 25 MB").required(),
        text("language", 8, "the language that is spoken, as ISO 639-1"),
        text("prompt", 4096, "words that may occur in it"),
        number("temperature", 0.0, 1.0, "how freely it guesses"),
    ]
}

/// The vendor takes no words for a sound whose speakers it tells apart.
fn diarized_transcription() -> Vec<Parameter> {
    let mut parameters = transcription();
    parameters.retain(|parameter| parameter.name != "prompt");
    let about = "whether those who speak are told apart";
    parameters.push(Parameter::new("speakers", ParameterKind::Boolean, about));
    parameters
}

pub(crate) fn timed_transcription() -> Vec<Parameter> {
    let mut parameters = transcription();
    parameters.push(choice("timestamps", &["none", "segment", "word"], "what is told with its time"));
    let about = "whether the text comes in English, whatever is spoken";
    parameters.push(Parameter::new("translate", ParameterKind::Boolean, about));
    parameters
}
