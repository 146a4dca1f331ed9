//! What a vendor charges for beside tokens, by the fields that ask for it. A price names tokens alone, so such a field
//! would be worked for and not paid; and what reaches things stored at a vendor, whose credential others share.

use std::borrow::Cow;

use serde::Deserialize;

use super::asked::read;
use super::{Dialect, WireFields};
use crate::InvalidInput;

/// A field, and the values of it that cost nothing beside tokens.
type Field = (&'static str, &'static [&'static str]);

/// Values that ask for nothing.
const NOTHING: &[&str] = &["null", "false", "[]"];

/// From OpenAI's reference of chat completions, and the extensions of vendors of its wire: live search, plug-ins and
/// models to fall back to.
const CHAT: &[Field] = &[
    ("service_tier", &["\"auto\"", "\"default\""]),
    ("modalities", &["[\"text\"]"]),
    ("audio", &[]),
    ("web_search_options", &[]),
    ("prediction", &[]),
    ("background", &[]),
    ("plugins", &[]),
    ("models", &[]),
    ("search_parameters", &[]),
    ("enable_search", &[]),
    ("web_search", &[]),
];

/// From OpenAI's reference of responses.
const RESPONSES: &[Field] = &[("service_tier", &["\"auto\"", "\"default\""]), ("background", &[])];

/// From Anthropic's reference of messages.
const MESSAGES: &[Field] = &[
    ("service_tier", &["\"auto\"", "\"standard_only\""]),
    ("inference_geo", &["\"global\""]),
    ("speed", &["\"standard\""]),
    ("mcp_servers", &[]),
    ("container", &[]),
];

/// Fields by which a request goes on from what an earlier one has left at the vendor.
const STORED: &[&str] = &["previous_response_id", "conversation", "prompt"];

/// Betas that cost more than the tokens that a price names, by what their names begin with: a longer context, faster
/// answers, and tools that the vendor runs. From Anthropic's list of beta headers.
const BETAS: [&str; 8] = [
    "context-1m",
    "fast-mode",
    "code-execution",
    "web-search",
    "web-fetch",
    "skills",
    "mcp-client",
    "advisor-tool",
];

/// A tool, as far as it says who runs it.
#[derive(Deserialize)]
struct Tool<'b> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'b, str>>,
}

/// Refuses an `anthropic-beta`, a list of names, that a price of tokens doesn't cover.
pub fn check_betas(said: &str) -> Result<(), InvalidInput> {
    for beta in said.split(',') {
        let beta = beta.trim().to_ascii_lowercase();
        if BETAS.iter().any(|unpriced| beta.starts_with(unpriced)) {
            let allowed = format!("must not name {beta}, which isn't priced");
            return Err(InvalidInput::unpriced("anthropic-beta", allowed));
        }
    }
    Ok(())
}

/// Refuses what a price of tokens doesn't cover, and what lies at the vendor.
pub(super) fn check(dialect: Dialect, fields: &WireFields<'_>) -> Result<(), InvalidInput> {
    let table = match dialect {
        Dialect::OpenAiChat => CHAT,
        Dialect::OpenAiResponses => RESPONSES,
        Dialect::OpenAiEmbeddings => &[],
        Dialect::AnthropicMessages => MESSAGES,
    };
    for (name, free) in table {
        let Some(value) = fields.get(name) else { continue };
        let value: String = value.split_ascii_whitespace().collect();
        if !NOTHING.contains(&value.as_str()) && !free.contains(&value.as_str()) {
            let allowed = match free {
                [] => "isn't priced, so it can't be asked for".to_owned(),
                free => format!("isn't priced but for {}", free.join(" and ")),
            };
            return Err(InvalidInput::unpriced(*name, allowed));
        }
    }
    if dialect == Dialect::OpenAiResponses
        && let Some(name) = STORED.iter().find(|name| fields.get(name).is_some_and(|value| value != "null"))
    {
        let problem = "names what is stored at the vendor, and nothing is; send all that was said as input";
        return Err(InvalidInput::not_allowed(*name, problem));
    }
    tools(dialect, fields)
}

/// Tools that the caller runs cost the tokens that describe them; those that the vendor runs cost more.
fn tools(dialect: Dialect, fields: &WireFields<'_>) -> Result<(), InvalidInput> {
    if dialect == Dialect::OpenAiEmbeddings {
        return Ok(());
    }
    let tools: Option<Vec<Tool<'_>>> = read(fields, "tools", "a list of objects, whose types are texts")?;
    for (index, tool) in tools.iter().flatten().enumerate() {
        let Some(kind) = tool.kind.as_deref() else { continue };
        let is_callers = match dialect {
            Dialect::AnthropicMessages => {
                let known = ["bash_", "text_editor_", "computer_", "memory_"];
                kind == "custom" || known.iter().any(|prefix| kind.starts_with(prefix))
            }
            _ => matches!(kind, "function" | "custom"),
        };
        if !is_callers {
            let allowed = "isn't priced: the vendor runs it; tools of your own can be asked for";
            return Err(InvalidInput::unpriced(format!("tools[{index}].type"), allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Problem;

    fn refused(dialect: Dialect, body: Value) -> Option<(String, Problem)> {
        let body = body.to_string();
        let fields = WireFields::scan(body.as_bytes()).unwrap();
        check(dialect, &fields).err().map(|error| (error.field.into_owned(), error.problem))
    }

    #[test]
    fn what_costs_more_than_tokens_is_refused_by_its_field() {
        for (dialect, body, field) in [
            (Dialect::OpenAiChat, json!({"service_tier": "priority"}), "service_tier"),
            (Dialect::OpenAiChat, json!({"modalities": ["text", "audio"]}), "modalities"),
            (Dialect::OpenAiChat, json!({"audio": {"voice": "a"}}), "audio"),
            (Dialect::OpenAiChat, json!({"web_search_options": {}}), "web_search_options"),
            (Dialect::OpenAiChat, json!({"tools": [{"type": "web_search"}]}), "tools[0].type"),
            (Dialect::OpenAiResponses, json!({"background": true}), "background"),
            (
                Dialect::OpenAiResponses,
                json!({"tools": [{"type": "function"}, {"type": "code_interpreter"}]}),
                "tools[1].type",
            ),
            (
                Dialect::AnthropicMessages,
                json!({"tools": [{"type": "web_search_20250305"}]}),
                "tools[0].type",
            ),
            (Dialect::AnthropicMessages, json!({"mcp_servers": [{"url": "x"}]}), "mcp_servers"),
        ] {
            let expected = Some((field.to_owned(), Problem::Unpriced));
            assert_eq!(refused(dialect, body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn what_costs_tokens_alone_passes() {
        for (dialect, body) in [
            (
                Dialect::OpenAiChat,
                json!({"service_tier": "default", "modalities": ["text"], "audio": null,
                    "background": false, "tools": [{"type": "function"}, {"type": "custom"}], "novel": {"a": 1}}),
            ),
            (Dialect::OpenAiResponses, json!({"service_tier": "auto", "previous_response_id": null})),
            (
                Dialect::AnthropicMessages,
                json!({"service_tier": "standard_only", "mcp_servers": [],
                    "tools": [{"name": "a", "input_schema": {}}, {"type": "bash_20250124"}, {"type": "custom"}]}),
            ),
            (Dialect::OpenAiEmbeddings, json!({"service_tier": "priority"})),
        ] {
            assert_eq!(refused(dialect, body.clone()), None, "{body}");
        }
    }

    #[test]
    fn nothing_that_is_stored_at_the_vendor_can_be_named() {
        for name in STORED {
            let found = refused(Dialect::OpenAiResponses, json!({*name: "x_1"}));
            assert_eq!(found, Some(((*name).to_owned(), Problem::NotAllowed)));
        }
    }
}
