//! `/chat/completions`: messages in, a message out, whole or as it is written.

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::events::{self, Streamed};
use crate::http::{BaseHttpClient, Call, ClientError};
use crate::wire::{open_enum, wire_type};

/// The chunks of an answer as they come. Dropping it closes the vendor's connection.
pub type ChatStream = BoxStream<'static, Result<ChatChunk, ClientError>>;

wire_type! {
    /// What a chat model is asked. Which fields a model takes, the vendor decides.
    pub struct ChatRequest {
        must {
            /// The model's name.
            model: String,
            /// What was said so far, the oldest first.
            messages: Vec<Message>,
        }
        may {
            /// The most that the model may write, thoughts included.
            max_completion_tokens: u32,
            /// As `max_completion_tokens`, for models and vendors that don't know that yet.
            max_tokens: u32,
            /// From 0 to 2: how much is left to chance.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from.
            top_p: f64,
            /// How many answers.
            n: u32,
            /// Makes chance repeatable, as far as the vendor can.
            seed: i64,
            /// Up to four texts at which the answer ends: a string or a list.
            stop: Value,
            /// From -2 to 2: how much words are avoided that were there already.
            presence_penalty: f64,
            /// From -2 to 2: how much words are avoided that were there often.
            frequency_penalty: f64,
            /// Makes tokens likelier or rarer.
            logit_bias: Map<String, Value>,
            /// Whether the answer tells how likely its tokens were.
            logprobs: bool,
            /// Up to 20: how many other tokens are told at each place.
            top_logprobs: u32,
            /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
            reasoning_effort: String,
            /// `low`, `medium`, `high`.
            verbosity: String,
            /// What the model may call.
            tools: Vec<Tool>,
            /// `none`, `auto`, `required`, or an object that names a tool.
            tool_choice: Value,
            /// Whether the model may call several tools at once.
            parallel_tool_calls: bool,
            /// `{"type": "text" | "json_object" | "json_schema", …}`.
            response_format: Value,
            /// What the answer is made of: `text`, `audio`.
            modalities: Vec<String>,
            /// The voice and format of spoken answers.
            audio: Value,
            /// `auto`, `default`, `flex`, `scale`, `priority`, `fast`.
            service_tier: String,
            /// Whether the vendor keeps the answer.
            store: bool,
            /// Up to 16 pairs that the vendor keeps with the answer.
            metadata: Map<String, Value>,
            /// Stands for the end user, in a way that tells nothing about them.
            safety_identifier: String,
            /// Calls of the same key share what is cached.
            prompt_cache_key: String,
            /// How the stream is written; for streamed answers only.
            stream_options: StreamOptions,
        }
    }
}

wire_type! {
    /// How a stream is written.
    pub struct StreamOptions {
        may {
            /// Whether a chunk with the usage comes before the end.
            include_usage: bool,
            /// Whether chunks are padded to hide their length. The vendor's default is true.
            include_obfuscation: bool,
        }
    }
}

wire_type! {
    /// A message, of the caller's or of the model's.
    pub struct Message {
        must {
            /// Who says it.
            #[serde(default)]
            role: Role,
        }
        may {
            /// What is said; nothing where a tool is called instead.
            content: Content,
            /// Tells speakers of one role apart.
            name: String,
            /// The tools that the model calls.
            tool_calls: Vec<ToolCall>,
            /// The call that this message answers.
            tool_call_id: String,
            /// Why the model declines.
            refusal: String,
        }
    }
}

open_enum! {
    /// Who says a message.
    pub enum Role {
        /// Who made the product, on newer models.
        Developer = "developer",
        /// Who made the product.
        System = "system",
        /// Who uses it.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool that the model called.
        Tool = "tool",
    }
}

impl Default for Role {
    /// Who speaks in an answer whose vendor leaves the role out.
    fn default() -> Self {
        Self::Assistant
    }
}

