//! `/chat/completions`: plain, streamed, with tools, and with what the model thinks.

mod answer;
mod messages;
mod request;
mod stream;

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

/// Comes with what the vendor sends while a request waits for its turn: comments before events, an empty line
/// before JSON.
fn answer(call: &Call<'_>, is_beta: bool) -> Result<Answer, Refusal> {
    let request = ChatRequest::read(call, is_beta, &call.json_fields()?)?;
    let completion = Completion::new(call, &request);
    let answer = match request.stream {
        None => Answer::pieces("application/json", ["\n".to_owned(), completion.whole().to_string()]),
        Some(usage) => Answer::events(stream::chunks(&completion, usage)),
    };
    Ok(answer.with_task_id(completion.id))
}
