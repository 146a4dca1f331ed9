//! What goes in.

use super::{BYTES_PER_TOKEN, text};
use crate::{ChatMessage, ChatPart, ChatRequest, EmbeddingRequest, ResponseFormat};

/// What stands around a message: who says it, and where it ends.
const TOKENS_PER_MESSAGE: u64 = 4;

/// A picture of about 1024 × 1024 pixels.
const TOKENS_PER_IMAGE: u64 = 800;

/// Half a minute of sound.
const TOKENS_PER_AUDIO: u64 = 300;

/// A few pages.
const TOKENS_PER_FILE: u64 = 1500;

/// How much goes in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Input {
    pub(crate) bytes: u64,
    pub(crate) messages: u64,
    pub(crate) images: u64,
    pub(crate) sounds: u64,
    pub(crate) files: u64,
}

impl Input {
    fn add(&mut self, message: &ChatMessage) {
        self.messages += 1;
        for part in &message.parts {
            match part {
                ChatPart::Text(text) => self.bytes += text.len() as u64,
                ChatPart::Image { .. } => self.images += 1,
                ChatPart::Audio(_) => self.sounds += 1,
                ChatPart::File { .. } => self.files += 1,
            }
        }
        let calls = message.tool_calls.iter().map(|call| call.name.len() + call.arguments.len());
        self.bytes += calls.sum::<usize>() as u64;
    }

    pub(crate) fn tokens(self) -> u64 {
        let counted = [
            (self.messages, TOKENS_PER_MESSAGE),
            (self.images, TOKENS_PER_IMAGE),
            (self.sounds, TOKENS_PER_AUDIO),
            (self.files, TOKENS_PER_FILE),
        ];
        let beside_text: u64 = counted.iter().map(|(count, tokens)| count * tokens).sum();
        beside_text + self.bytes.div_ceil(BYTES_PER_TOKEN as u64)
    }
}

/// The tokens that go into a chat.
pub fn chat_input(chat: &ChatRequest) -> u64 {
    let mut input = Input::default();
    chat.messages.iter().for_each(|message| input.add(message));
    let mut bytes = 0;
    for tool in &chat.tools {
        let schema = tool.parameters.as_ref().map_or(0, |schema| schema.to_string().len());
        bytes += tool.name.len() + tool.description.as_deref().map_or(0, str::len) + schema;
    }
    if let Some(ResponseFormat::JsonSchema { schema, .. }) = &chat.response_format {
        bytes += schema.to_string().len();
    }
    Input { bytes: input.bytes + bytes as u64, ..input }.tokens()
}

/// The tokens that a message of a chat comes to.
pub fn message_input(message: &ChatMessage) -> u64 {
    let mut input = Input::default();
    input.add(message);
    input.tokens()
}

/// The tokens that go into an embedding.
pub fn embedding_input(embedding: &EmbeddingRequest) -> u64 {
    embedding.texts.iter().map(|one| text(one.len())).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{GenerationRequest, Modality, Request};

    fn chat(input: Value) -> ChatRequest {
        match Request::parse(Modality::Chat, input.as_object().unwrap().clone()).unwrap() {
            Request::Generation(GenerationRequest::Chat(chat)) => *chat,
            other => panic!("{other:?}"),
        }
    }

    fn input(content: Value) -> u64 {
        chat_input(&chat(json!({"messages": [{"role": "user", "content": content}]})))
    }

    #[test]
    fn four_bytes_of_text_are_a_token() {
        assert_eq!(input(json!("")), TOKENS_PER_MESSAGE);
        assert_eq!(input(json!("foxes")), TOKENS_PER_MESSAGE + 2);
        assert_eq!(input(json!("狐狸狐狸")), TOKENS_PER_MESSAGE + 3);
    }

    #[test]
    fn media_are_as_much_whatever_they_weigh() {
        let image = |url: &str| input(json!([{"type": "image_url", "image_url": {"url": url}}]));
        let small = image("https://x.test/a.png");
        assert_eq!(small, TOKENS_PER_MESSAGE + TOKENS_PER_IMAGE);
        assert_eq!(image(&format!("data:image/png;base64,{}", "A".repeat(10_000))), small);
        let sound = json!([{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]);
        assert_eq!(input(sound), TOKENS_PER_MESSAGE + TOKENS_PER_AUDIO);
        let file = json!([{"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}}]);
        assert_eq!(input(file), TOKENS_PER_MESSAGE + TOKENS_PER_FILE);
    }

    #[test]
    fn tools_and_schemas_are_read_too() {
        let messages = json!([{"role": "user", "content": "Hi"}]);
        let bare = chat_input(&chat(json!({"messages": messages})));
        for more in [
            json!({"tools": [{"type": "function", "function": {"name": "look", "description": "Looks around."}}]}),
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}}),
        ] {
            let mut whole = json!({"messages": messages});
            whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert!(chat_input(&chat(whole)) > bare, "{more}");
        }
        let called = json!([{"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{\"at\":1}"}}]}]);
        assert_eq!(chat_input(&chat(json!({"messages": called}))), TOKENS_PER_MESSAGE + 3);
    }

    #[test]
    fn each_text_of_an_embedding_counts() {
        let texts = vec!["a".to_owned(), "abcde".to_owned()];
        let embedding = EmbeddingRequest { texts, dimensions: None, extras: Map::new() };
        assert_eq!(embedding_input(&embedding), 3);
    }
}
