//! What a model generated, whole or the next of it, and what is charged for it.

use serde_json::Value;

use super::config::Modality;
use super::safety::SafetyRating;
use crate::gemini::blob::Blob;
use crate::gemini::content::{Content, FunctionCall, Part};
use crate::gemini::failure::GeminiFailures;
use crate::http::{FailedAnswer, Failure, FailureReader};
use crate::vendor::{Streamed, open_enum, wire_type};

wire_type! {
    /// An answer, or in a stream the next of it.
    ///
    /// What the vendor's filter caught is no error: [`block_reason`](Self::block_reason) tells that it was the prompt, and
    /// a candidate's finish reason that it was the answer.
    #[serde(rename_all = "camelCase")]
    pub struct GenerateContentResponse {
        must {
            /// What the model says, once for each answer that was asked for; nothing where the prompt was blocked.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            candidates: Vec<Candidate>,
        }
        may {
            /// What the filter found in the prompt.
            prompt_feedback: PromptFeedback,
            /// What is charged for; in a stream all of it so far.
            usage_metadata: UsageMetadata,
            /// The model that made it.
            model_version: String,
            /// The answer's id.
            response_id: String,
        }
    }
}

impl GenerateContentResponse {
    /// Why the prompt was blocked. There is no answer then.
    pub fn block_reason(&self) -> Option<&BlockReason> {
        self.prompt_feedback.as_ref()?.block_reason.as_ref()
    }

    /// Why the first answer ends, and so whether the filter took it.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.candidates.first()?.finish_reason.as_ref()
    }

    /// The text of the first answer, without thoughts.
    pub fn text(&self) -> String {
        let content = self.candidates.first().and_then(|candidate| candidate.content.as_ref());
        content.map(Content::text).unwrap_or_default()
    }

    /// The parts of the first answer.
    pub fn parts(&self) -> &[Part] {
        let content = self.candidates.first().and_then(|candidate| candidate.content.as_ref());
        content.map(|content| content.parts.as_slice()).unwrap_or_default()
    }

    /// The pictures and sounds of the first answer; what the model drew while it thought is left out.
    pub fn media(&self) -> impl Iterator<Item = &Blob> {
        let shown = self.parts().iter().filter(|part| part.thought != Some(true));
        shown.filter_map(|part| part.inline_data.as_ref())
    }

    /// The functions that the first answer calls.
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.parts().iter().filter_map(|part| part.function_call.as_ref())
    }
}

impl Streamed for GenerateContentResponse {
    const PASSING: &'static [&'static str] = &[];

    /// Several answers end one after another, and the body ends behind the last.
    fn is_last(&self) -> bool {
        self.block_reason().is_some()
            || self.candidates.iter().any(|candidate| candidate.finish_reason.is_some())
    }

    fn failure(event: &FailedAnswer<'_>) -> Failure {
        GeminiFailures.read(event)
    }
}

wire_type! {
    /// One of the answers.
    #[serde(rename_all = "camelCase")]
    pub struct Candidate {
        may {
            /// Its place among the answers.
            index: u32,
            /// What the model says; nothing where it was blocked.
            content: Content,
            /// Why it ends. A call of a function ends with `STOP`.
            finish_reason: FinishReason,
            /// What more there is to say about its end.
            finish_message: String,
            /// What the filter found in it.
            safety_ratings: Vec<SafetyRating>,
            /// Its tokens.
            token_count: u64,
            /// How likely it was.
            avg_logprobs: f64,
            /// How likely its tokens were.
            logprobs_result: Value,
            /// What it quotes.
            citation_metadata: Value,
            /// What of the web it stands on.
            grounding_metadata: Value,
            /// The pages that were read for it.
            url_context_metadata: Value,
        }
    }
}

