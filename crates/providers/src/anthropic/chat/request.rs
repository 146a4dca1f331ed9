//! A chat as the vendor is asked for it.

use fourfold_clients::anthropic as wire;
use fourfold_domain::{ChatRequest, MediaReader, ProviderError, ResponseFormat, Tool, ToolChoice};
use serde_json::{Map, Value, json};

use super::check::check;
use super::messages::messages;
use crate::anthropic::models::BUDGET_TOKENS_MIN;
use crate::anthropic::settings::ThinkingForm;
use crate::classify::invalid;

/// The request on the wire.
pub(in crate::anthropic) async fn request(
    chat: &ChatRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
    form: ThinkingForm,
) -> Result<wire::MessageRequest, ProviderError> {
    check(chat, form).map_err(|mistake| invalid(mistake.to_string()))?;
    let limit = u32::try_from(chat.max_tokens).map_err(|_| invalid("input.max_tokens is too large"))?;
    let (system, messages) = messages(&chat.messages, media).await?;
    let mut extras = chat.extras.clone();
    let mut request = wire::MessageRequest::new(vendor_model, limit, messages);
    request.system = system;
    request.stop_sequences = Some(chat.stop.clone()).filter(|stop| !stop.is_empty());
    request.temperature = chat.temperature;
    request.top_p = chat.top_p;
    request.tools = Some(chat.tools.iter().map(tool).collect::<Vec<_>>()).filter(|tools| !tools.is_empty());
    request.tool_choice = tool_choice(chat.tool_choice.as_ref(), take_flag(&mut extras));
    request.thinking = thinking(chat, limit, form, extras.remove("budget_tokens"));
    request.output_config = output_config(chat, form);
    let user_id = extras.remove("user_id");
    request.metadata =
        user_id.as_ref().and_then(Value::as_str).map(|id| wire::Metadata::default().user_id(id));
    // Names that are the vendor's own too: `service_tier`, `top_k`.
    request.extra.extend(extras);
    Ok(request)
}

fn take_flag(extras: &mut Map<String, Value>) -> Option<bool> {
    extras.remove("disable_parallel_tool_use").as_ref().and_then(Value::as_bool)
}

fn tool(tool: &Tool) -> wire::Tool {
    let mut out = wire::Tool::new(&*tool.name);
    out.description.clone_from(&tool.description);
    // A tool without arguments has a schema all the same.
    out.input_schema = Some(tool.parameters.clone().unwrap_or_else(|| json!({"type": "object"})));
    out
}

fn tool_choice(choice: Option<&ToolChoice>, is_single: Option<bool>) -> Option<wire::ToolChoice> {
    let mut out: wire::ToolChoice = match choice {
        None if is_single.is_none() => return None,
        None | Some(ToolChoice::Auto) => wire::ToolChoiceKind::Auto.into(),
        Some(ToolChoice::None) => return Some(wire::ToolChoiceKind::None.into()),
        Some(ToolChoice::Required) => wire::ToolChoiceKind::Any.into(),
        Some(ToolChoice::Tool(name)) => wire::ToolChoice::of_tool(name),
    };
    out.disable_parallel_tool_use = is_single;
    Some(out)
}

/// Whether and how much it thinks. For a budget, an effort is a share of the answer's limit, which thoughts are within.
fn thinking(
    chat: &ChatRequest,
    limit: u32,
    form: ThinkingForm,
    budget: Option<Value>,
) -> Option<wire::Thinking> {
    let budget = budget.as_ref().and_then(Value::as_u64).and_then(|budget| u32::try_from(budget).ok());
    if let Some(budget) = budget {
        return Some(wire::Thinking::within(budget));
    }
    let tenths = match chat.reasoning_effort.as_deref()? {
        "none" => return Some(wire::Thinking::disabled()),
        "low" => 2,
        "medium" => 5,
        _ => 8,
    };
    Some(match form {
        ThinkingForm::Adaptive | ThinkingForm::None => wire::Thinking::adaptive(),
        ThinkingForm::Budget => wire::Thinking::within((limit / 10 * tenths).max(BUDGET_TOKENS_MIN)),
    })
}

fn output_config(chat: &ChatRequest, form: ThinkingForm) -> Option<wire::OutputConfig> {
    let mut config = wire::OutputConfig::default();
    if form == ThinkingForm::Adaptive {
        config.effort = chat.reasoning_effort.clone().filter(|effort| effort != "none");
    }
    if let Some(ResponseFormat::JsonSchema { schema, .. }) = &chat.response_format {
        config.format = Some(json!({"type": "json_schema", "schema": schema}));
    }
    Some(config).filter(|config| *config != wire::OutputConfig::default())
}