impl Message {
    /// The product's own instruction.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System).content(content)
    }

    /// The product's own instruction, to newer models.
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::new(Role::Developer).content(content)
    }

    /// What the user says.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User).content(content)
    }

    /// What the model said.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant).content(content)
    }

    /// What a tool gave for a call.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::new(Role::Tool).tool_call_id(tool_call_id).content(content)
    }
}

/// What a message says: a text, or parts of several kinds.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// Texts, pictures, sounds, files.
    Parts(Vec<ContentPart>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

wire_type! {
    /// A part of a message. Its content is in the field that its kind names.
    pub struct ContentPart {
        must {
            /// `text`, `image_url`, `input_audio`, `file`, `refusal`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// A text.
            text: String,
            /// A picture.
            image_url: ImageUrl,
            /// A sound.
            input_audio: InputAudio,
            /// A file.
            file: FileContent,
            /// Why the model declined.
            refusal: String,
        }
    }
}

impl ContentPart {
    /// A text.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self::new("text").text(text)
    }

    /// A picture, by its URL or as a `data:` URL.
    pub fn of_image(url: impl Into<String>) -> Self {
        Self::new("image_url").image_url(ImageUrl::new(url))
    }
}

wire_type! {
    /// A picture.
    pub struct ImageUrl {
        must {
            /// Where it is, or the picture itself as a `data:` URL.
            url: String,
        }
        may {
            /// How closely the model looks: `auto`, `low`, `high`.
            detail: String,
        }
    }
}

wire_type! {
    /// A sound.
    pub struct InputAudio {
        must {
            /// The sound in base64.
            data: String,
            /// `wav` or `mp3`.
            format: String,
        }
        may {}
    }
}

wire_type! {
    /// A file, by its id or in base64.
    pub struct FileContent {
        may {
            /// The id of a file that was uploaded.
            file_id: String,
            /// The file itself as a `data:` URL.
            file_data: String,
            /// Its name.
            filename: String,
        }
    }
}

wire_type! {
    /// Something that the model may call.
    pub struct Tool {
        must {
            /// `function` or `custom`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// A function.
            function: FunctionDefinition,
        }
    }
}

impl Tool {
    /// A function that the caller runs.
    pub fn of_function(function: FunctionDefinition) -> Self {
        Self::new("function").function(function)
    }
}

wire_type! {
    /// A function that the model may call.
    pub struct FunctionDefinition {
        must {
            /// Its name, of at most 64 characters.
            name: String,
        }
        may {
            /// What it is for.
            description: String,
            /// The JSON Schema of its arguments.
            parameters: Value,
            /// Whether arguments must fit the schema.
            strict: bool,
        }
    }
}

wire_type! {
    /// A call of a tool. In a stream it comes in pieces that share their `index`.
    pub struct ToolCall {
        may {
            /// Which call a piece belongs to; in streams only.
            index: u32,
            /// Its id, for the message that answers it.
            id: String,
            /// `function` or `custom`.
            #[serde(rename = "type")]
            kind: String,
            /// Which function, with which arguments.
            function: FunctionCall,
        }
    }
}

wire_type! {
    /// Which function is called, with which arguments.
    pub struct FunctionCall {
        may {
            /// Its name.
            name: String,
            /// Its arguments as JSON text, which the model may get wrong; in streams a piece of it.
            arguments: String,
        }
    }
}

wire_type! {
    /// A chat model's whole answer.
    pub struct ChatCompletion {
        must {
            /// What the model says, once for each answer that was asked for.
            choices: Vec<ChatChoice>,
        }
        may {
            /// The answer's id.
            id: String,
            /// `chat.completion`.
            object: String,
            /// When it was made, in Unix seconds.
            created: u64,
            /// The model that made it.
            model: String,
            /// The tier that it was made in.
            service_tier: String,
            /// Stands for the vendor's set-up.
            system_fingerprint: String,
            /// What is charged for.
            usage: ChatUsage,
        }
    }
}

impl ChatCompletion {
    /// The text of the first answer, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self.choices.first()?.message.content.as_ref()? {
            Content::Text(text) => Some(text),
            Content::Parts(_) => None,
        }
    }
}

