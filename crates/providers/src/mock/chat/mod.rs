//! Chats: what can be asked, and what is answered. The mock answers from what was said, so that whoever reads it
//! sees what came through.

mod answer;
mod said;
mod sample;
mod stream;
mod tools;

use fourfold_domain::{ChatRequest, InvalidInput, Parameter, ParameterKind, ToolChoice};

pub(super) use answer::result;
pub(super) use said::Said;
pub(super) use stream::chunks;

use crate::parameters::{choice, number, whole};

/// How much the mock can be told to think.
const EFFORTS: [(&str, usize); 5] = [("none", 0), ("minimal", 1), ("low", 2), ("medium", 4), ("high", 8)];

/// What the chat models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let parameter = Parameter::new;
    vec![
        parameter("messages", ParameterKind::Messages, "what was said so far, the oldest first").required(),
        whole("max_tokens", 1, 16_384, "the most tokens of an answer, thoughts included")
            .default(ChatRequest::MAX_TOKENS_DEFAULT),
        whole("n", 1, 8, "how many answers").default(1),
        number("temperature", 0.0, 2.0, "how freely it answers").default(1.0),
        number("top_p", 0.0, 1.0, "the share of likely words that are drawn from").default(1.0),
        whole("seed", 0, i64::MAX, "another seed may answer the same in other words").default(0),
        parameter("stop", ParameterKind::Texts { max: 4 }, "texts at which the answer ends"),
        parameter("tools", ParameterKind::Tools, "what the model may call"),
        parameter(
            "tool_choice",
            ParameterKind::Open,
            "none, auto (calls the tool whose name is in what was said), required, or an object that names a tool",
        ),
        parameter(
            "response_format",
            ParameterKind::Open,
            "an object of type text, json_object or json_schema",
        ),
        choice("reasoning_effort", &EFFORTS.map(|(name, _)| name), "how much it thinks before it answers")
            .default("none"),
    ]
}

/// What the table can't say: a tool that must be called has to be there.
pub(super) fn check(chat: &ChatRequest) -> Result<(), InvalidInput> {
    const FIELD: &str = "input.tool_choice";
    match &chat.tool_choice {
        Some(ToolChoice::Required) if chat.tools.is_empty() => {
            Err(InvalidInput::not_allowed(FIELD, "must not be required where input.tools has none"))
        }
        Some(ToolChoice::Tool(name)) if chat.tools.iter().all(|tool| tool.name != *name) => {
            Err(InvalidInput::not_allowed(FIELD, format!("names {name}, which isn't one of input.tools")))
        }
        _ => Ok(()),
    }
}
