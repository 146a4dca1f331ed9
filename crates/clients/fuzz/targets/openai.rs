//! OpenAI's answers and the events of its streams.
#![no_main]

use fourfold_clients::openai::{
    ChatChunk, ChatCompletion, DeletedVideo, Embeddings, Images, Model, ModelList, Response, ResponseEvent,
    Transcription, TranscriptionEvent, Video, VideoList,
};
use fourfold_clients_fuzz::{read, read_each};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(
        data; ChatChunk, DeletedVideo, Model, ModelList, ResponseEvent, Transcription, TranscriptionEvent, Video,
        VideoList
    );
    if let Some(completion) = read::<ChatCompletion>(data) {
        _ = completion.text();
    }
    if let Some(response) = read::<Response>(data) {
        _ = response.text();
    }
    if let Some(images) = read::<Images>(data) {
        images.data.iter().for_each(|image| _ = image.bytes());
    }
    if let Some(embeddings) = read::<Embeddings>(data) {
        embeddings.data.into_iter().for_each(|embedding| _ = embedding.embedding.into_numbers());
    }
});
