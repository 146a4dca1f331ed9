//! Errors of a model's parameters, by the names that the caller's wire has for them.

use fourfold_domain::{Dialect, InvalidInput, WireFields};

/// Ours, then Anthropic's.
const MESSAGES: &[(&str, &str)] = &[
    ("messages", "messages"),
    ("stop", "stop_sequences"),
    ("response_format", "output_config.format"),
    ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
];

/// Ours, then OpenAI's.
const RESPONSES: &[(&str, &str)] = &[
    ("messages", "input"),
    ("max_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning.effort"),
    ("response_format", "text.format"),
    ("verbosity", "text.verbosity"),
];

/// The same error, with the field by the name that the caller gave it. A field that has no `input.` before it is by
/// that name already.
pub(super) fn by_callers_name(
    error: InvalidInput,
    dialect: Dialect,
    limit_field: Option<&'static str>,
    body: &[u8],
) -> InvalidInput {
    let Some(ours) = error.field.strip_prefix("input.") else { return error };
    let root = ours.split(['.', '[']).next().unwrap_or_default();
    let theirs = match (dialect, root, limit_field) {
        (_, "max_tokens", Some(limit_field)) => Some(limit_field),
        (Dialect::AnthropicMessages, "reasoning_effort", _) => Some(effort_field(body)),
        (Dialect::AnthropicMessages, ..) => other_name(MESSAGES, root),
        (Dialect::OpenAiResponses, ..) => other_name(RESPONSES, root),
        (Dialect::OpenAiChat | Dialect::OpenAiEmbeddings, ..) => None,
    };
    // Places within what has another name there are others too.
    let field = theirs.unwrap_or(ours).to_owned().into();
    InvalidInput { field, ..error }
}

fn other_name(names: &[(&str, &'static str)], ours: &str) -> Option<&'static str> {
    names.iter().find(|(name, _)| *name == ours).map(|(_, theirs)| *theirs)
}

/// Anthropic's clients say in either of two fields how much is thought.
fn effort_field(body: &[u8]) -> &'static str {
    let config = WireFields::scan(body).ok().and_then(|fields| fields.get("output_config"));
    match config.is_some_and(|config| config.contains("\"effort\"")) {
        true => "output_config.effort",
        false => "thinking",
    }
}
