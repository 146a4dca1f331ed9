//! Chats on OpenAI's wire.

use fourfold_clients::openai as wire;
use fourfold_domain::{
    AnswerPiece, BoxStream, ChatAnswer, ChatMessage, ChatPart, ChatRequest, ChatResult, ChatRole,
    FinishReason, MediaReader, ProviderError, ResponseFormat, StreamChunk, ToolCall, ToolChoice, Usage,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};

use crate::classify::{Codes, classify, invalid, unreadable};
use crate::facts::facts;
use crate::media_input::{Handed, url};

/// The largest picture, sound or document in a message.
const MEDIA_BYTES_MAX: usize = 20 * 1024 * 1024;

/// How a vendor's chats differ from OpenAI's own.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// The field that the limit goes into.
    pub(crate) limit: Limit,
}

/// The field that the limit of an answer goes into.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    MaxCompletionTokens,
    MaxTokens,
}

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
    request.tool_choice = chat.tool_choice.as_ref().map(tool_choice);
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

/// What an answer says in our words.
pub(crate) fn result(completion: wire::ChatCompletion) -> Result<ChatResult, ProviderError> {
    if completion.choices.is_empty() {
        return Err(unreadable("the vendor answered without an answer"));
    }
    let mut vendor = completion.extra;
    vendor.extend(facts([
        ("id", completion.id),
        ("model", completion.model),
        ("service_tier", completion.service_tier),
        ("system_fingerprint", completion.system_fingerprint),
    ]));
    Ok(ChatResult {
        answers: completion.choices.into_iter().map(answer).collect(),
        usage: completion.usage.as_ref().map(usage).unwrap_or_default(),
        vendor,
    })
}

fn answer(choice: wire::ChatChoice) -> ChatAnswer {
    let mut message = choice.message;
    let reasoning = message.reasoning_content.or_else(|| take_reasoning(&mut message.extra));
    let text = match message.content {
        Some(wire::Content::Text(text)) => text,
        Some(wire::Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
        None => String::new(),
    };
    let call = |call: wire::ToolCall| {
        let function = call.function.unwrap_or_default();
        ToolCall {
            id: call.id.unwrap_or_default(),
            name: function.name.unwrap_or_default(),
            arguments: function.arguments.unwrap_or_default(),
        }
    };
    let mut extras = message.extra;
    extras.extend(choice.logprobs.map(|logprobs| ("logprobs".to_owned(), logprobs)));
    ChatAnswer {
        text,
        reasoning,
        refusal: message.refusal,
        tool_calls: message.tool_calls.unwrap_or_default().into_iter().map(call).collect(),
        finish_reason: choice.finish_reason.as_ref().map_or(FinishReason::Stop, finish_reason),
        extras,
    }
}

/// What a stream says in our words; the usage comes last.
pub(crate) fn chunks(
    codes: Codes,
    stream: wire::ChatStream,
) -> BoxStream<Result<StreamChunk, ProviderError>> {
    let pieces = stream.map_err(move |error| classify(codes, error)).map(|chunk| match chunk {
        Ok(chunk) => pieces(chunk).into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    Box::pin(pieces.flat_map(stream::iter))
}

fn pieces(chunk: wire::ChatChunk) -> Vec<StreamChunk> {
    let mut out = Vec::new();
    let is_last = chunk.choices.iter().any(|choice| choice.finish_reason.is_some());
    for choice in chunk.choices {
        let index = choice.index.unwrap_or_default();
        let mut delta = choice.delta;
        let mut add = |piece| out.push(StreamChunk::Answer { index, piece });
        if let Some(reasoning) = delta.reasoning_content.or_else(|| take_reasoning(&mut delta.extra)) {
            add(AnswerPiece::Reasoning(reasoning));
        }
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            add(AnswerPiece::Text(text));
        }
        if let Some(refusal) = delta.refusal {
            add(AnswerPiece::Refusal(refusal));
        }
        for call in delta.tool_calls.unwrap_or_default() {
            let function = call.function.unwrap_or_default();
            add(AnswerPiece::ToolCall {
                index: call.index.unwrap_or_default(),
                id: call.id,
                name: function.name,
                arguments: function.arguments.unwrap_or_default(),
            });
        }
        if !delta.extra.is_empty() {
            add(AnswerPiece::Extras(delta.extra));
        }
        if let Some(reason) = &choice.finish_reason {
            add(AnswerPiece::Finish(finish_reason(reason)));
        }
    }
    if is_last {
        out.push(StreamChunk::Vendor(facts([
            ("id", chunk.id),
            ("model", chunk.model),
            ("service_tier", chunk.service_tier),
            ("system_fingerprint", chunk.system_fingerprint),
        ])));
    }
    out.extend(chunk.usage.as_ref().map(|used| StreamChunk::Usage(usage(used))));
    out
}

/// The thoughts, where a vendor of this wire has another name for them.
fn take_reasoning(extra: &mut Map<String, Value>) -> Option<String> {
    let text = extra.get("reasoning")?.as_str()?.to_owned();
    extra.remove("reasoning");
    Some(text).filter(|text| !text.is_empty())
}

fn finish_reason(reason: &wire::FinishReason) -> FinishReason {
    match reason {
        wire::FinishReason::Stop => FinishReason::Stop,
        wire::FinishReason::Length => FinishReason::Length,
        wire::FinishReason::ToolCalls => FinishReason::ToolCalls,
        wire::FinishReason::ContentFilter => FinishReason::ContentFilter,
        other => FinishReason::Other(other.as_str().to_owned()),
    }
}

fn usage(usage: &wire::ChatUsage) -> Usage {
    let cached = usage.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = usage.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    Usage {
        input_tokens: usage.prompt_tokens.unwrap_or_default(),
        cached_input_tokens: cached.unwrap_or_default(),
        output_tokens: usage.completion_tokens.unwrap_or_default(),
        reasoning_tokens: reasoning.unwrap_or_default(),
    }
}
