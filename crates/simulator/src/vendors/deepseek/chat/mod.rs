//! `/chat/completions`: plain, streamed, with tools, and with what the model thinks.

mod answer;
mod messages;
mod request;
mod stream;

pub(super) use answer::usage;

use super::waiting;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use answer::Completion;
use request::ChatRequest;

/// `POST /chat/completions`.
pub(super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    answer(call, false)
}

/// `POST /beta/chat/completions`, where an answer may be begun for the model.
pub(super) fn complete_beta(call: &Call<'_>) -> Result<Answer, Refusal> {
    answer(call, true)
}

fn answer(call: &Call<'_>, is_beta: bool) -> Result<Answer, Refusal> {
    let request = ChatRequest::read(call, is_beta, &call.json_fields()?)?;
    let completion = Completion::new(call, &request);
    let answer = match request.stream {
        None => waiting::whole(&completion.whole()),
        Some(placed) => waiting::streamed(stream::chunks(&completion), &completion.usage, placed),
    };
    Ok(answer.with_task_id(completion.id))
}
