//! The models that Google has today, and two that it has shut down: their wire is spoken on by older clients.
//! Others that were shut down are unknown, as at the vendor.

use serde_json::{Value, json};

use super::pages::page;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::vendors::{Model, ModelKind};

pub(super) const MODELS: &[Model] = &[
    model("gemini-3.8-flash", ModelKind::Chat),
    model("gemini-3.7-flash", ModelKind::Chat),
    model("gemini-3.6-flash", ModelKind::Chat),
    model("gemini-3.5-flash", ModelKind::Chat),
    model("gemini-3.5-flash-lite", ModelKind::Chat),
    model("gemini-3.1-pro-preview", ModelKind::Chat),
    model("gemini-4-argon", ModelKind::Chat),
    model("gemini-4-carbon", ModelKind::Chat),
    model("gemini-4-hydrogen", ModelKind::Chat),
    model("gemini-flash-latest", ModelKind::Chat),
    model("gemini-pro-latest", ModelKind::Chat),
    model("gemini-3.1-flash-image", ModelKind::Image),
    model("gemini-3-pro-image", ModelKind::Image),
    model("gemini-3.1-flash-lite-image", ModelKind::Image),
    model("gemini-3.8-flash-tts", ModelKind::Speech),
    model("gemini-3.8-flash-lite-tts", ModelKind::Speech),
    ending(model("gemini-3.1-flash-tts-preview", ModelKind::Speech), "2026-12-18"),
    ending(model("gemini-2.5-flash-preview-tts", ModelKind::Speech), "2026-12-18"),
    ending(model("gemini-2.5-pro-preview-tts", ModelKind::Speech), "2026-12-18"),
    model("gemini-embedding-001", ModelKind::Embedding),
    model("gemini-embedding-2", ModelKind::Embedding),
    model("gemini-omni-1.1-flash", ModelKind::Video),
    model("gemini-omni-1.2-flash", ModelKind::Video),
    ending(model("imagen-4.0-generate-001", ModelKind::Image), "2026-08-17"),
    ending(model("veo-3.1-generate-preview", ModelKind::Video), "2026-10-22"),
];

/// What can be done with a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    Generate,
    CountTokens,
    Embed,
    Predict,
    PredictLongRunning,
    Interact,
}

/// How much a model writes at most.
pub(super) const OUTPUT_TOKENS_MAX: i64 = 65_536;
const INPUT_TOKENS_MAX: u64 = 1_048_576;

/// `GET /v1beta/models`, in pages.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let own = call.world.settings.extra_models.iter().map(|extra| described(extra, None));
    let models = call.vendor.row().models.iter().map(|model| described(model.id, Some(model.kind)));
    let (models, next) = page(call, models.chain(own).collect(), 50)?;
    let mut list = json!({"models": models});
    if let Some(next) = next {
        list["nextPageToken"] = json!(next);
    }
    Ok(Answer::json(&list))
}

/// `GET /v1beta/models/{model}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.get("model");
    Ok(Answer::json(&described(name, call.model(name, |_any| true)?)))
}

/// What this model is for, if the vendor has it and it does this; none for one of the settings' own.
pub(super) fn known(call: &Call<'_>, name: &str, method: Method) -> Result<Option<ModelKind>, Refusal> {
    match call.model(name, |_any| true)? {
        Some(kind) if !methods(name, kind).contains(&method) => Err(Refusal::UnknownModel(name.to_owned())),
        kind => Ok(kind),
    }
}

/// A model's name without `models/`, which it may have in front.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("models/").unwrap_or(name)
}

fn methods(name: &str, kind: ModelKind) -> &'static [Method] {
    match kind {
        ModelKind::Image if name.starts_with("imagen-") => &[Method::Predict],
        ModelKind::Video if name.starts_with("veo-") => &[Method::PredictLongRunning],
        ModelKind::Video => &[Method::Interact],
        ModelKind::Embedding => &[Method::Embed, Method::CountTokens],
        _ => &[Method::Generate, Method::CountTokens, Method::Interact],
    }
}

fn described(name: &str, kind: Option<ModelKind>) -> Value {
    let kind = kind.unwrap_or(ModelKind::Chat);
    let methods: Vec<_> = methods(name, kind).iter().filter_map(|method| method.listed()).collect();
    let mut described = json!({
        "name": format!("models/{name}"),
        "version": "001",
        "displayName": name,
        "inputTokenLimit": INPUT_TOKENS_MAX,
        "outputTokenLimit": OUTPUT_TOKENS_MAX,
        "supportedGenerationMethods": methods,
    });
    if kind.chats() {
        described["thinking"] = json!(true);
    }
    described
}

impl Method {
    /// As a list of models names it. The page doesn't say how it names interactions.
    fn listed(self) -> Option<&'static str> {
        match self {
            Self::Generate => Some("generateContent"),
            Self::CountTokens => Some("countTokens"),
            Self::Embed => Some("embedContent"),
            Self::Predict => Some("predict"),
            Self::PredictLongRunning => Some("predictLongRunning"),
            Self::Interact => None,
        }
    }
}

/// The vendor doesn't say when a model came.
const fn model(id: &'static str, kind: ModelKind) -> Model {
    Model { id, kind, created: 0, shutdown_date: None }
}

const fn ending(model: Model, day: &'static str) -> Model {
    Model { shutdown_date: Some(day), ..model }
}
