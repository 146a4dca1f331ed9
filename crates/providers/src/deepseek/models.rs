//! The models that DeepSeek has, and what each can be told. From the vendor's page on its API, 2026-11-21: the names
//! that it has today, and the old ones that it still takes.

use fourfold_domain::{ChatPart, ChatRequest, InvalidInput, Modality, ModelSpec, Parameter, ResponseFormat};

use crate::openai::models::{chance, conversation, limit, one_answer};
use crate::parameters::choice;

/// 384K, thoughts included.
const TOKENS_MAX: i64 = 384_000;

/// Thoughts take many of them.
const TOKENS_DEFAULT: i64 = 32_000;

const TOOLS_MAX: usize = 128;
const STOPS_MAX: usize = 16;

/// The model that sees no pictures.
const TEXT_ONLY: &str = "deepseek-v4-pro";

/// Everything that is offered.
pub(super) fn models() -> Vec<ModelSpec> {
    let names = ["deepseek-flash", TEXT_ONLY, "deepseek-v4-flash", "deepseek-v4-flash-vision-exp"];
    let spec = |name: &str| ModelSpec {
        vendor_model: name.to_owned(),
        modality: Modality::Chat,
        parameters: parameters(),
    };
    names.into_iter().map(spec).collect()
}

fn parameters() -> Vec<Parameter> {
    let mut parameters = conversation();
    parameters.extend([
        limit(TOKENS_MAX, TOKENS_DEFAULT),
        one_answer(),
        choice("thinking", &["enabled", "disabled"], "whether it thinks before it answers")
            .default("enabled"),
        choice(
            "reasoning_effort",
            &["minimal", "low", "medium", "high", "xhigh", "max", "ultra"],
            "how much it thinks, high where left out; minimal is low, medium and xhigh are high, ultra is max",
        ),
    ]);
    let passed_over = ["temperature", "presence_penalty", "frequency_penalty"];
    parameters.extend(chance(STOPS_MAX).map(|mut parameter| {
        if passed_over.contains(&parameter.name.as_str()) {
            parameter.about.push_str("; passed over by the model while it thinks");
        } else if parameter.name == "top_p" {
            parameter.about.push_str("; kept to 0.95 and more by flash while it thinks, else to 1");
        }
        parameter
    }));
    parameters
}

/// What the table can't say.
pub(super) fn check(vendor_model: &str, chat: &ChatRequest) -> Result<(), InvalidInput> {
    let not_allowed = |field: &'static str, allowed: &str| Err(InvalidInput::not_allowed(field, allowed));
    let mut parts = chat.messages.iter().flat_map(|message| &message.parts);
    let sees = vendor_model != TEXT_ONLY;
    let is_taken = |part: &ChatPart| match part {
        ChatPart::Text(_) => true,
        ChatPart::Image { .. } => sees,
        ChatPart::Audio(_) | ChatPart::File { .. } => false,
    };
    if !parts.all(is_taken) {
        let allowed = if sees { "must have only texts and pictures" } else { "must have only texts" };
        return not_allowed("input.messages", allowed);
    }
    if chat.tools.len() > TOOLS_MAX {
        return not_allowed("input.tools", "must be at most 128 tools");
    }
    if chat.reasoning_effort.is_some() && !thinks(chat) {
        return not_allowed("input.reasoning_effort", "must be left out where thinking is disabled");
    }
    let mentions_json = || chat.messages.iter().any(|message| message.text().to_lowercase().contains("json"));
    match chat.response_format {
        Some(ResponseFormat::JsonSchema { .. }) => {
            not_allowed("input.response_format", "must be of type text or json_object")
        }
        Some(ResponseFormat::JsonObject) if !mentions_json() => {
            let allowed = "can only be json_object where a message mentions json";
            not_allowed("input.response_format", allowed)
        }
        _ => Ok(()),
    }
}

/// Whether the model thinks before this answer. It does, unless it is told not to.
pub(super) fn thinks(chat: &ChatRequest) -> bool {
    chat.extras.get("thinking").is_none_or(|thinking| thinking != "disabled")
}
