//! `/v1/messages`: plain, streamed, with tools and with thinking; and how many tokens one would be.

mod answer;
mod block;
mod conversation;
mod request;
mod stream;
mod tools;

use serde_json::{Value, json};

use super::version::Version;
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use answer::Message;
use conversation::Conversation;
use request::MessageRequest;

/// `POST /v1/messages`.
pub(in super::super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let version = Version::of(call)?;
    let request = MessageRequest::read(call, version, &call.json_fields()?)?;
    let message = Message::new(call, &request);
    let answer = if request.is_streamed {
        Answer::events(stream::events(&message))
    } else {
        Answer::json(&message.whole())
    };
    Ok(answer.with_task_id(message.id))
}

/// The message of these fields, as a batch has it.
pub(super) fn whole(call: &Call<'_>, version: Version, fields: &Fields) -> Result<Value, Refusal> {
    let request = MessageRequest::read(call, version, fields)?;
    Ok(Message::new(call, &request).whole())
}

/// `POST /v1/messages/count_tokens`.
pub(super) fn count_input_tokens(call: &Call<'_>) -> Result<Answer, Refusal> {
    let version = Version::of(call)?;
    let conversation = Conversation::read(call, version, &call.json_fields()?)?;
    Ok(Answer::json(&json!({"input_tokens": conversation.input_tokens})))
}
