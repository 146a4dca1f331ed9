//! Models: a new one, and an older one for what only older ones take.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::page;
use super::version::Version;
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use crate::vendors::{Model, ModelKind};

pub(super) const MODELS: &[Model] =
    &[model(NEW, 1_780_272_000), model("claude-haiku-4-5-20251001", 1_759_276_800)];

/// It neither takes a budget for thinking nor goes on with a message that was begun for it.
const NEW: &str = "claude-sonnet-5";

/// How many tokens a model writes at most. The page has no numbers; these are of the usual size.
pub(super) const OUTPUT_TOKENS_MAX: i64 = 64_000;
const INPUT_TOKENS_MAX: i64 = 200_000;

/// `GET /v1/models`, in pages.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    Version::of(call)?;
    page::of(call, all(call), "model")
}

/// `GET /v1/models/{model}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    Version::of(call)?;
    let name = call.params.get("model");
    let model = all(call).into_iter().find(|model| model["id"] == name);
    model.map(|model| Answer::json(&model)).ok_or_else(|| Refusal::UnknownModel(name.to_owned()))
}

/// The model that a request names.
pub(super) fn required(call: &Call<'_>, fields: &Fields) -> Result<String, Refusal> {
    let name = fields.required_text("model")?;
    call.model(name, ModelKind::chats)?;
    Ok(name.to_owned())
}

pub(super) fn is_new(name: &str) -> bool {
    name == NEW
}

fn all(call: &Call<'_>) -> Vec<Value> {
    let own = call.world.settings.extra_models.iter().map(|extra| described(extra, 0));
    MODELS.iter().map(|model| described(model.id, model.created)).chain(own).collect()
}

fn described(id: &str, created: u64) -> Value {
    let created_at = UNIX_EPOCH + Duration::from_secs(created);
    json!({
        "type": "model",
        "id": id,
        "display_name": display_name(id),
        "created_at": humantime::format_rfc3339_seconds(created_at).to_string(),
        "lifecycle": "active",
        "max_input_tokens": INPUT_TOKENS_MAX,
        "max_tokens": OUTPUT_TOKENS_MAX,
        "deprecated_at": null,
        "retires_at": null,
    })
}

/// `Claude Haiku 4.5` of `claude-haiku-4-5-20251001`.
fn display_name(id: &str) -> String {
    let mut name = String::new();
    let mut follows_number = false;
    for part in id.split('-') {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && part.len() == 8 {
            continue;
        }
        if !name.is_empty() {
            name.push(if is_number && follows_number { '.' } else { ' ' });
        }
        let (first, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
        follows_number = is_number;
    }
    name
}

const fn model(id: &'static str, created: u64) -> Model {
    Model { id, kind: ModelKind::Chat, created, shutdown_date: None }
}
