//! Gemini's answers and the events of its streams.
#![no_main]

use fourfold_clients::gemini::{
    BatchEmbedContentsResponse, EmbedContentResponse, FileList, GenerateContentResponse, Interaction,
    InteractionEvent, Model, ModelList, Operation, Predictions, StoredFile, TokenCount,
};
use fourfold_clients_fuzz::read_each;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(
        data; BatchEmbedContentsResponse, EmbedContentResponse, FileList, GenerateContentResponse, Interaction,
        InteractionEvent, Model, ModelList, Operation, Predictions, StoredFile, TokenCount
    );
});
