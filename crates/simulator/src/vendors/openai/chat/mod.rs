//! `/v1/chat/completions`: plain, streamed, with tools.

mod answer;
mod request;
mod stream;

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use answer::Completion;
use request::ChatRequest;
pub(in crate::vendors) use request::{role, text, tool_use, tools};
pub(in crate::vendors) use stream::fragments;

/// `POST /v1/chat/completions`.
pub(in super::super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = ChatRequest::read(call, &call.json_fields()?)?;
    let completion = Completion::new(call, &request);
    let answer = match &request.stream {
        None => Answer::json(&completion.whole()),
        Some(options) => Answer::events(stream::chunks(&completion, options)),
    };
    Ok(answer.with_task_id(completion.id))
}
