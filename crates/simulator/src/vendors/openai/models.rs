//! The models that OpenAI has today. Those that it has shut down are unknown, as at the vendor.

use serde_json::{Value, json};

use super::super::{Model, ModelKind};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;

pub(super) const MODELS: &[Model] = &[
    model("gpt-5", ModelKind::Reasoning, 1_754_425_777, Some("2026-12-11")),
    model("gpt-5-mini", ModelKind::Reasoning, 1_754_425_928, Some("2026-12-11")),
    model("gpt-5-nano", ModelKind::Reasoning, 1_754_426_384, Some("2026-12-11")),
    model("o3", ModelKind::Reasoning, 1_744_225_308, Some("2026-12-11")),
    model("gpt-4.1", ModelKind::Chat, 1_744_316_542, Some("2027-01-14")),
    model("gpt-4.1-mini", ModelKind::Chat, 1_744_318_173, Some("2027-01-14")),
    model("gpt-4.1-nano", ModelKind::Chat, 1_744_321_025, Some("2027-01-14")),
    model("gpt-4o", ModelKind::Chat, 1_715_367_049, Some("2027-01-14")),
    model("gpt-4o-mini", ModelKind::Chat, 1_721_172_741, Some("2027-01-14")),
    model("text-embedding-3-small", ModelKind::Embedding, 1_705_948_997, None),
    model("text-embedding-3-large", ModelKind::Embedding, 1_705_953_180, None),
    model("text-embedding-ada-002", ModelKind::Embedding, 1_671_217_299, None),
    model("gpt-image-2", ModelKind::Image, 1_776_211_200, None),
    model("gpt-image-2.5-flare", ModelKind::Image, 1_790_726_400, None),
    model("gpt-image-2.5-sunburst", ModelKind::Image, 1_790_726_400, None),
    model("tts-1", ModelKind::Speech, 1_681_940_951, Some("2027-01-06")),
    model("tts-1-hd", ModelKind::Speech, 1_699_046_015, Some("2027-01-06")),
    model("gpt-4o-mini-tts", ModelKind::Speech, 1_742_403_959, Some("2027-01-06")),
    model("whisper-1", ModelKind::Transcription, 1_677_532_384, Some("2027-02-26")),
    model("gpt-4o-transcribe", ModelKind::Transcription, 1_742_068_463, Some("2027-02-26")),
    model("gpt-4o-mini-transcribe", ModelKind::Transcription, 1_742_068_596, Some("2027-02-26")),
    model("gpt-4o-transcribe-diarize", ModelKind::Transcription, 1_750_798_887, Some("2027-02-26")),
    model("gpt-transcribe", ModelKind::Transcription, 1_787_270_400, None),
    // The service is closed; aggregators speak its wire on, so it is played.
    model("sora-2", ModelKind::Video, 1_759_708_615, Some("2026-09-24")),
    model("sora-2-pro", ModelKind::Video, 1_759_708_663, Some("2026-09-24")),
];

/// `GET /v1/models`.
pub(in super::super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let own = call.world.settings.extra_models.iter().map(|extra| described(extra, 0, None));
    let models: Vec<_> = call.vendor.row().models.iter().map(of_vendor).chain(own).collect();
    Ok(Answer::json(&json!({"object": "list", "data": models})))
}

/// `GET /v1/models/{model}`.
pub(in super::super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.get("model");
    call.model(name, |_any| true)?;
    let model = call.vendor.row().models.iter().find(|model| model.id == name);
    Ok(Answer::json(&model.map_or_else(|| described(name, 0, None), of_vendor)))
}

/// The model that a request names, as the vendor knows it; none for one of the settings' own models.
pub(super) fn required<'f>(
    call: &Call<'_>,
    fields: &'f Fields,
    fits: fn(ModelKind) -> bool,
) -> Result<(&'f str, Option<ModelKind>), Refusal> {
    let name = fields.required_text("model")?;
    Ok((name, call.model(name, fits)?))
}

fn of_vendor(model: &Model) -> Value {
    described(model.id, model.created, model.shutdown_date)
}

fn described(id: &str, created: u64, shutdown_date: Option<&str>) -> Value {
    let mut model = json!({"id": id, "object": "model", "created": created, "owned_by": "system"});
    if let Some(day) = shutdown_date {
        model["shutdown_date"] = json!(day);
    }
    model
}

const fn model(
    id: &'static str,
    kind: ModelKind,
    created: u64,
    shutdown_date: Option<&'static str>,
) -> Model {
    Model { id, kind, created, shutdown_date }
}
