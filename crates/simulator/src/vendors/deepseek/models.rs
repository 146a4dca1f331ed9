//! The models that DeepSeek has today, the old names of its main model among them. All of them think.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use crate::vendors::{Model, ModelKind};

pub(super) const MODELS: &[Model] = &[
    model("deepseek-flash"),
    model(TEXT_ONLY),
    model("deepseek-v4-flash"),
    model("deepseek-v4-flash-vision-exp"),
];

const TEXT_ONLY: &str = "deepseek-v4-pro";

/// `GET /models`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let own = call.world.settings.extra_models.iter().map(String::as_str);
    let names = MODELS.iter().map(|model| model.id).chain(own);
    let models: Vec<Value> =
        names.map(|id| json!({"id": id, "object": "model", "owned_by": "deepseek"})).collect();
    Ok(Answer::json(&json!({"object": "list", "data": models})))
}

/// The model that a request names. A name that was retired is as unknown as any.
pub(super) fn required(call: &Call<'_>, fields: &Fields) -> Result<String, Refusal> {
    let name = fields.required_text("model")?;
    call.model(name, ModelKind::chats)?;
    Ok(name.to_owned())
}

pub(super) fn takes_images(name: &str) -> bool {
    name != TEXT_ONLY
}

/// The vendor doesn't say when a model came.
const fn model(id: &'static str) -> Model {
    Model { id, kind: ModelKind::Reasoning, created: 0, shutdown_date: None }
}
