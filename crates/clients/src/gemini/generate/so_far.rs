//! An answer that is put together from its stream.

use super::answer::{Candidate, GenerateContentResponse};
use crate::gemini::content::{Content, Part};

/// An answer that is put together from its stream, for those who show it as it is made and want it whole in the end: what
/// the model said before it called a function goes back in with the signatures of its thoughts.
#[derive(Clone, Debug, Default)]
pub struct ResponseSoFar {
    response: Option<GenerateContentResponse>,
}

impl ResponseSoFar {
    /// Adds the next of the answer.
    pub fn add(&mut self, next: GenerateContentResponse) {
        let Some(response) = &mut self.response else {
            self.response = Some(next);
            return;
        };
        let GenerateContentResponse {
            candidates,
            prompt_feedback,
            usage_metadata,
            model_version,
            response_id,
            extra,
        } = next;
        for candidate in candidates {
            let index = place(&candidate);
            match response.candidates.iter_mut().find(|before| place(before) == index) {
                Some(before) => lengthen(before, candidate),
                None => response.candidates.push(candidate),
            }
        }
        // The figures are of all of it so far, and so take the place of those before.
        replace(&mut response.usage_metadata, usage_metadata);
        replace(&mut response.prompt_feedback, prompt_feedback);
        replace(&mut response.model_version, model_version);
        replace(&mut response.response_id, response_id);
        response.extra.extend(extra);
    }

    /// The answer as far as it has come; none before it began. It is whole where the stream ended without an error.
    pub fn into_response(self) -> Option<GenerateContentResponse> {
        self.response
    }
}

/// A place that isn't told is the first.
fn place(candidate: &Candidate) -> u32 {
    candidate.index.unwrap_or_default()
}

fn lengthen(candidate: &mut Candidate, next: Candidate) {
    if let Some(content) = next.content {
        let before = candidate.content.get_or_insert_with(|| Content::new([]));
        replace(&mut before.role, content.role);
        before.extra.extend(content.extra);
        content.parts.into_iter().for_each(|part| push(&mut before.parts, part));
    }
    replace(&mut candidate.finish_reason, next.finish_reason);
    replace(&mut candidate.finish_message, next.finish_message);
    replace(&mut candidate.safety_ratings, next.safety_ratings);
    replace(&mut candidate.token_count, next.token_count);
    replace(&mut candidate.avg_logprobs, next.avg_logprobs);
    replace(&mut candidate.logprobs_result, next.logprobs_result);
    replace(&mut candidate.citation_metadata, next.citation_metadata);
    replace(&mut candidate.grounding_metadata, next.grounding_metadata);
    replace(&mut candidate.url_context_metadata, next.url_context_metadata);
    candidate.extra.extend(next.extra);
}

/// Adds a part; a text, or a thought, that has nothing else goes on with the one before it.
fn push(parts: &mut Vec<Part>, part: Part) {
    if let Some(before) = parts.last_mut()
        && before.thought == part.thought
        && is_bare(before)
        && is_bare(&part)
        && let (Some(text), Some(next)) = (&mut before.text, &part.text)
    {
        text.push_str(next);
        return;
    }
    parts.push(part);
}

/// Whether a part has nothing but a text and whether it is a thought.
fn is_bare(part: &Part) -> bool {
    let Part {
        text: Some(_),
        thought: _,
        inline_data: None,
        file_data: None,
        function_call: None,
        function_response: None,
        executable_code: None,
        code_execution_result: None,
        thought_signature: None,
        video_metadata: None,
        speech_metadata: None,
        extra,
    } = part
    else {
        return false;
    };
    extra.is_empty()
}

fn replace<T>(before: &mut Option<T>, next: Option<T>) {
    if next.is_some() {
        *before = next;
    }
}
