//! An answer as it is written.

use fourfold_clients::openai as wire;
use fourfold_domain::{AnswerPiece, BoxStream, ChatRequest, ProviderError, StreamChunk, Usage};
use futures_util::{StreamExt, stream};

use super::Manner;
use super::answer::{failure, finish_reason, take_reasoning, usage};
use crate::classify::classify;
use crate::facts::facts;
use fourfold_domain::estimate::{self, Written};

type Chunk = Result<StreamChunk, ProviderError>;

/// What a stream says in our words; the usage comes last, estimated where the vendor doesn't tell.
pub(crate) fn chunks(manner: Manner, chat: &ChatRequest, stream: wire::ChatStream) -> BoxStream<Chunk> {
    let input_tokens = estimate::chat_input(chat);
    let answering = Answering { manner, stream, input_tokens, told: None, written: Written::default() };
    let steps = stream::unfold(Some(answering), |answering| async move { Some(answering?.step().await) });
    Box::pin(steps.flat_map(stream::iter))
}

/// A stream that is being read.
struct Answering {
    manner: Manner,
    stream: wire::ChatStream,
    input_tokens: u64,
    /// Some vendors tell it with every chunk; the last one counts.
    told: Option<Usage>,
    written: Written,
}

impl Answering {
    /// What comes next, and the rest if there is any.
    async fn step(mut self) -> (Vec<Chunk>, Option<Self>) {
        let manner = self.manner;
        let chunk = match self.stream.next().await {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return self.broken(Vec::new(), classify(manner.codes, error)),
            None => return self.ended(),
        };
        self.told = chunk.usage.as_ref().map(usage).or(self.told);
        let failed = chunk.choices.iter().find_map(|choice| failure(manner, &choice.finish_reason));
        let mut pieces = pieces(chunk);
        if failed.is_some() {
            pieces
                .retain(|piece| !matches!(piece, StreamChunk::Answer { piece: AnswerPiece::Finish(_), .. }));
        }
        for piece in &pieces {
            if let StreamChunk::Answer { piece, .. } = piece {
                self.written.piece(piece);
            }
        }
        let pieces = pieces.into_iter().map(Ok).collect();
        match failed {
            Some(error) => self.broken(pieces, error),
            None => (pieces, Some(self)),
        }
    }

    /// Nothing is estimated then, but what the vendor told is so.
    fn broken(self, mut chunks: Vec<Chunk>, error: ProviderError) -> (Vec<Chunk>, Option<Self>) {
        chunks.extend(self.told.map(|told| Ok(StreamChunk::Usage(told))));
        chunks.push(Err(error));
        (chunks, None)
    }

    fn ended(self) -> (Vec<Chunk>, Option<Self>) {
        let told = self.told.unwrap_or_default();
        let (usage, is_estimated) = estimate::complete(told, self.input_tokens, self.written);
        let fact = is_estimated.then(|| Ok(StreamChunk::Vendor(estimate::fact())));
        (fact.into_iter().chain([Ok(StreamChunk::Usage(usage))]).collect(), None)
    }
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
    out
}