wire_type! {
    /// One of the answers.
    pub struct ChatChoice {
        must {
            /// What the model says.
            message: Message,
        }
        may {
            /// Its place among the answers.
            index: u32,
            /// Why it ends.
            finish_reason: FinishReason,
            /// How likely its tokens were.
            logprobs: Value,
        }
    }
}

open_enum! {
    /// Why an answer ends.
    pub enum FinishReason {
        /// The model was done.
        Stop = "stop",
        /// It came to its limit.
        Length = "length",
        /// It calls tools.
        ToolCalls = "tool_calls",
        /// The vendor's filter took something out.
        ContentFilter = "content_filter",
    }
}

wire_type! {
    /// What is charged for.
    pub struct ChatUsage {
        may {
            /// The tokens of the messages.
            prompt_tokens: u64,
            /// The tokens of the answers, thoughts included.
            completion_tokens: u64,
            /// Both.
            total_tokens: u64,
            /// What the messages' tokens are.
            prompt_tokens_details: PromptTokensDetails,
            /// What the answers' tokens are.
            completion_tokens_details: CompletionTokensDetails,
        }
    }
}

wire_type! {
    /// What the messages' tokens are.
    pub struct PromptTokensDetails {
        may {
            /// Read from the cache.
            cached_tokens: u64,
            /// Written to the cache.
            cache_write_tokens: u64,
            /// Of sounds.
            audio_tokens: u64,
        }
    }
}

wire_type! {
    /// What the answers' tokens are.
    pub struct CompletionTokensDetails {
        may {
            /// Thoughts.
            reasoning_tokens: u64,
            /// Of sounds.
            audio_tokens: u64,
            /// Foretold by the caller, rightly.
            accepted_prediction_tokens: u64,
            /// Foretold by the caller, wrongly.
            rejected_prediction_tokens: u64,
        }
    }
}

wire_type! {
    /// A piece of an answer.
    pub struct ChatChunk {
        must {
            /// What is added to each answer; nothing in the chunk that has the usage.
            #[serde(default)]
            choices: Vec<ChunkChoice>,
        }
        may {
            /// The answer's id, the same in all chunks.
            id: String,
            /// `chat.completion.chunk`.
            object: String,
            /// When the answer was begun, in Unix seconds.
            created: u64,
            /// The model that makes it.
            model: String,
            /// The tier that it is made in.
            service_tier: String,
            /// Stands for the vendor's set-up.
            system_fingerprint: String,
            /// What is charged for, in the last chunk where it was asked for.
            usage: ChatUsage,
        }
    }
}

wire_type! {
    /// What is added to one of the answers.
    pub struct ChunkChoice {
        must {
            /// What is added.
            #[serde(default)]
            delta: Delta,
        }
        may {
            /// Its place among the answers.
            index: u32,
            /// Why it ends, in its last chunk.
            finish_reason: FinishReason,
            /// How likely its tokens were.
            logprobs: Value,
        }
    }
}

wire_type! {
    /// A piece of a message.
    pub struct Delta {
        may {
            /// Who says it, in the first chunk.
            role: Role,
            /// The next of the text.
            content: String,
            /// The next of why the model declines.
            refusal: String,
            /// The next of the calls of tools.
            tool_calls: Vec<ToolCall>,
        }
    }
}

impl Streamed for ChatChunk {
    fn is_last(&self) -> bool {
        self.choices.iter().any(|choice| choice.finish_reason.is_some())
    }
}

pub(super) async fn complete(
    http: &BaseHttpClient,
    request: &ChatRequest,
) -> Result<ChatCompletion, ClientError> {
    call(http).json(request).send().await?.json()
}

pub(super) async fn stream(http: &BaseHttpClient, request: &ChatRequest) -> Result<ChatStream, ClientError> {
    #[derive(Serialize)]
    struct Streaming<'a> {
        #[serde(flatten)]
        request: &'a ChatRequest,
        stream: bool,
    }
    let events = call(http).json(&Streaming { request, stream: true }).events().await?;
    Ok(events::values(events))
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("chat/completions").operation("chat_completion").paid()
}
