//! What a chat model is asked.

use fourfold_clients::gemini as wire;
use fourfold_clients::gemini::FunctionCallingMode;
use fourfold_domain::{ChatPart, ChatRequest, MediaReader, ProviderError, ResponseFormat, Tool, ToolChoice};
use serde_json::Value;

use super::RESOLUTIONS;
use super::messages::contents;
use crate::classify::invalid;
use crate::gemini::inline::Inline;
use crate::gemini::safety;

/// The request on the wire.
pub(in crate::gemini) async fn request(
    chat: &ChatRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::GenerateContentRequest, ProviderError> {
    let (system, contents) = contents(&chat.messages, &mut Inline::new(media)).await?;
    let mut request = wire::GenerateContentRequest::new(vendor_model, contents);
    request.system_instruction = system;
    request.generation_config = Some(config(chat)?);
    let functions: Vec<_> = chat.tools.iter().map(function).collect();
    request.tools = (!functions.is_empty()).then(|| vec![wire::Tool::of_functions(functions)]);
    request.tool_config = tool_config(chat);
    request.safety_settings = safety::settings(&chat.extras);
    Ok(request)
}

fn config(chat: &ChatRequest) -> Result<wire::GenerationConfig, ProviderError> {
    let number = |name: &str| chat.extras.get(name).and_then(Value::as_f64);
    let mut config = wire::GenerationConfig::default();
    let limit = u32::try_from(chat.max_tokens).map_err(|_| invalid("input.max_tokens is too large"))?;
    config.max_output_tokens = Some(limit);
    config.candidate_count = Some(chat.n).filter(|n| *n > 1);
    config.stop_sequences = Some(chat.stop.clone()).filter(|stop| !stop.is_empty());
    config.temperature = chat.temperature;
    config.top_p = chat.top_p;
    config.top_k = whole(chat, "top_k")?;
    let seed = chat.seed.map(i32::try_from).transpose();
    config.seed = seed.map_err(|_| invalid("input.seed is too large"))?;
    config.presence_penalty = number("presence_penalty");
    config.frequency_penalty = number("frequency_penalty");
    config.thinking_config = thinking(chat)?;
    config.media_resolution = media_resolution(chat);
    match &chat.response_format {
        None => {}
        Some(ResponseFormat::Text) => config.response_mime_type = Some("text/plain".to_owned()),
        Some(ResponseFormat::JsonObject) => config.response_mime_type = Some("application/json".to_owned()),
        // The vendor has no name for a schema, and always keeps to it.
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            config.response_mime_type = Some("application/json".to_owned());
            config.response_json_schema = Some(schema.clone());
        }
    }
    Ok(config)
}

fn thinking(chat: &ChatRequest) -> Result<Option<wire::ThinkingConfig>, ProviderError> {
    let thinking = wire::ThinkingConfig {
        include_thoughts: chat.extras.get("include_thoughts").and_then(Value::as_bool),
        thinking_budget: whole(chat, "thinking_budget")?,
        thinking_level: chat.reasoning_effort.as_deref().map(str::to_uppercase),
        ..wire::ThinkingConfig::default()
    };
    Ok(Some(thinking).filter(|thinking| *thinking != wire::ThinkingConfig::default()))
}

fn whole<T: TryFrom<i64>>(chat: &ChatRequest, name: &str) -> Result<Option<T>, ProviderError> {
    let number = chat.extras.get(name).and_then(Value::as_i64).map(T::try_from).transpose();
    number.map_err(|_| invalid(format!("input.{name} is out of range")))
}

/// How closely the model looks: as it is told, or else as closely as at the picture that wants it most. The vendor has
/// one measure for a whole request.
fn media_resolution(chat: &ChatRequest) -> Option<String> {
    let told = chat.extras.get("media_resolution").and_then(Value::as_str);
    let details = chat.messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        ChatPart::Image { detail, .. } => detail.as_deref(),
        _ => None,
    });
    let rank = |word: &str| RESOLUTIONS.iter().position(|known| known.eq_ignore_ascii_case(word));
    let wanted = details.filter_map(rank).max().map(|rank| RESOLUTIONS[rank]);
    told.or(wanted).map(|word| format!("MEDIA_RESOLUTION_{}", word.to_uppercase()))
}

fn function(tool: &Tool) -> wire::FunctionDeclaration {
    let mut function = wire::FunctionDeclaration::new(&*tool.name);
    function.description.clone_from(&tool.description);
    function.parameters_json_schema.clone_from(&tool.parameters);
    function
}

/// Where arguments must fit, the vendor is told so for all calls at once; calls that it must make always fit.
fn tool_config(chat: &ChatRequest) -> Option<wire::ToolConfig> {
    let is_strict = chat.tools.iter().any(|tool| tool.is_strict == Some(true));
    Some(match &chat.tool_choice {
        None | Some(ToolChoice::Auto) if is_strict => wire::ToolConfig::of_mode("VALIDATED"),
        None => return None,
        Some(ToolChoice::Auto) => wire::ToolConfig::of_mode(FunctionCallingMode::Auto),
        Some(ToolChoice::None) => wire::ToolConfig::of_mode(FunctionCallingMode::None),
        Some(ToolChoice::Required) => wire::ToolConfig::of_mode(FunctionCallingMode::Any),
        Some(ToolChoice::Tool(name)) => {
            let only = wire::FunctionCallingConfig::default().mode(FunctionCallingMode::Any);
            let only = only.allowed_function_names([name.clone()]);
            wire::ToolConfig::default().function_calling_config(only)
        }
    })
}
