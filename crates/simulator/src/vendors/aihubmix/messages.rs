//! `/v1/messages`: Anthropic's, for its own models.

use super::super::anthropic::messages;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// `POST /v1/messages`.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    let model = fields.required_text("model")?;
    let is_of_settings = call.model(model, ModelKind::chats)?.is_none();
    if !is_of_settings && !model.starts_with("claude-") {
        return Err(Refusal::UnknownModel(model.to_owned()));
    }
    messages::create(call)
}
