//! `/beta/completions`: what is missing between two texts ("fill in the middle").

use futures_util::stream::BoxStream;
use serde_json::Value;

use super::queue;
use crate::http::{BaseHttpClient, Call, ClientError};
use crate::openai::{ChatChunk, ChatUsage, FinishReason, StreamOptions};
use crate::vendor::events::{self, Streaming};
use crate::vendor::{Streamed, wire_type};

/// The pieces of a text as they come, each with what is added. Dropping it closes the vendor's connection.
pub type FimStream = BoxStream<'static, Result<FimCompletion, ClientError>>;

wire_type! {
    /// Which text is to be filled in. The model doesn't think before.
    pub struct FimRequest {
        must {
            /// The model's name.
            model: String,
            /// The text before.
            prompt: String,
        }
        may {
            /// The text after.
            suffix: String,
            /// The most that the model may write, at most 4096.
            max_tokens: u32,
            /// From 0 to 2: how much is left to chance.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from.
            top_p: f64,
            /// Up to 16 texts at which the text ends: a string or a list.
            stop: Value,
            /// From -2 to 2: how much words are avoided that were there already.
            presence_penalty: f64,
            /// From -2 to 2: how much words are avoided that were there often.
            frequency_penalty: f64,
            /// Up to 20: how many other tokens are told at each place.
            logprobs: u32,
            /// Whether the text before is repeated.
            echo: bool,
            /// How the stream is written; for streamed texts only.
            stream_options: StreamOptions,
        }
    }
}

wire_type! {
    /// A text that was filled in, or a piece of it.
    pub struct FimCompletion {
        must {
            /// The text; nothing in the piece that has the usage.
            choices: Vec<FimChoice>,
        }
        may {
            /// The answer's id, the same in all pieces.
            id: String,
            /// `text_completion`.
            object: String,
            /// When it was made, in Unix seconds.
            created: u64,
            /// The model that made it.
            model: String,
            /// Stands for the vendor's set-up.
            system_fingerprint: String,
            /// What is charged for, in the last piece of a stream.
            usage: ChatUsage,
        }
    }
}

impl FimCompletion {
    /// The text, or the piece of it.
    pub fn text(&self) -> Option<&str> {
        self.choices.first().map(|choice| &*choice.text)
    }
}

wire_type! {
    /// A text.
    pub struct FimChoice {
        must {
            /// The text, or a piece of it.
            text: String,
        }
        may {
            /// Its place among the texts.
            index: u32,
            /// Why it ends.
            finish_reason: FinishReason,
            /// How likely its tokens were.
            logprobs: Value,
        }
    }
}

impl Streamed for FimCompletion {
    const PASSING: &'static [&'static str] = ChatChunk::PASSING;

    fn is_last(&self) -> bool {
        self.choices.iter().any(|choice| choice.finish_reason.is_some())
    }
}

pub(super) async fn complete(
    http: &BaseHttpClient,
    request: &FimRequest,
) -> Result<FimCompletion, ClientError> {
    queue::whole(call(http).json(request)).await
}

pub(super) async fn stream(http: &BaseHttpClient, request: &FimRequest) -> Result<FimStream, ClientError> {
    Ok(events::values(call(http).json(&Streaming::new(request)).events().await?))
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("beta/completions").operation("fim_completion").paid()
}
