//! `/v1/chat/completions`: OpenAI's, for the models of all vendors.

use super::super::openai::chat::{Manner, answer};
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

/// `POST /v1/chat/completions`: models that think show it.
pub(super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    if fields.has("tools") && fields.list("tools")?.is_empty() && fields.has("tool_choice") {
        let reason = "'tool_choice' is only allowed when 'tools' are specified";
        return Err(Refusal::unsupported("tool_choice", reason));
    }
    // What Claude's cache did isn't translated.
    let only_sums = fields.text("model")?.is_some_and(|model| model.starts_with("claude-"));
    answer(call, &fields, Manner { thinks_aloud: true, only_sums })
}
