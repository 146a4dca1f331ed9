//! `/responses`: items in, items out, whole or as they are written.

use futures_util::stream::BoxStream;
use serde_json::{Map, Value};

use super::failure::PASSING;
use crate::http::{BaseHttpClient, Call, ClientError, segment};
use crate::vendor::events::{self, Streaming};
use crate::vendor::{Streamed, open_enum, wire_type};

/// The events of a response as they come. Dropping it closes the vendor's connection.
pub type ResponseStream = BoxStream<'static, Result<ResponseEvent, ClientError>>;

wire_type! {
    /// What a model is asked. Which fields it takes, the vendor decides.
    pub struct ResponseRequest {
        must {
            /// The model's name.
            model: String,
            /// A text, or a list of items.
            input: Value,
        }
        may {
            /// The product's own instruction.
            instructions: String,
            /// The response that this one goes on from.
            previous_response_id: String,
            /// What the model may call.
            tools: Vec<Value>,
            /// `none`, `auto`, `required`, or an object that names a tool.
            tool_choice: Value,
            /// How the text is to look, as in `{"format": {"type": "json_schema", …}}`.
            text: Value,
            /// How the model thinks, as in `{"effort": "low"}`.
            reasoning: Value,
            /// The most that the model may write, thoughts included.
            max_output_tokens: u32,
            /// From 0 to 2: how much is left to chance.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from.
            top_p: f64,
            /// Whether the vendor keeps the response.
            store: bool,
            /// Whether the response is made after the answer, to be looked at by its id.
            background: bool,
            /// What else is told.
            include: Vec<String>,
            /// What happens to an input that is too long: `auto`, `disabled`.
            truncation: String,
            /// Up to 16 pairs that the vendor keeps with the response.
            metadata: Map<String, Value>,
        }
    }
}

wire_type! {
    /// A response, made or being made.
    pub struct Response {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// `response`.
            object: String,
            /// When it was asked for, in Unix seconds.
            created_at: f64,
            /// How it stands.
            status: ResponseStatus,
            /// The model that makes it.
            model: String,
            /// What the model says, calls and thinks.
            output: Vec<OutputItem>,
            /// Why it failed.
            error: Value,
            /// Why it isn't complete.
            incomplete_details: Value,
            /// What is charged for.
            usage: ResponseUsage,
        }
    }
}

impl Response {
    /// The text of all messages in the output.
    pub fn text(&self) -> String {
        let items = self.output.iter().flatten();
        let parts = items.filter_map(|item| item.content.as_ref()).flatten();
        parts.filter_map(|part| part.text.as_deref()).collect()
    }
}

open_enum! {
    /// How a response stands.
    pub enum ResponseStatus {
        /// It waits.
        Queued = "queued",
        /// It is being made.
        InProgress = "in_progress",
        /// It is whole.
        Completed = "completed",
        /// It came to a limit or the filter.
        Incomplete = "incomplete",
        /// It won't be made.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

wire_type! {
    /// One thing that the model did. What it is, its kind says.
    pub struct OutputItem {
        must {
            /// `message`, `function_call`, `reasoning`, and others.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// Its id.
            id: String,
            /// How it stands.
            status: String,
            /// Who says it.
            role: String,
            /// What is said.
            content: Vec<OutputPart>,
            /// The call's id, for the item that answers it.
            call_id: String,
            /// The function that is called.
            name: String,
            /// Its arguments as JSON text, which the model may get wrong.
            arguments: String,
        }
    }
}

wire_type! {
    /// A part of what is said.
    pub struct OutputPart {
        must {
            /// `output_text`, `refusal`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// The text.
            text: String,
            /// Why the model declines.
            refusal: String,
        }
    }
}

wire_type! {
    /// What is charged for.
    pub struct ResponseUsage {
        may {
            /// The tokens of the input.
            input_tokens: u64,
            /// The tokens of the output, thoughts included.
            output_tokens: u64,
            /// Both.
            total_tokens: u64,
            /// What the input's tokens are.
            input_tokens_details: Value,
            /// What the output's tokens are.
            output_tokens_details: Value,
        }
    }
}

wire_type! {
    /// A step of a response that is being made.
    pub struct ResponseEvent {
        must {
            /// What happened, such as `response.output_text.delta`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// Its place among the events.
            sequence_number: u64,
            /// The next of a text or of arguments.
            delta: String,
            /// The item that began or ended.
            item: OutputItem,
            /// The response, when it began and when it ended.
            response: Response,
        }
    }
}

impl Streamed for ResponseEvent {
    const PASSING: &'static [&'static str] = PASSING;

    fn is_last(&self) -> bool {
        matches!(&*self.kind, "response.completed" | "response.incomplete" | "response.failed")
    }
}

pub(super) async fn create(
    http: &BaseHttpClient,
    request: &ResponseRequest,
) -> Result<Response, ClientError> {
    call(http).json(request).send().await?.json()
}

pub(super) async fn stream(
    http: &BaseHttpClient,
    request: &ResponseRequest,
) -> Result<ResponseStream, ClientError> {
    Ok(events::values(call(http).json(&Streaming::new(request)).events().await?))
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Response, ClientError> {
    http.get(&path(id)).operation("get_response").send().await?.json()
}

pub(super) async fn cancel(http: &BaseHttpClient, id: &str) -> Result<Response, ClientError> {
    http.post(&format!("{}/cancel", path(id))).operation("cancel_response").send().await?.json()
}

pub(super) async fn delete(http: &BaseHttpClient, id: &str) -> Result<(), ClientError> {
    http.delete(&path(id)).operation("delete_response").send().await.map(|_deleted| ())
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("responses").operation("create_response").paid()
}

fn path(id: &str) -> String {
    format!("responses/{}", segment(id))
}
