//! An interaction before it is written.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::tokens::Tokens;
use super::super::turn::{End, Part, signature};
use super::super::{files, time};
use super::request::InteractionRequest;
use crate::call::Call;

/// An interaction.
pub(super) struct Interaction {
    pub(super) id: String,
    /// What it was given; a stream tells only what comes behind.
    pub(super) given: Vec<Value>,
    /// What the model did.
    pub(super) made: Vec<Value>,
    pub(super) status: &'static str,
    pub(super) errors: Vec<Value>,
    model: String,
    created: String,
    previous_id: Option<String>,
    usage: Value,
}

impl Interaction {
    pub(super) fn new(call: &Call<'_>, request: &InteractionRequest) -> Self {
        let id = call.new_id("int_", 24);
        let done = request.asked.done(call);
        let (mut status, errors) = match done.end {
            End::Stop => ("completed", Vec::new()),
            End::TokensMax => ("incomplete", Vec::new()),
            End::PromptBlocked | End::AnswerBlocked | End::PictureBlocked => {
                let message = "The interaction was blocked by the safety filter.";
                ("failed", vec![json!({"code": "safety", "message": message})])
            }
        };
        let mut tokens = Tokens::default();
        done.parts.iter().for_each(|part| part.count(&mut tokens));
        let thought_tokens: u64 = done.parts.iter().map(Part::thought_tokens).sum();
        let mut made = Vec::new();
        let mut contents = Vec::new();
        for part in done.parts {
            match part {
                Part::Thought(thought) => made.push(thought_step(&thought, request.shows_thoughts)),
                Part::Call { id, name, arguments } => {
                    status = "requires_action";
                    made.push(
                        json!({"type": "function_call", "id": id, "name": name, "arguments": arguments}),
                    );
                }
                other => contents.push(content(call, other, request.by_link)),
            }
        }
        if !contents.is_empty() {
            made.push(json!({"type": "model_output", "content": contents}));
        }
        Self {
            id,
            given: request.steps.clone(),
            made,
            status,
            errors,
            model: request.model.clone(),
            created: time::written(call.now()),
            previous_id: request.previous_id.clone(),
            usage: usage(&request.input_tokens, &tokens, thought_tokens),
        }
    }

    /// As it is in the end.
    pub(super) fn whole(&self) -> Value {
        let mut whole = self.begun();
        whole["status"] = json!(self.status);
        whole["steps"] = self.given.iter().chain(&self.made).cloned().collect();
        whole["usage"] = self.usage.clone();
        if !self.errors.is_empty() {
            whole["errors"] = json!(self.errors);
        }
        whole
    }

    /// As it is while the model works.
    pub(super) fn begun(&self) -> Value {
        let mut begun = json!({
            "id": self.id,
            "object": "interaction",
            "status": "in_progress",
            "model": self.model,
            "created": self.created,
            "updated": self.created,
        });
        if let Some(previous_id) = &self.previous_id {
            begun["previous_interaction_id"] = json!(previous_id);
        }
        begun
    }
}

fn thought_step(thought: &str, is_shown: bool) -> Value {
    let mut step = json!({"type": "thought", "signature": BASE64_STANDARD.encode(signature(thought))});
    if is_shown {
        step["summary"] = json!([{"type": "text", "text": thought}]);
    }
    step
}

fn content(call: &Call<'_>, part: Part, by_link: bool) -> Value {
    let (media, modality) = match part {
        Part::Text(text) | Part::Thought(text) => return json!({"type": "text", "text": text}),
        Part::Call { .. } => return Value::Null,
        Part::Media { media, modality, .. } => (media, modality),
    };
    let media_type = match media.media_type {
        "audio/pcm" => "audio/l16",
        "audio/mpeg" => "audio/mp3",
        "audio/opus" => "audio/ogg_opus",
        other => other,
    };
    let mut content = json!({"type": modality.to_lowercase(), "mime_type": media_type});
    if media_type == "audio/l16" {
        (content["sample_rate"], content["channels"]) = (json!(24_000), json!(1));
    }
    if by_link {
        content["uri"] = json!(files::add_made(call, media));
    } else {
        content["data"] = json!(BASE64_STANDARD.encode(&media.bytes));
    }
    content
}

fn usage(input: &Tokens, output: &Tokens, thought_tokens: u64) -> Value {
    json!({
        "total_input_tokens": input.total(),
        "input_tokens_by_modality": input.by_modality(),
        "total_output_tokens": output.total(),
        "output_tokens_by_modality": output.by_modality(),
        "total_thought_tokens": thought_tokens,
        "total_tokens": input.total() + output.total() + thought_tokens,
    })
}