open_enum! {
    /// Why an answer ends.
    pub enum FinishReason {
        /// The model was done, or calls a function.
        Stop = "STOP",
        /// It came to its limit.
        MaxTokens = "MAX_TOKENS",
        /// The filter took it.
        Safety = "SAFETY",
        /// It was too like what the model learnt from.
        Recitation = "RECITATION",
        /// It was in a language that the model doesn't speak.
        Language = "LANGUAGE",
        /// The vendor doesn't say.
        Unsaid = "OTHER",
        /// It had a forbidden word.
        Blocklist = "BLOCKLIST",
        /// It may have had forbidden contents.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// It may have had what only concerns a person.
        Spii = "SPII",
        /// The model called a function in a way that can't be read.
        MalformedFunctionCall = "MALFORMED_FUNCTION_CALL",
        /// The model called a function though none was declared.
        UnexpectedToolCall = "UNEXPECTED_TOOL_CALL",
        /// The model called too often.
        TooManyToolCalls = "TOO_MANY_TOOL_CALLS",
        /// A thought's signature didn't come back.
        MissingThoughtSignature = "MISSING_THOUGHT_SIGNATURE",
        /// The model wrote what can't be read.
        MalformedResponse = "MALFORMED_RESPONSE",
        /// The filter took the picture.
        ImageSafety = "IMAGE_SAFETY",
        /// The picture may have had forbidden contents.
        ImageProhibitedContent = "IMAGE_PROHIBITED_CONTENT",
        /// The picture was too like what the model learnt from.
        ImageRecitation = "IMAGE_RECITATION",
        /// The picture failed, and the vendor doesn't say why.
        ImageOther = "IMAGE_OTHER",
        /// The model drew no picture.
        NoImage = "NO_IMAGE",
        /// The answer can be gone on with.
        Continuation = "CONTINUATION",
        /// The vendor passed it on to others.
        Escalation = "ESCALATION",
        /// The filter of the caller's organization took it.
        ModelArmor = "MODEL_ARMOR",
    }
}

wire_type! {
    /// What the filter found in a prompt.
    #[serde(rename_all = "camelCase")]
    pub struct PromptFeedback {
        may {
            /// Why it was blocked, if it was.
            block_reason: BlockReason,
            /// What the filter found.
            safety_ratings: Vec<SafetyRating>,
            /// What more there is to say about it.
            block_reason_message: String,
        }
    }
}

open_enum! {
    /// Why a prompt was blocked.
    pub enum BlockReason {
        /// The filter caught it.
        Safety = "SAFETY",
        /// The vendor doesn't say.
        Unsaid = "OTHER",
        /// It had a forbidden word.
        Blocklist = "BLOCKLIST",
        /// It had forbidden contents.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// A picture in it was caught.
        ImageSafety = "IMAGE_SAFETY",
        /// It tried to get around the filter.
        Jailbreak = "JAILBREAK",
        /// The filter of the caller's organization caught it.
        ModelArmor = "MODEL_ARMOR",
    }
}

wire_type! {
    /// What is charged for. A figure that isn't there is 0.
    #[serde(rename_all = "camelCase")]
    pub struct UsageMetadata {
        may {
            /// The tokens of the prompt, those from the cache too.
            prompt_token_count: u64,
            /// The tokens of the answers, without thoughts.
            candidates_token_count: u64,
            /// The tokens of thoughts.
            thoughts_token_count: u64,
            /// The tokens of the prompt that were read from the cache.
            cached_content_token_count: u64,
            /// The tokens of what tools gave.
            tool_use_prompt_token_count: u64,
            /// All of them.
            total_token_count: u64,
            /// What the prompt's tokens are.
            prompt_tokens_details: Vec<ModalityTokens>,
            /// What the answers' tokens are.
            candidates_tokens_details: Vec<ModalityTokens>,
            /// What the cached tokens are.
            cache_tokens_details: Vec<ModalityTokens>,
        }
    }
}

impl UsageMetadata {
    /// All tokens that came out, thoughts included.
    pub fn output_tokens(&self) -> u64 {
        let parts = [self.candidates_token_count, self.thoughts_token_count];
        parts.into_iter().flatten().fold(0, u64::saturating_add)
    }
}

wire_type! {
    /// Tokens of one kind.
    #[serde(rename_all = "camelCase")]
    pub struct ModalityTokens {
        may {
            /// What they stand for.
            modality: Modality,
            /// How many.
            token_count: u64,
        }
    }
}
