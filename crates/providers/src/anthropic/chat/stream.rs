//! A message as it is written, in our words.

use std::collections::BTreeMap;

use fourfold_clients::anthropic::{self as wire, BlockDelta, ContentBlock, MessageEvent, MessageSoFar};
use fourfold_clients::http::ClientError;
use fourfold_domain::{AnswerPiece, BoxStream, ChatRequest, ProviderError, StreamChunk, Usage};
use futures_util::{StreamExt, stream};

use super::answer::{BETWEEN_THOUGHTS, extras, finish_reason, refusal, usage, vendor};
use crate::anthropic::said;
use crate::classify::unreadable;
use fourfold_domain::estimate::{self, Written};

type Chunk = Result<StreamChunk, ProviderError>;

/// What a stream says in our words: the pieces as they come, and at the end what only the whole message tells. The
/// usage comes last, estimated where the vendor doesn't tell.
pub(in crate::anthropic) fn chunks(chat: &ChatRequest, events: wire::MessageStream) -> BoxStream<Chunk> {
    let writing = Writing {
        events,
        input_tokens: estimate::chat_input(chat),
        so_far: MessageSoFar::default(),
        calls: BTreeMap::new(),
        has_thought: false,
        is_counted: false,
        written: Written::default(),
    };
    let steps = stream::unfold(Some(writing), |writing| async move { Some(writing?.step().await) });
    Box::pin(steps.flat_map(stream::iter))
}

/// A message that is being written.
struct Writing {
    events: wire::MessageStream,
    input_tokens: u64,
    so_far: MessageSoFar,
    /// The calls of tools by the blocks that they are in.
    calls: BTreeMap<u32, Call>,
    has_thought: bool,
    /// Whether the vendor has told what it wrote; a message begins with a figure that is none.
    is_counted: bool,
    written: Written,
}

/// A call of a tool that is being written.
struct Call {
    /// Which of the calls.
    index: u32,
    /// Its arguments as the block began with them, until others come.
    begun_with: Option<String>,
}

impl Writing {
    /// What comes next, and the rest if there is any.
    async fn step(mut self) -> (Vec<Chunk>, Option<Self>) {
        let piece = match self.events.next().await {
            Some(Ok(MessageEvent::MessageStop(_))) | None => return (self.ended(), None),
            Some(event) => event.and_then(|event| self.take(event)),
        };
        match piece {
            Ok(piece) => {
                if let Some(piece) = &piece {
                    self.written.piece(piece);
                }
                let chunk = piece.map(|piece| Ok(StreamChunk::Answer { index: 0, piece }));
                (chunk.into_iter().collect(), Some(self))
            }
            Err(error) => (self.broken(error), None),
        }
    }

    /// Nothing is estimated then, but what the vendor told is so.
    fn broken(self, error: ClientError) -> Vec<Chunk> {
        let mut told = self.so_far.into_message().map(|message| usage(&message));
        if let (false, Some(told)) = (self.is_counted, &mut told) {
            (told.output_tokens, told.reasoning_tokens) = (0, 0);
        }
        let told = told.filter(|told| *told != Usage::default()).map(|told| Ok(StreamChunk::Usage(told)));
        told.into_iter().chain([Err(said(error))]).collect()
    }

    fn take(&mut self, event: MessageEvent) -> Result<Option<AnswerPiece>, ClientError> {
        let piece = match &event {
            MessageEvent::BlockStart(start) => self.begin(start.index, &start.content_block),
            MessageEvent::BlockDelta(delta) => self.lengthen(delta.index, &delta.delta),
            MessageEvent::BlockStop(stop) => self.finish_block(stop.index),
            MessageEvent::MessageDelta(_) => {
                self.is_counted = true;
                None
            }
            _ => None,
        };
        self.so_far.add(event)?;
        Ok(piece)
    }

    fn begin(&mut self, block: u32, content: &ContentBlock) -> Option<AnswerPiece> {
        match content {
            ContentBlock::Text(begun) => some_text(&begun.text).map(AnswerPiece::Text),
            ContentBlock::Thinking(begun) => {
                let between = if self.has_thought { BETWEEN_THOUGHTS } else { "" };
                self.has_thought = true;
                some_text(&[between, &begun.thinking].concat()).map(AnswerPiece::Reasoning)
            }
            ContentBlock::ToolUse(begun) => {
                let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.calls.insert(block, Call { index, begun_with: Some(begun.input.to_string()) });
                let (id, name) = (Some(begun.id.clone()), Some(begun.name.clone()));
                Some(AnswerPiece::ToolCall { index, id, name, arguments: String::new() })
            }
            _ => None,
        }
    }

    fn lengthen(&mut self, block: u32, delta: &BlockDelta) -> Option<AnswerPiece> {
        match delta {
            BlockDelta::Text(more) => some_text(&more.text).map(AnswerPiece::Text),
            BlockDelta::Thinking(more) => some_text(&more.thinking).map(AnswerPiece::Reasoning),
            BlockDelta::InputJson(more) => {
                let call = self.calls.get_mut(&block)?;
                let arguments = some_text(&more.partial_json)?;
                call.begun_with = None;
                Some(AnswerPiece::ToolCall { index: call.index, id: None, name: None, arguments })
            }
            _ => None,
        }
    }

    /// A call without arguments has none but those that it began with.
    fn finish_block(&mut self, block: u32) -> Option<AnswerPiece> {
        let call = self.calls.get_mut(&block)?;
        let arguments = call.begun_with.take()?;
        Some(AnswerPiece::ToolCall { index: call.index, id: None, name: None, arguments })
    }

    fn ended(self) -> Vec<Chunk> {
        let Some(message) = self.so_far.into_message() else {
            return vec![Err(unreadable("the vendor ended a message that it hadn't begun"))];
        };
        let mut pieces = Vec::new();
        pieces.extend(refusal(&message).map(AnswerPiece::Refusal));
        pieces.extend(Some(extras(&message)).filter(|extras| !extras.is_empty()).map(AnswerPiece::Extras));
        pieces.push(AnswerPiece::Finish(finish_reason(&message)));
        let (usage, is_estimated) = estimate::complete(usage(&message), self.input_tokens, self.written);
        let answer = |piece| StreamChunk::Answer { index: 0, piece };
        let mut chunks: Vec<_> = pieces.into_iter().map(answer).collect();
        chunks.push(StreamChunk::Vendor(vendor(message)));
        chunks.extend(is_estimated.then(|| StreamChunk::Vendor(estimate::fact())));
        chunks.push(StreamChunk::Usage(usage));
        chunks.into_iter().map(Ok).collect()
    }
}

fn some_text(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}
