//! A message that is put together from its events.

use serde_json::{Map, Value};

use super::answer::{MessageResponse, MessageUsage};
use super::block::ContentBlock;
use super::event::{BlockDelta, MessageDeltaEvent, MessageEvent};
use crate::http::{ClientError, Effect, ErrorKind};

/// A message that is put together from its events, for those who show it as it is written and want it whole in the end.
#[derive(Clone, Debug, Default)]
pub struct MessageSoFar {
    message: Option<MessageResponse>,
}

impl MessageSoFar {
    /// Adds what an event brings. What isn't known is passed over; an event that fits nothing that was begun is a
    /// [`Decode`](ErrorKind::Decode) error.
    pub fn add(&mut self, event: MessageEvent) -> Result<(), ClientError> {
        match event {
            MessageEvent::MessageStart(start) => self.message = Some(start.message),
            MessageEvent::BlockStart(start) => {
                let content = &mut self.begun()?.content;
                if place(start.index) != content.len() {
                    return Err(out_of_order());
                }
                content.push(start.content_block);
            }
            MessageEvent::BlockDelta(delta) => lengthen(self.block(delta.index)?, delta.delta)?,
            MessageEvent::BlockStop(stop) => read_input(self.block(stop.index)?),
            MessageEvent::MessageDelta(delta) => change(self.begun()?, delta),
            MessageEvent::MessageStop(_) | MessageEvent::Ping(_) | MessageEvent::Other(_) => {}
        }
        Ok(())
    }

    /// The message as far as it has come; none before it was begun. It is whole where the stream ended without an error.
    /// A tool's arguments that were cut off, at the limit or with the stream, are left as text.
    pub fn into_message(self) -> Option<MessageResponse> {
        self.message
    }

    fn begun(&mut self) -> Result<&mut MessageResponse, ClientError> {
        self.message.as_mut().ok_or_else(out_of_order)
    }

    fn block(&mut self, index: u32) -> Result<&mut ContentBlock, ClientError> {
        self.begun()?.content.get_mut(place(index)).ok_or_else(out_of_order)
    }
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn lengthen(block: &mut ContentBlock, delta: BlockDelta) -> Result<(), ClientError> {
    match (block, delta) {
        (ContentBlock::Text(block), BlockDelta::Text(delta)) => block.text.push_str(&delta.text),
        (ContentBlock::Text(block), BlockDelta::Citations(delta)) => {
            block.citations.get_or_insert_default().push(delta.citation);
        }
        (ContentBlock::Thinking(block), BlockDelta::Thinking(delta)) => {
            block.thinking.push_str(&delta.thinking);
        }
        (ContentBlock::Thinking(block), BlockDelta::Signature(delta)) => {
            block.signature.get_or_insert_default().push_str(&delta.signature);
        }
        (block, BlockDelta::InputJson(delta)) => match input(block).ok_or_else(out_of_order)? {
            Value::String(written) => written.push_str(&delta.partial_json),
            // The empty object that a block begins with.
            other => *other = Value::String(delta.partial_json),
        },
        (ContentBlock::Other(_), _) | (_, BlockDelta::Other(_)) => {}
        _ => return Err(out_of_order()),
    }
    Ok(())
}

/// Reads the arguments, which are text while a block is written.
fn read_input(block: &mut ContentBlock) {
    let Some(input) = input(block) else { return };
    let Value::String(written) = &*input else { return };
    if written.is_empty() {
        *input = Value::Object(Map::new());
    } else if let Ok(read) = serde_json::from_str(written) {
        *input = read;
    }
}

/// The arguments of a tool; the vendor's own tools have them in the same field.
fn input(block: &mut ContentBlock) -> Option<&mut Value> {
    match block {
        ContentBlock::ToolUse(block) => Some(&mut block.input),
        ContentBlock::Other(fields) => fields.get_mut("input"),
        _ => None,
    }
}

fn change(message: &mut MessageResponse, event: MessageDeltaEvent) {
    let change = event.delta;
    message.stop_reason = change.stop_reason.or(message.stop_reason.take());
    message.stop_sequence = change.stop_sequence.or(message.stop_sequence.take());
    message.stop_details = change.stop_details.or(message.stop_details.take());
    message.extra.extend(change.extra);
    if let Some(usage) = event.usage {
        message.usage = Some(later(message.usage.take().unwrap_or_default(), usage));
    }
}

/// The figures that come later stand for the whole, and need not all be there.
fn later(before: MessageUsage, usage: MessageUsage) -> MessageUsage {
    let mut extra = before.extra;
    extra.extend(usage.extra);
    MessageUsage {
        input_tokens: usage.input_tokens.or(before.input_tokens),
        output_tokens: usage.output_tokens.or(before.output_tokens),
        cache_creation_input_tokens: usage.cache_creation_input_tokens.or(before.cache_creation_input_tokens),
        cache_read_input_tokens: usage.cache_read_input_tokens.or(before.cache_read_input_tokens),
        cache_creation: usage.cache_creation.or(before.cache_creation),
        service_tier: usage.service_tier.or(before.service_tier),
        extra,
    }
}

fn out_of_order() -> ClientError {
    ClientError::new(ErrorKind::Decode, Effect::Started).with_source("an event fits nothing that was begun")
}
