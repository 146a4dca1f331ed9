//! What an interaction is to answer with: text, a picture, sound or a film, as its model can.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::generate::is_voice;
use super::super::shape::{self, Message, Shape};
use super::super::sizes;
use super::super::turn::Output;
use super::shapes::{AUDIO_FORMAT, IMAGE_FORMAT, TEXT_FORMAT, VIDEO_FORMAT};
use crate::media::{AudioFormat, PictureFormat};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// How an answer comes.
pub(super) struct Format {
    pub(super) output: Output,
    /// Whether media come as links rather than in the answer.
    pub(super) by_link: bool,
    /// The schema that a text must fit.
    pub(super) schema: Option<Value>,
}

impl Format {
    pub(super) fn read(model: &str, kind: ModelKind, request: &Value) -> Result<Self, Refusal> {
        let modality = match kind {
            ModelKind::Image => "image",
            ModelKind::Speech => "audio",
            ModelKind::Video => "video",
            _ => "text",
        };
        let with_text = check_modalities(model, modality, &request["response_modalities"])?;
        let format = format(model, modality, request.get("response_format"))?;
        let output = match kind {
            ModelKind::Image => picture(&format, &request["generation_config"]["image_config"], with_text),
            ModelKind::Speech => {
                check_voices(&request["generation_config"]["speech_config"])?;
                Output::Sound(sound(&format))
            }
            ModelKind::Video => film(model, &format)?,
            _ => Output::Text,
        };
        let is_json =
            format["mime_type"] == "application/json" || request["response_mime_type"] == "application/json";
        let schema = format.get("schema").cloned();
        let any = || json!({"properties": {"answer": {"type": "string"}}});
        Ok(Self {
            output,
            by_link: format["delivery"] == "uri",
            schema: schema.or_else(|| is_json.then(any)),
        })
    }
}

/// Says whether text goes with a picture.
fn check_modalities(model: &str, modality: &str, asked: &Value) -> Result<bool, Refusal> {
    let asked: Vec<_> = shape::texts(asked).iter().map(|asked| asked.to_lowercase()).collect();
    let is_possible = |asked: &String| asked == modality || modality == "image" && asked == "text";
    if let Some(other) = asked.iter().find(|asked| !is_possible(asked)) {
        let allowed = format!("{modality} with models/{model}");
        return Err(Refusal::not_allowed("response_modalities", other, allowed));
    }
    Ok(asked.is_empty() || asked.iter().any(|asked| asked == "text"))
}

/// The format for what the model makes. One without a type of formats is a schema.
fn format(model: &str, modality: &str, given: Option<&Value>) -> Result<Value, Refusal> {
    let formats = match given {
        None => return Ok(json!({})),
        Some(Value::Array(formats)) => formats.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut found = json!({});
    for format in formats {
        if !format.is_object() {
            return Err(Refusal::wrong_type("response_format", "an object", format));
        }
        let (kind, message): (_, Message) = match format["type"].as_str().unwrap_or_default() {
            "text" => ("text", TEXT_FORMAT),
            "image" => ("image", IMAGE_FORMAT),
            "audio" => ("audio", AUDIO_FORMAT),
            "video" => ("video", VIDEO_FORMAT),
            _ => ("text", &[]),
        };
        if kind != modality && !(kind == "text" && modality == "image") {
            let allowed = format!("{modality} with models/{model}");
            return Err(Refusal::not_allowed("response_format.type", kind, allowed));
        }
        let read = match message {
            [] => json!({"schema": format}),
            message => shape::read(&Shape::Message(message), format, "response_format")?,
        };
        if kind == modality {
            found = read;
        }
    }
    Ok(found)
}

fn picture(format: &Value, config: &Value, with_text: bool) -> Output {
    let said = |field: &str| format[field].as_str().or(config[field].as_str()).unwrap_or_default();
    let kind = if said("mime_type") == "image/jpeg" { PictureFormat::Jpeg } else { PictureFormat::Png };
    let size = sizes::picture(said("aspect_ratio"), said("image_size"));
    Output::Picture { size, format: kind, with_text }
}

fn sound(format: &Value) -> AudioFormat {
    match format["mime_type"].as_str() {
        Some("audio/wav") => AudioFormat::Wav,
        Some("audio/mp3") => AudioFormat::Mp3,
        Some("audio/ogg_opus") => AudioFormat::Opus,
        _ => AudioFormat::Pcm,
    }
}

/// A voice for all, or one for each speaker.
fn check_voices(config: &Value) -> Result<(), Refusal> {
    let speakers = config.as_array().map_or_else(|| std::slice::from_ref(config), Vec::as_slice);
    let mut voices = speakers.iter().filter_map(|speaker| speaker["voice"].as_str());
    match voices.find(|voice| !is_voice(voice)) {
        Some(voice) => {
            Err(Refusal::not_allowed("generation_config.speech_config.voice", voice, "the name of a voice"))
        }
        None => Ok(()),
    }
}

fn film(model: &str, format: &Value) -> Result<Output, Refusal> {
    let said = |field: &str| format[field].as_str().unwrap_or_default();
    let seconds_max = if model.contains("-1.2-") { 15 } else { 10 };
    let duration = format["duration"].as_str().unwrap_or("8s");
    let seconds = duration.strip_suffix('s').and_then(|seconds| seconds.parse().ok());
    let seconds = seconds.filter(|seconds| (3..=seconds_max).contains(seconds)).ok_or_else(|| {
        let allowed = format!("whole seconds from 3s to {seconds_max}s");
        Refusal::not_allowed("response_format.duration", duration, allowed)
    })?;
    let size = sizes::film(said("aspect_ratio"), said("resolution"));
    Ok(Output::Film { size, duration: Duration::from_secs(seconds) })
}
