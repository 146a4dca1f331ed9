//! A message as it is written, in our words.

use std::collections::BTreeMap;

use fourfold_clients::anthropic::{self as wire, BlockDelta, ContentBlock, MessageEvent, MessageSoFar};
use fourfold_domain::{AnswerPiece, BoxStream, ProviderError, StreamChunk};
use futures_util::{StreamExt, stream};

use super::answer::{BETWEEN_THOUGHTS, extras, finish_reason, refusal, usage, vendor};
use crate::anthropic::said;
use crate::classify::unreadable;

/// What a stream says in our words: the pieces as they come, and at the end what only the whole message tells. The
/// usage comes last.
pub(in crate::anthropic) fn chunks(
    events: wire::MessageStream,
) -> BoxStream<Result<StreamChunk, ProviderError>> {
    let mut writing = Writing::default();
    let chunks = events.map(move |event| match event.map_err(said).and_then(|event| writing.take(event)) {
        Ok(chunks) => chunks.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    Box::pin(chunks.flat_map(stream::iter))
}

/// A message that is being written.
#[derive(Default)]
struct Writing {
    so_far: MessageSoFar,
    /// The calls of tools by the blocks that they are in.
    calls: BTreeMap<u32, Call>,
    has_thought: bool,
}

/// A call of a tool that is being written.
struct Call {
    /// Which of the calls.
    index: u32,
    /// Its arguments as the block began with them, until others come.
    begun_with: Option<String>,
}

impl Writing {
    fn take(&mut self, event: MessageEvent) -> Result<Vec<StreamChunk>, ProviderError> {
        let pieces = match &event {
            MessageEvent::BlockStart(start) => self.begin(start.index, &start.content_block),
            MessageEvent::BlockDelta(delta) => self.lengthen(delta.index, &delta.delta),
            MessageEvent::BlockStop(stop) => self.finish_block(stop.index),
            MessageEvent::MessageStop(_) => return self.finish(),
            _ => None,
        };
        self.so_far.add(event).map_err(said)?;
        Ok(pieces.map(|piece| StreamChunk::Answer { index: 0, piece }).into_iter().collect())
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

    fn finish(&mut self) -> Result<Vec<StreamChunk>, ProviderError> {
        let message = std::mem::take(&mut self.so_far).into_message();
        let message = message.ok_or_else(|| unreadable("the vendor ended a message that it hadn't begun"))?;
        let mut pieces = Vec::new();
        pieces.extend(refusal(&message).map(AnswerPiece::Refusal));
        pieces.extend(Some(extras(&message)).filter(|extras| !extras.is_empty()).map(AnswerPiece::Extras));
        pieces.push(AnswerPiece::Finish(finish_reason(&message)));
        let answer = |piece| StreamChunk::Answer { index: 0, piece };
        let mut chunks: Vec<_> = pieces.into_iter().map(answer).collect();
        let usage = usage(&message);
        chunks.push(StreamChunk::Vendor(vendor(message)));
        chunks.push(StreamChunk::Usage(usage));
        Ok(chunks)
    }
}

fn some_text(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}
