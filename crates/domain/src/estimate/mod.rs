//! What a generation used, estimated where its vendor doesn't tell: or else a call that answered would be charged
//! its whole hold, or nothing.
//!
//! About four bytes of text are a token, in any script: a letter of English has one byte, a Chinese character three.

mod input;
mod written;

pub(crate) use input::Input;
pub use input::{chat_input, embedding_input, message_input};
pub use written::{Written, complete, fact, is_estimated};

const BYTES_PER_TOKEN: usize = 4;

fn text(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN) as u64
}
