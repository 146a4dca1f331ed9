//! Rules about several fields at once, as the official SDK describes them in words.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::call::Fields;
use crate::refusal::Refusal;

/// Holds fields that are right one by one to what the model wants of them together.
pub(super) fn check(model: &str, fields: &Fields) -> Result<(), Refusal> {
    check_prores(fields)?;
    check_shots(fields)?;
    check_keyframes(fields)?;
    check_tags(fields)?;
    match model {
        "wan3" | "wan3_prime" => {
            let has_frames = items(fields, "promptImage").any(|frame| frame["position"].is_string());
            let is_fixed = text(fields, "ratio").is_some_and(|ratio| ratio.contains(':'));
            refuse_if(
                has_frames && is_fixed,
                "ratio",
                "With frames the ratio must be auto_480p, auto_720p or auto_1080p",
            )
        }
        "hailuo3" => {
            let sources = ["promptImage", "promptVideo", "references", "referenceVideos"];
            let is_bare = !sources.iter().any(|source| fields.has(source));
            let is_adaptive = text(fields, "ratio") == Some("adaptive");
            refuse_if(is_bare && is_adaptive, "ratio", "adaptive needs an image or a video")
        }
        "seedance2_5" => check_seedance(fields),
        "grok_imagine_image_2" => {
            refuse_if(is_on(fields, "edit") && count(fields) == 0, "edit", "An edit needs a reference image")
        }
        "bria_fibo_edit_1_5" => {
            let is_sized = text(fields, "ratio").is_some_and(|ratio| ratio != "auto");
            refuse_if(is_sized && count(fields) < 2, "ratio", "A single image keeps its own framing")
        }
        "ideogram_4_5" => {
            let is_precise = is_on(fields, "preciseEdit");
            refuse_if(is_precise && count(fields) == 0, "preciseEdit", "An edit needs a reference image")?;
            let keeps_size = is_precise || fields.has("maskUri");
            refuse_if(keeps_size && fields.has("ratio"), "ratio", "The first reference image keeps its size")
        }
        _ => Ok(()),
    }
}

/// Profiles are for the format of that name.
fn check_prores(fields: &Fields) -> Result<(), Refusal> {
    let is_prores = matches!(text(fields, "outputFormat"), Some("prores" | "hdr_prores"));
    let reason = "proresProfile is only valid when outputFormat is prores or hdr_prores";
    refuse_if(fields.has("proresProfile") && !is_prores, "proresProfile", reason)
}

/// Shots last 3 to 15 seconds together; those that the model puts in order need a prompt for the whole.
fn check_shots(fields: &Fields) -> Result<(), Refusal> {
    let Some(settings) = fields.value("providerSettings") else { return Ok(()) };
    if let Some(shots) = settings["multiPrompt"].as_array() {
        let seconds: i64 = shots.iter().filter_map(|shot| shot["duration"].as_i64()).sum();
        let reason = "All shots together must last from 3 to 15 seconds";
        refuse_if(!(3..=15).contains(&seconds), "providerSettings.multiPrompt", reason)?;
    }
    let is_bare = settings["shotType"] == "intelligence" && !fields.has("promptText");
    if is_bare { Err(Refusal::missing("promptText")) } else { Ok(()) }
}

/// A keyframe is at a time or at a part of the video; and all have a range, or none has.
fn check_keyframes(fields: &Fields) -> Result<(), Refusal> {
    for (place, frame) in items(fields, "keyframes").enumerate() {
        let is_placed_once = frame["seconds"].is_number() != frame["at"].is_number();
        refuse_if(!is_placed_once, &format!("keyframes.{place}"), "Expected either seconds or at")?;
    }
    let with_range = items(fields, "keyframes").filter(|frame| frame["range"].is_object()).count();
    let is_mixed = with_range > 0 && with_range < items(fields, "keyframes").count();
    refuse_if(is_mixed, "keyframes", "Either all keyframes have a range, or none")
}

fn check_tags(fields: &Fields) -> Result<(), Refusal> {
    let mut tags = BTreeSet::new();
    for (place, image) in items(fields, "referenceImages").enumerate() {
        let is_new = image["tag"].as_str().is_none_or(|tag| tags.insert(tag));
        refuse_if(!is_new, &format!("referenceImages.{place}.tag"), "No two images may share a tag")?;
    }
    Ok(())
}

fn check_seedance(fields: &Fields) -> Result<(), Refusal> {
    let is_extra = ["promptText", "ratio", "duration", "references", "draft"]
        .into_iter()
        .find(|field| fields.has(field));
    if let (true, Some(extra)) = (fields.has("draftTaskId"), is_extra) {
        return Err(Refusal::unsupported(extra, "A draft is made anew with its own settings"));
    }
    let is_mov = text(fields, "outputFormat") == Some("mov");
    refuse_if(is_on(fields, "draft") && is_mov, "outputFormat", "Draft mode only supports mp4")?;
    let mode = text(fields, "mode").filter(|mode| *mode != "reference");
    let Some(mode) = mode else { return Ok(()) };
    if !fields.has("promptText") {
        return Err(Refusal::missing("promptText"));
    }
    refuse_if(fields.has("ratio"), "ratio", "The ratio is that of the input video")?;
    let is_auto = text(fields, "duration") == Some("auto");
    refuse_if(mode == "edit" && !is_auto, "duration", "An edit needs the duration auto")
}

fn refuse_if(is_wrong: bool, field: &str, reason: &str) -> Result<(), Refusal> {
    if is_wrong { Err(Refusal::unsupported(field, reason)) } else { Ok(()) }
}

fn count(fields: &Fields) -> usize {
    items(fields, "referenceImages").count()
}

fn items<'f>(fields: &'f Fields, field: &str) -> impl Iterator<Item = &'f Value> {
    fields.value(field).and_then(Value::as_array).into_iter().flatten()
}

fn is_on(fields: &Fields, field: &str) -> bool {
    fields.value(field) == Some(&Value::Bool(true))
}

fn text<'f>(fields: &'f Fields, field: &str) -> Option<&'f str> {
    fields.value(field).and_then(Value::as_str)
}
