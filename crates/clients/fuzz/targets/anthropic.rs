//! Anthropic's answers, and the events of its streams, put together as they come.
#![no_main]

use fourfold_clients::anthropic::{
    MessageEvent, MessageResponse, MessageSoFar, Model, ModelList, TokenCount,
};
use fourfold_clients_fuzz::{read, read_each};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(data; MessageResponse, Model, ModelList, TokenCount);
    // Each line is an event.
    let mut so_far = MessageSoFar::default();
    for line in data.split(|byte| *byte == b'\n') {
        let line = line.strip_prefix(b"data: ").unwrap_or(line);
        let Some(event) = read::<MessageEvent>(line) else { continue };
        if so_far.add(event).is_err() {
            return;
        }
    }
    _ = so_far.into_message();
});
