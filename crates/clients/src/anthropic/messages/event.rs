//! A message as it is written.
//!
//! ```text
//! message_start (content_block_start content_block_delta* content_block_stop)* message_delta message_stop
//! ```

use futures_util::stream::BoxStream;
use serde_json::Value;

use super::answer::{MessageResponse, MessageUsage, StopReason};
use super::block::ContentBlock;
use crate::anthropic::failure::PASSING;
use crate::http::ClientError;
use crate::vendor::{Streamed, tagged_enum, wire_type};

/// The events of a message as they come. Dropping it closes the vendor's connection.
pub type MessageStream = BoxStream<'static, Result<MessageEvent, ClientError>>;

tagged_enum! {
    /// A step of a message that is being written.
    pub enum MessageEvent {
        /// The message is begun.
        MessageStart(MessageStartEvent) = "message_start",
        /// One of its blocks is begun.
        BlockStart(BlockStartEvent) = "content_block_start",
        /// The next of a block.
        BlockDelta(BlockDeltaEvent) = "content_block_delta",
        /// A block is whole.
        BlockStop(BlockStopEvent) = "content_block_stop",
        /// Why the message ends, and what is charged for.
        MessageDelta(MessageDeltaEvent) = "message_delta",
        /// The message is whole.
        MessageStop(MessageStopEvent) = "message_stop",
        /// The vendor is still there.
        Ping(PingEvent) = "ping",
    }
}

impl Streamed for MessageEvent {
    const PASSING: &'static [&'static str] = PASSING;
    const ENDS_WITH_DONE: bool = false;

    fn is_last(&self) -> bool {
        matches!(self, Self::MessageStop(_))
    }
}

wire_type! {
    /// A message is begun.
    pub struct MessageStartEvent {
        must {
            /// The message, still empty, with what is charged for what went in.
            message: MessageResponse,
        }
        may {}
    }
}

wire_type! {
    /// A block is begun.
    pub struct BlockStartEvent {
        must {
            /// Its place among the blocks.
            index: u32,
            /// The block, still empty.
            content_block: ContentBlock,
        }
        may {}
    }
}

wire_type! {
    /// The next of a block.
    pub struct BlockDeltaEvent {
        must {
            /// The block's place among the blocks.
            index: u32,
            /// What is added to it.
            delta: BlockDelta,
        }
        may {}
    }
}

wire_type! {
    /// A block is whole.
    pub struct BlockStopEvent {
        must {
            /// Its place among the blocks.
            index: u32,
        }
        may {}
    }
}

wire_type! {
    /// Why a message ends, and what is charged for.
    pub struct MessageDeltaEvent {
        must {
            /// What changes in the message.
            delta: MessageChange,
        }
        may {
            /// All tokens so far, not those since the last time.
            usage: MessageUsage,
        }
    }
}

wire_type! {
    /// What changes in a message at its end.
    pub struct MessageChange {
        may {
            /// Why it ends.
            stop_reason: StopReason,
            /// The text at which it ended, where one was given.
            stop_sequence: String,
            /// What more there is to say about its end.
            stop_details: Value,
        }
    }
}

wire_type! {
    /// A message is whole.
    pub struct MessageStopEvent {
        may {}
    }
}

wire_type! {
    /// The vendor is still there.
    pub struct PingEvent {
        may {}
    }
}

tagged_enum! {
    /// What is added to a block.
    pub enum BlockDelta {
        /// The next of a text.
        Text(TextDelta) = "text_delta",
        /// The next of a tool's arguments.
        InputJson(InputJsonDelta) = "input_json_delta",
        /// The next of a thought.
        Thinking(ThinkingDelta) = "thinking_delta",
        /// The signature of a thought.
        Signature(SignatureDelta) = "signature_delta",
        /// Where a text is from.
        Citations(CitationsDelta) = "citations_delta",
    }
}

wire_type! {
    /// The next of a text.
    pub struct TextDelta {
        must {
            /// A piece of the text.
            text: String,
        }
        may {}
    }
}

wire_type! {
    /// The next of a tool's arguments.
    pub struct InputJsonDelta {
        must {
            /// A piece of JSON text, which can be read when the block is whole; the first may be empty.
            partial_json: String,
        }
        may {}
    }
}

wire_type! {
    /// The next of a thought.
    pub struct ThinkingDelta {
        must {
            /// A piece of the thought.
            thinking: String,
        }
        may {}
    }
}

wire_type! {
    /// The signature of a thought.
    pub struct SignatureDelta {
        must {
            /// Proves to the vendor that the model thought it.
            signature: String,
        }
        may {}
    }
}

wire_type! {
    /// Where a text is from.
    pub struct CitationsDelta {
        must {
            /// One more place.
            citation: Value,
        }
        may {}
    }
}
