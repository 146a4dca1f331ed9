//! `/api/v1/models`: what there is, for anybody.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::vendors::{Model, ModelKind};

/// `GET /api/v1/models`: the models that fit all filters, in the order that is asked for.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let asked = |name: &str| call.query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let own = call.world.settings.extra_models.iter().map(|id| described(id, None));
    let of_vendor = |model: &Model| described(model.id, Some(model.kind));
    let mut models: Vec<Value> = call.vendor.row().models.iter().map(of_vendor).chain(own).collect();
    if let Some(kind) = asked("type") {
        models.retain(|model| model["types"] == kind);
    }
    if let Some(part) = asked("model") {
        let part = part.to_lowercase();
        models.retain(|model| text(model, "model_id").to_lowercase().contains(&part));
    }
    for (name, field) in [("modalities", "input_modalities"), ("features", "features")] {
        for wanted in asked(name).into_iter().flat_map(|list| list.split(',')) {
            models.retain(|model| text(model, field).split(',').any(|has| has == wanted.trim()));
        }
    }
    // Every model has the same price, so sorting by it changes nothing.
    match asked("sort_by") {
        Some("context_length") => models.sort_by_key(|model| model["context_length"].as_u64()),
        Some("coding") => models.sort_by_key(|model| model["types"] != "llm"),
        _ => {}
    }
    if asked("sort_order") == Some("desc") {
        models.reverse();
    }
    Ok(Answer::json(&json!({"data": models, "message": "", "success": true})))
}

fn text<'m>(model: &'m Value, field: &str) -> &'m str {
    model[field].as_str().unwrap_or_default()
}

/// A model as the catalog has it; those of the settings are for chats.
fn described(id: &str, kind: Option<ModelKind>) -> Value {
    let (kind, inputs, context_tokens) = match kind {
        None | Some(ModelKind::Chat) => ("llm", "text,image", 128_000),
        Some(ModelKind::Reasoning) => ("llm", "text,image,pdf", 400_000),
        Some(ModelKind::Embedding) => ("embedding", "text", 8192),
        Some(ModelKind::Image) => ("image_generation", "text,image", 0),
        Some(ModelKind::Video) => ("video", "text,image", 0),
        Some(ModelKind::Speech) => ("tts", "text", 0),
        Some(ModelKind::Transcription) => ("stt", "audio", 0),
    };
    let mut features = Vec::new();
    if kind == "llm" {
        features.extend(["tools", "function_calling", "structured_outputs"]);
        if context_tokens > 128_000 {
            features.extend(["thinking", "long_context"]);
        }
        if id.ends_with("-search") {
            features.push("web");
        }
    }
    json!({
        "model_id": id,
        "desc": "A simulated model.",
        "types": kind,
        "features": features.join(","),
        "input_modalities": inputs,
        "max_output": if kind == "llm" { context_tokens / 8 } else { 0 },
        "context_length": context_tokens,
        "pricing": {"input": 0.0, "output": 0.0, "cache_read": 0.0, "cache_write": 0.0},
    })
}
