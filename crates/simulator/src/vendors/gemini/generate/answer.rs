//! What a model generates, before it is written.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::tokens::Tokens;
use super::super::turn::{Done, End, Part, signature};
use super::request::GenerateRequest;
use crate::call::Call;

/// An answer.
pub(super) struct Generated {
    pub(super) id: String,
    pub(super) candidates: Vec<Candidate>,
    model: String,
    prompt_tokens: Tokens,
    /// The filter caught the prompt, so there are no candidates.
    is_blocked: bool,
}

/// One of the answers.
pub(super) struct Candidate {
    pub(super) parts: Vec<Part>,
    /// Of what it thought, shown or not.
    pub(super) thought_tokens: u64,
    finish_reason: &'static str,
    finish_message: Option<&'static str>,
}

impl Generated {
    pub(super) fn new(call: &Call<'_>, request: &GenerateRequest) -> Self {
        let id = call.new_id("", 24);
        let answers: Vec<Done> = (0..request.candidates).map(|_| request.asked.done(call)).collect();
        let is_blocked = answers.iter().any(|done| done.end == End::PromptBlocked);
        let shown = answers.into_iter().filter(|_| !is_blocked);
        Self {
            id,
            candidates: shown.map(|done| Candidate::new(done, request.shows_thoughts)).collect(),
            model: request.model.clone(),
            prompt_tokens: request.prompt_tokens.clone(),
            is_blocked,
        }
    }

    /// As it is in the end.
    pub(super) fn whole(&self) -> Value {
        let whole = |(index, candidate): (usize, &Candidate)| {
            let parts = candidate.parts.iter().map(part).collect();
            candidate.written(index, parts, true)
        };
        let mut tokens = Tokens::default();
        self.candidates
            .iter()
            .flat_map(|candidate| &candidate.parts)
            .for_each(|part| part.count(&mut tokens));
        let thought_tokens = self.candidates.iter().map(|candidate| candidate.thought_tokens).sum();
        let candidates = self.candidates.iter().enumerate().map(whole).collect();
        self.written(candidates, &tokens, thought_tokens)
    }

    /// An answer or a part of one, with these candidates and what they cost so far. Counts of nothing are left
    /// out, as at the vendor.
    pub(super) fn written(&self, candidates: Vec<Value>, tokens: &Tokens, thought_tokens: u64) -> Value {
        let prompt_tokens = self.prompt_tokens.total();
        let mut usage = json!({
            "promptTokenCount": prompt_tokens,
            "totalTokenCount": prompt_tokens + tokens.total() + thought_tokens,
            "promptTokensDetails": self.prompt_tokens.details(),
        });
        if tokens.total() > 0 {
            usage["candidatesTokenCount"] = json!(tokens.total());
            usage["candidatesTokensDetails"] = tokens.details();
        }
        if thought_tokens > 0 {
            usage["thoughtsTokenCount"] = json!(thought_tokens);
        }
        let mut written = json!({"usageMetadata": usage, "modelVersion": self.model, "responseId": self.id});
        if self.is_blocked {
            let rating = json!({"category": CAUGHT, "probability": "HIGH", "blocked": true});
            written["promptFeedback"] = json!({"blockReason": "SAFETY", "safetyRatings": [rating]});
        } else {
            written["candidates"] = json!(candidates);
        }
        written
    }
}

/// What the filter finds in what it catches.
const CAUGHT: &str = "HARM_CATEGORY_DANGEROUS_CONTENT";

impl Candidate {
    fn new(done: Done, shows_thoughts: bool) -> Self {
        let (finish_reason, finish_message) = match done.end {
            End::Stop | End::PromptBlocked => ("STOP", None),
            End::TokensMax => ("MAX_TOKENS", None),
            End::AnswerBlocked => ("PROHIBITED_CONTENT", Some("The answer was blocked.")),
            End::PictureBlocked => ("IMAGE_SAFETY", Some("The image was blocked by the safety filter.")),
        };
        let thought_tokens = done.parts.iter().map(Part::thought_tokens).sum();
        let is_shown = |part: &Part| shows_thoughts || !matches!(part, Part::Thought(_));
        let parts = done.parts.into_iter().filter(is_shown).collect();
        Self { parts, thought_tokens, finish_reason, finish_message }
    }

    /// The candidate with these parts; how it ended, where they are the last.
    pub(super) fn written(&self, index: usize, parts: Vec<Value>, is_last: bool) -> Value {
        let mut written = json!({"index": index});
        if !parts.is_empty() {
            written["content"] = json!({"role": "model", "parts": parts});
        }
        if is_last {
            written["finishReason"] = json!(self.finish_reason);
            let caught = self.finish_message.map(|_| CAUGHT);
            written["safetyRatings"] = json!([match caught {
                Some(category) => json!({"category": category, "probability": "HIGH", "blocked": true}),
                None => json!({"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}),
            }]);
        }
        if let Some(message) = self.finish_message.filter(|_| is_last) {
            written["finishMessage"] = json!(message);
        }
        written
    }
}

/// A part as it is written.
pub(super) fn part(part: &Part) -> Value {
    match part {
        Part::Thought(text) => json!({"text": text, "thought": true}),
        Part::Text(text) => json!({"text": text}),
        Part::Call { id, name, arguments } => json!({
            "functionCall": {"id": id, "name": name, "args": arguments},
            "thoughtSignature": BASE64_STANDARD.encode(signature(name)),
        }),
        Part::Media { media, .. } => data(media.media_type, &media.bytes),
    }
}

/// Bytes as a part. Bare samples have a media type that says how many there are in a second.
pub(super) fn data(media_type: &str, bytes: &[u8]) -> Value {
    let media_type = if media_type == "audio/pcm" { "audio/L16;codec=pcm;rate=24000" } else { media_type };
    json!({"inlineData": {"mimeType": media_type, "data": BASE64_STANDARD.encode(bytes)}})
}
