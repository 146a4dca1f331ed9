//! What a chat model is asked.

use fourfold_clients::openai as wire;
use fourfold_domain::{
    ChatMessage, ChatPart, ChatRequest, ChatRole, MediaReader, ProviderError, ResponseFormat, ToolChoice,
};
use serde_json::{Value, json};

use super::{Limit, Manner};
use crate::classify::invalid;
use crate::media_input::{Handed, url};

/// The largest picture, sound or document in a message.
const MEDIA_BYTES_MAX: usize = 20 * 1024 * 1024;

/// The request on the wire.
pub(crate) async fn request(
    chat: &ChatRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
    manner: Manner,
) -> Result<wire::ChatRequest, ProviderError> {
    let mut messages = Vec::with_capacity(chat.messages.len());
    for message in &chat.messages {
        messages.push(self::message(message, media).await?);
    }
    let mut request = wire::ChatRequest::new(vendor_model, messages);
    let limit = u32::try_from(chat.max_tokens).map_err(|_| invalid("input.max_tokens is too large"))?;
    match manner.limit {
        Limit::MaxCompletionTokens => request.max_completion_tokens = Some(limit),
        Limit::MaxTokens => request.max_tokens = Some(limit),
    }
    request.n = Some(chat.n).filter(|n| *n > 1);
    request.temperature = chat.temperature;
    request.top_p = chat.top_p;
    request.seed = chat.seed.map(|seed| i64::try_from(seed).unwrap_or(i64::MAX));
    request.stop = Some(json!(chat.stop)).filter(|_| !chat.stop.is_empty());
    request.tools = Some(chat.tools.iter().map(tool).collect::<Vec<_>>()).filter(|tools| !tools.is_empty());
    let can_choose = !manner.chooses_among_tools || !chat.tools.is_empty();
    request.tool_choice = chat.tool_choice.as_ref().filter(|_| can_choose).map(tool_choice);
    request.reasoning_effort = chat.reasoning_effort.clone();
    request.response_format = chat.response_format.as_ref().map(response_format);
    request.extra.extend(chat.extras.clone());
    Ok(request)
}

async fn message(message: &ChatMessage, media: &dyn MediaReader) -> Result<wire::Message, ProviderError> {
    let role = match message.role {
        ChatRole::System => wire::Role::System,
        ChatRole::User => wire::Role::User,
        ChatRole::Assistant => wire::Role::Assistant,
        ChatRole::Tool => wire::Role::Tool,
    };
    let mut out = wire::Message::new(role);
    out.content = match message.parts.as_slice() {
        [] => None,
        [ChatPart::Text(text)] => Some(wire::Content::Text(text.clone())),
        parts => {
            let mut sent = Vec::with_capacity(parts.len());
            for part in parts {
                sent.push(self::part(part, media).await?);
            }
            Some(wire::Content::Parts(sent))
        }
    };
    let calls = message.tool_calls.iter().map(|call| {
        let function = wire::FunctionCall::default().name(&*call.name).arguments(&*call.arguments);
        wire::ToolCall::default().id(&*call.id).kind("function").function(function)
    });
    out.tool_calls = Some(calls.collect::<Vec<_>>()).filter(|calls| !calls.is_empty());
    out.tool_call_id.clone_from(&message.tool_call_id);
    out.name.clone_from(&message.name);
    out.extra.extend(message.extras.clone());
    Ok(out)
}

async fn part(part: &ChatPart, media: &dyn MediaReader) -> Result<wire::ContentPart, ProviderError> {
    Ok(match part {
        ChatPart::Text(text) => wire::ContentPart::of_text(text),
        ChatPart::Image { media: input, detail } => {
            let mut image = wire::ImageUrl::new(url(media, input, MEDIA_BYTES_MAX).await?);
            image.detail.clone_from(detail);
            wire::ContentPart::new("image_url").image_url(image)
        }
        ChatPart::Audio(input) => {
            let handed = Handed::read(media, input, MEDIA_BYTES_MAX).await?;
            let format = match handed.media_type.as_str() {
                "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
                "audio/mpeg" | "audio/mp3" => "mp3",
                other => {
                    return Err(invalid(format!("a sound in a message must be wav or mp3, not {other}")));
                }
            };
            wire::ContentPart::new("input_audio").input_audio(wire::InputAudio::new(handed.base64(), format))
        }
        ChatPart::File { media: input, name } => {
            let handed = Handed::read(media, input, MEDIA_BYTES_MAX).await?;
            let data = format!("data:{};base64,{}", handed.media_type, handed.base64());
            let name = name.clone().unwrap_or_else(|| handed.file_name());
            wire::ContentPart::new("file").file(wire::FileContent::default().file_data(data).filename(name))
        }
    })
}

fn tool(tool: &fourfold_domain::Tool) -> wire::Tool {
    let mut function = wire::FunctionDefinition::new(&*tool.name);
    function.description.clone_from(&tool.description);
    function.parameters.clone_from(&tool.parameters);
    function.strict = tool.is_strict;
    wire::Tool::of_function(function)
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::None => json!("none"),
        ToolChoice::Auto => json!("auto"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Tool(name) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn response_format(format: &ResponseFormat) -> Value {
    match format {
        ResponseFormat::Text => json!({"type": "text"}),
        ResponseFormat::JsonObject => json!({"type": "json_object"}),
        ResponseFormat::JsonSchema { name, schema, is_strict } => {
            let mut named = json!({"name": name, "schema": schema});
            if let Some(is_strict) = is_strict {
                named["strict"] = json!(is_strict);
            }
            json!({"type": "json_schema", "json_schema": named})
        }
    }
}
