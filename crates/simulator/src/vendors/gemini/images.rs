//! `:predict`: pictures as older clients ask for them. The service is closed; its wire is spoken on.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::models::{self, Method};
use super::shape::Shape::{Flag, Integer, List, Message as Object, Number, OneOf, Text};
use super::shape::{self, Message};
use crate::answer::Answer;
use crate::call::Call;
use crate::content::is_filtered;
use crate::media::{PictureFormat, Size};
use crate::refusal::Refusal;

const PREDICT: Message =
    &[("instances", List(&Object(&[("prompt", Text)]))), ("parameters", Object(PARAMETERS))];

const PARAMETERS: Message = &[
    ("sampleCount", Integer(1, 4)),
    ("aspectRatio", OneOf(&["1:1", "3:4", "4:3", "9:16", "16:9"])),
    ("sampleImageSize", OneOf(&["1K", "2K"])),
    ("personGeneration", Text),
    ("safetySetting", Text),
    ("language", Text),
    ("includeRaiReason", Flag),
    ("includeSafetyAttributes", Flag),
    ("guidanceScale", Number(0.0, 100.0)),
    (
        "outputOptions",
        Object(&[("mimeType", OneOf(&["image/png", "image/jpeg"])), ("compressionQuality", Integer(0, 100))]),
    ),
];

/// `POST /v1beta/models/{model}:predict`. What the filter catches leaves nothing, or the reason where it is
/// asked for.
pub(super) fn predict(call: &Call<'_>) -> Result<Answer, Refusal> {
    models::known(call, call.params.get("model"), Method::Predict)?;
    let body = shape::body(call, PREDICT)?;
    let prompt = only_prompt(&body)?;
    let parameters = &body["parameters"];
    check_person_generation(parameters)?;
    if is_filtered(prompt) {
        let reason = "Your current safety filter threshold prohibited one or more generated images.";
        let said = json!({"predictions": [{"raiFilteredReason": reason}]});
        return Ok(Answer::json(&if parameters["includeRaiReason"] == true { said } else { json!({}) }));
    }
    let format = match parameters["outputOptions"]["mimeType"].as_str() {
        Some("image/jpeg") => PictureFormat::Jpeg,
        _ => PictureFormat::Png,
    };
    let picture = |index| {
        let media = format.draw(size(parameters), &format!("{index} {prompt}"));
        json!({"mimeType": media.media_type, "bytesBase64Encoded": BASE64_STANDARD.encode(&media.bytes)})
    };
    let count = parameters["sampleCount"].as_i64().unwrap_or(1);
    Ok(Answer::json(&json!({"predictions": (0..count).map(picture).collect::<Vec<_>>()})))
}

/// Refuses words for people that the vendor doesn't know; any case does.
pub(super) fn check_person_generation(parameters: &Value) -> Result<(), Refusal> {
    let allowed = ["dont_allow", "allow_adult", "allow_all"];
    match parameters["personGeneration"].as_str() {
        Some(given) if !allowed.contains(&given.to_lowercase().as_str()) => {
            let allowed = format!("one of {}", allowed.join(", "));
            Err(Refusal::not_allowed("parameters.person_generation", given, allowed))
        }
        _ => Ok(()),
    }
}

fn only_prompt(body: &Value) -> Result<&str, Refusal> {
    let instances = body["instances"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [instance] = instances else {
        return Err(Refusal::not_allowed("instances", instances.len(), "exactly one instance"));
    };
    let prompt = instance["prompt"].as_str().filter(|prompt| !prompt.is_empty());
    prompt.ok_or_else(|| Refusal::missing("instances[0].prompt"))
}

fn size(parameters: &Value) -> Size {
    let (width, height) = match parameters["aspectRatio"].as_str() {
        Some("3:4") => (896, 1280),
        Some("4:3") => (1280, 896),
        Some("9:16") => (768, 1408),
        Some("16:9") => (1408, 768),
        _ => (1024, 1024),
    };
    let scale = if parameters["sampleImageSize"] == "2K" { 2 } else { 1 };
    Size::new(width * scale, height * scale)
}
