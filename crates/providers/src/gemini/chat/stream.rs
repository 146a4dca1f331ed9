//! An answer as it is written.

use std::collections::BTreeMap;

use fourfold_clients::gemini::{GenerateContentResponse, GenerateContentStream, Part, ResponseSoFar};
use fourfold_domain::{AnswerPiece, BoxStream, ChatRequest, ProviderError, StreamChunk, ToolCall, Usage};
use futures_util::{StreamExt, stream};

use super::answer::{answer, call, usage};
use crate::gemini::{safety, said};
use fourfold_domain::estimate::{self, Written};

type Chunk = Result<StreamChunk, ProviderError>;

/// What a stream says in our words; how its answers end, the vendor's facts and the usage come last.
pub(in crate::gemini) fn chunks(chat: &ChatRequest, stream: GenerateContentStream) -> BoxStream<Chunk> {
    let answering = Answering {
        stream,
        so_far: ResponseSoFar::default(),
        calls: BTreeMap::new(),
        input_tokens: estimate::chat_input(chat),
        told: None,
        written: Written::default(),
    };
    let steps = stream::unfold(Some(answering), |answering| async move { Some(answering?.step().await) });
    Box::pin(steps.flat_map(stream::iter))
}

/// A stream that is being read.
struct Answering {
    stream: GenerateContentStream,
    so_far: ResponseSoFar,
    /// How many calls each answer has had.
    calls: BTreeMap<u32, usize>,
    input_tokens: u64,
    /// The vendor tells it with every chunk; the last one counts.
    told: Option<Usage>,
    written: Written,
}

impl Answering {
    /// What comes next, and the rest if there is any.
    async fn step(mut self) -> (Vec<Chunk>, Option<Self>) {
        let response = match self.stream.next().await {
            Some(Ok(response)) => response,
            Some(Err(error)) => return self.broken(said(error)),
            None => return (self.ended(), None),
        };
        if let Some(blocked) = safety::blocked(&response) {
            return (vec![Err(blocked)], None);
        }
        self.told = response.usage_metadata.as_ref().map(usage).or(self.told);
        let pieces = self.pieces(&response).into_iter().map(Ok).collect();
        self.so_far.add(response);
        (pieces, Some(self))
    }

    fn pieces(&mut self, response: &GenerateContentResponse) -> Vec<StreamChunk> {
        let mut out = Vec::new();
        for candidate in &response.candidates {
            let index = candidate.index.unwrap_or_default();
            let calls = self.calls.entry(index).or_default();
            for part in candidate.content.iter().flat_map(|content| &content.parts) {
                if let Some(piece) = piece(response.response_id.as_deref(), calls, part) {
                    self.written.piece(&piece);
                    out.push(StreamChunk::Answer { index, piece });
                }
            }
        }
        out
    }

    /// Nothing is estimated then, but what the vendor told is so.
    fn broken(self, error: ProviderError) -> (Vec<Chunk>, Option<Self>) {
        let told = self.told.map(|told| Ok(StreamChunk::Usage(told)));
        (told.into_iter().chain([Err(error)]).collect(), None)
    }

    fn ended(self) -> Vec<Chunk> {
        let response = self.so_far.into_response().unwrap_or_else(|| GenerateContentResponse::new([]));
        let mut out = Vec::new();
        for candidate in &response.candidates {
            let answer = answer(response.response_id.as_deref(), candidate);
            let pieces = [
                answer.refusal.map(AnswerPiece::Refusal),
                Some(answer.extras).filter(|extras| !extras.is_empty()).map(AnswerPiece::Extras),
                Some(AnswerPiece::Finish(answer.finish_reason)),
            ];
            let index = candidate.index.unwrap_or_default();
            out.extend(pieces.into_iter().flatten().map(|piece| StreamChunk::Answer { index, piece }));
        }
        let told = self.told.unwrap_or_default();
        let (usage, is_estimated) = estimate::complete(told, self.input_tokens, self.written);
        let mut vendor = safety::facts(&response);
        if is_estimated {
            vendor.extend(estimate::fact());
        }
        out.extend([StreamChunk::Vendor(vendor), StreamChunk::Usage(usage)]);
        out.into_iter().map(Ok).collect()
    }
}

/// What a part adds to an answer that has had so many calls, which come whole.
fn piece(response_id: Option<&str>, calls: &mut usize, part: &Part) -> Option<AnswerPiece> {
    if let Some(ToolCall { id, name, arguments }) = call(response_id, *calls, part) {
        let index = u32::try_from(*calls).unwrap_or(u32::MAX);
        *calls += 1;
        return Some(AnswerPiece::ToolCall { index, id: Some(id), name: Some(name), arguments });
    }
    let text = part.text.clone().filter(|text| !text.is_empty())?;
    Some(if part.thought == Some(true) { AnswerPiece::Reasoning(text) } else { AnswerPiece::Text(text) })
}
