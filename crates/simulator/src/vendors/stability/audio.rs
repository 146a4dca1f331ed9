//! v2beta sound: Stable Audio 2 at once, Stable Audio 3 after a while.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::answer::{Accepted, Made, made, seed};
use super::rules::{self, Rule};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::is_filtered;
use crate::media::{AudioFormat, Media};
use crate::refusal::Refusal;

/// Stable Audio 2; with another sound to begin with, or without.
pub(super) fn make(call: &Call<'_>, takes_sound: bool) -> Result<Answer, Refusal> {
    let accepted = Accepted::read(call, "audio/*")?;
    let fields = read(call, takes_sound, &["stable-audio-2", "stable-audio-2.5"], 190.0)?;
    Ok(made(sound(&fields)?, &fields)?.answer(accepted, "audio"))
}

/// Stable Audio 3: answers 202, since the sound takes a while.
pub(super) fn start(call: &Call<'_>, takes_sound: bool) -> Result<Answer, Refusal> {
    let fields = read(call, takes_sound, &["stable-audio-3"], 380.0)?;
    let prompt = fields.required_text("prompt")?;
    let details = json!({
        "kind": "audio",
        "prompt": prompt,
        "seconds": seconds(&fields)?,
        "format": fields.text("output_format")?.unwrap_or("mp3"),
        "seed": seed(&fields, prompt)?,
    });
    let task = call.add_task(call.new_id("", 64), details);
    Ok(Answer::json(&json!({"id": task.id})).with_status(StatusCode::ACCEPTED).with_task_id(task.id))
}

/// The sound of a task that is over.
pub(super) fn finished(details: &serde_json::Value) -> Made {
    let format = details["format"].as_str().and_then(AudioFormat::parse).unwrap_or(AudioFormat::Mp3);
    let seed = details["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok()).unwrap_or(1);
    let is_filtered = is_filtered(details["prompt"].as_str().unwrap_or_default());
    Made { media: record(format, details["seconds"].as_f64().unwrap_or_default()), seed, is_filtered }
}

fn read(
    call: &Call<'_>,
    takes_sound: bool,
    models: &'static [&'static str],
    seconds_max: f64,
) -> Result<Fields, Refusal> {
    let fields = call.form_fields()?;
    let rules = [
        Rule::Prompt("prompt"),
        Rule::Word("model", models),
        Rule::Word("output_format", &["mp3", "wav"]),
        Rule::Number("duration", 1.0, seconds_max),
        Rule::Number("strength", 0.0, 1.0),
        Rule::Number("mask_start", 0.0, seconds_max),
        Rule::Number("mask_end", 0.0, seconds_max),
        Rule::Integer("steps", 1, 100),
        rules::SEED,
    ];
    rules::check(&fields, &rules)?;
    if takes_sound {
        fields.required_file("audio")?;
    }
    Ok(fields)
}

fn sound(fields: &Fields) -> Result<Media, Refusal> {
    let format = fields.text("output_format")?.and_then(AudioFormat::parse).unwrap_or(AudioFormat::Mp3);
    Ok(record(format, seconds(fields)?))
}

fn seconds(fields: &Fields) -> Result<f64, Refusal> {
    Ok(fields.number("duration", 1.0..=380.0)?.unwrap_or(190.0))
}

/// At most ten seconds, so that files stay small.
fn record(format: AudioFormat, seconds: f64) -> Media {
    format.record(Duration::from_secs_f64(seconds.clamp(1.0, 10.0)))
}
