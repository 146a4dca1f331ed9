//! `:predictLongRunning` and its operations: videos as older clients ask for them. The service is closed; its
//! wire is spoken on.

use std::time::Duration;

use serde_json::{Value, json};

use super::files;
use super::images::check_person_generation;
use super::models::{self, Method};
use super::shape::Shape::{Any, Bytes, Flag, Integer, List, Message as Object, OneOf, Text};
use super::shape::{self, Message};
use super::sizes;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::is_filtered;
use crate::media::mp4;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

const PREDICT: Message =
    &[("instances", List(&Object(INSTANCE))), ("parameters", Object(PARAMETERS)), ("webhookConfig", Any)];

const INSTANCE: Message = &[
    ("prompt", Text),
    ("image", Object(IMAGE)),
    ("lastFrame", Object(IMAGE)),
    ("referenceImages", List(&Object(&[("image", Object(IMAGE)), ("referenceType", Text)]))),
    ("video", Object(&[("uri", Text), ("encodedVideo", Bytes), ("encoding", Text)])),
];

const IMAGE: Message = &[("bytesBase64Encoded", Bytes), ("mimeType", Text)];

const PARAMETERS: Message = &[
    ("sampleCount", Integer(1, 4)),
    ("durationSeconds", Integer(4, 8)),
    ("aspectRatio", OneOf(sizes::FILM_RATIOS)),
    ("resolution", OneOf(&["720p", "1080p", "4k"])),
    ("negativePrompt", Text),
    ("personGeneration", Text),
    ("enhancePrompt", Flag),
];

/// `POST /v1beta/models/{model}:predictLongRunning`.
pub(super) fn predict(call: &Call<'_>) -> Result<Answer, Refusal> {
    let model = call.params.get("model");
    models::known(call, model, Method::PredictLongRunning)?;
    let body = shape::body(call, PREDICT)?;
    let instance = only_instance(call, &body)?;
    let parameters = &body["parameters"];
    check_person_generation(parameters)?;
    let prompt = instance["prompt"].as_str().unwrap_or_default();
    let of_film = |field: &str| parameters[field].as_str().unwrap_or_default();
    let size = sizes::film(of_film("aspectRatio"), of_film("resolution"));
    let duration = duration(instance, parameters)?;
    let count = if is_filtered(prompt) { 0 } else { parameters["sampleCount"].as_i64().unwrap_or(1) };
    let film = |index| mp4(size, duration, &format!("{index} {prompt}"));
    let uris: Vec<_> = (0..count).map(|index| files::add_made(call, film(index))).collect();
    let details = json!({"object": "operation", "model": model, "uris": uris});
    let task = call.add_task(call.new_id("", 12), details);
    Ok(Answer::json(&json!({"name": name(&task)})).with_task_id(task.id))
}

/// `GET /v1beta/models/{model}/operations/{id}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let (model, id) = (call.params.get("model"), call.params.get("id"));
    let task = call.task("operation", id)?;
    if task.details["object"] != "operation" || task.details["model"] != model {
        return Err(Refusal::NotFound { what: "operation", id: id.to_owned() });
    }
    let mut operation = json!({"name": name(&task)});
    match task.stand(call.now()) {
        Stand::Queued | Stand::Running(_) => {}
        Stand::Done(_) => {
            operation["done"] = json!(true);
            operation["response"] = response(&task);
        }
        Stand::Failed(_) => {
            operation["done"] = json!(true);
            operation["error"] = error(&task);
        }
    }
    Ok(Answer::json(&operation))
}

fn name(task: &Task) -> String {
    format!("models/{}/operations/{}", task.details["model"].as_str().unwrap_or_default(), task.id)
}

fn response(task: &Task) -> Value {
    let uris = task.details["uris"].as_array().map(Vec::as_slice).unwrap_or_default();
    let videos = if uris.is_empty() {
        let reason = "We encountered an issue with the prompt: it violates our usage guidelines.";
        json!({"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [reason]})
    } else {
        let samples: Vec<_> = uris.iter().map(|uri| json!({"video": {"uri": uri}})).collect();
        json!({"generatedSamples": samples})
    };
    json!({
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse",
        "generateVideoResponse": videos,
    })
}

/// With a number of Google's: 13 stands for an error of its own.
fn error(task: &Task) -> Value {
    let Outcome::Failed { code, message } = &task.outcome else { return Value::Null };
    let code = code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(13);
    let message = message.as_deref().unwrap_or("Video generation failed due to an internal server issue.");
    json!({"code": code, "message": message})
}

fn only_instance<'a>(call: &Call<'_>, body: &'a Value) -> Result<&'a Value, Refusal> {
    let instances = body["instances"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [instance] = instances else {
        return Err(Refusal::not_allowed("instances", instances.len(), "exactly one instance"));
    };
    let is_given = |field: &str| instance.get(field).is_some();
    if instance["prompt"].as_str().is_none_or(str::is_empty) && !["image", "video"].into_iter().any(is_given)
    {
        return Err(Refusal::missing("instances[0].prompt"));
    }
    if is_given("lastFrame") && !is_given("image") {
        return Err(Refusal::missing("instances[0].image"));
    }
    if let Some(uri) = instance["video"]["uri"].as_str() {
        files::check_uri(call, uri)?;
    }
    Ok(instance)
}

/// Long ones only, where there is more to show than the usual.
fn duration(instance: &Value, parameters: &Value) -> Result<Duration, Refusal> {
    let seconds = parameters["durationSeconds"].as_u64().unwrap_or(8);
    let is_large = ["1080p", "4k"].iter().any(|resolution| parameters["resolution"] == *resolution);
    let allowed: (&[u64], _) = if is_large || instance.get("referenceImages").is_some() {
        (&[8], "8 with 1080p, 4k or reference images")
    } else {
        (&[4, 6, 8], "4, 6 or 8")
    };
    if !allowed.0.contains(&seconds) {
        return Err(Refusal::not_allowed("parameters.duration_seconds", seconds, allowed.1));
    }
    Ok(Duration::from_secs(seconds))
}
