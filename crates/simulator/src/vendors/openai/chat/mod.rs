//! `/v1/chat/completions`: plain, streamed, with tools.

mod answer;
mod request;
mod stream;

use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use answer::Completion;
use request::ChatRequest;
pub(in crate::vendors) use request::{role, text, tool_use, tools};
pub(in crate::vendors) use stream::fragments;

/// What other vendors of this wire do otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::vendors) struct Manner {
    /// A model that thinks shows its thoughts, and takes `max_tokens` as the others do.
    pub(in crate::vendors) thinks_aloud: bool,
    /// Usage has sums only.
    pub(in crate::vendors) only_sums: bool,
}

/// `POST /v1/chat/completions`.
pub(in super::super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    answer(call, &call.json_fields()?, Manner::default())
}

/// The chat that these fields ask for.
pub(in crate::vendors) fn answer(
    call: &Call<'_>,
    fields: &Fields,
    manner: Manner,
) -> Result<Answer, Refusal> {
    let request = ChatRequest::read(call, fields, manner)?;
    let completion = Completion::new(call, &request);
    let answer = match &request.stream {
        None => Answer::json(&completion.whole()),
        Some(options) => Answer::events(stream::chunks(&completion, options)),
    };
    Ok(answer.with_task_id(completion.id))
}
