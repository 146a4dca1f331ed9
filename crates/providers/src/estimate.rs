//! What a generation used, estimated where its vendor doesn't tell: or else a call that answered would be charged
//! its whole hold, or nothing.
//!
//! About four bytes of text are a token, in any script: a letter of English has one byte, a Chinese character three.

use fourfold_domain::{
    AnswerPiece, ChatAnswer, ChatPart, ChatRequest, EmbeddingRequest, ResponseFormat, Usage,
};
use serde_json::{Map, Value};

const BYTES_PER_TOKEN: usize = 4;

/// What stands around a message: who says it, and where it ends.
const TOKENS_PER_MESSAGE: u64 = 4;

/// A picture of about 1024 × 1024 pixels.
const TOKENS_PER_IMAGE: u64 = 800;

/// Half a minute of sound.
const TOKENS_PER_AUDIO: u64 = 300;

/// A few pages.
const TOKENS_PER_FILE: u64 = 1500;

/// The tokens that go into a chat.
pub(crate) fn chat_input(chat: &ChatRequest) -> u64 {
    let mut bytes = 0;
    let mut tokens = TOKENS_PER_MESSAGE * chat.messages.len() as u64;
    for message in &chat.messages {
        for part in &message.parts {
            match part {
                ChatPart::Text(text) => bytes += text.len(),
                ChatPart::Image { .. } => tokens += TOKENS_PER_IMAGE,
                ChatPart::Audio(_) => tokens += TOKENS_PER_AUDIO,
                ChatPart::File { .. } => tokens += TOKENS_PER_FILE,
            }
        }
        bytes += message.tool_calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>();
    }
    for tool in &chat.tools {
        let schema = tool.parameters.as_ref().map_or(0, |schema| schema.to_string().len());
        bytes += tool.name.len() + tool.description.as_deref().map_or(0, str::len) + schema;
    }
    if let Some(ResponseFormat::JsonSchema { schema, .. }) = &chat.response_format {
        bytes += schema.to_string().len();
    }
    tokens + text(bytes)
}

/// The tokens that go into an embedding.
pub(crate) fn embedding_input(embedding: &EmbeddingRequest) -> u64 {
    embedding.texts.iter().map(|one| text(one.len())).sum()
}

/// What was written so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    said_bytes: usize,
    thought_bytes: usize,
}

impl Written {
    /// And this whole answer.
    pub(crate) fn answer(&mut self, answer: &ChatAnswer) {
        let calls = answer.tool_calls.iter().map(|call| call.name.len() + call.arguments.len());
        let refusal = answer.refusal.as_deref().map_or(0, str::len);
        self.said_bytes += answer.text.len() + refusal + calls.sum::<usize>();
        self.thought_bytes += answer.reasoning.as_deref().map_or(0, str::len);
    }

    /// And this piece of one.
    pub(crate) fn piece(&mut self, piece: &AnswerPiece) {
        match piece {
            AnswerPiece::Text(text) | AnswerPiece::Refusal(text) => self.said_bytes += text.len(),
            AnswerPiece::Reasoning(text) => self.thought_bytes += text.len(),
            AnswerPiece::ToolCall { name, arguments, .. } => {
                self.said_bytes += name.as_deref().map_or(0, str::len) + arguments.len();
            }
            AnswerPiece::Extras(_) | AnswerPiece::Finish(_) => {}
        }
    }
}

/// What the vendor tells, with an estimate of what it doesn't, and whether there is any. Some vendors tell a zero
/// where they don't count.
pub(crate) fn complete(told: Usage, input_tokens: u64, written: Written) -> (Usage, bool) {
    let mut usage = told;
    if told.input_tokens == 0 {
        usage.input_tokens = input_tokens;
    }
    if told.output_tokens == 0 {
        usage.reasoning_tokens = text(written.thought_bytes);
        usage.output_tokens = usage.reasoning_tokens + text(written.said_bytes);
    }
    (usage, usage != told)
}

/// The vendor fact that a usage is an estimate.
pub(crate) fn fact() -> Map<String, Value> {
    Map::from_iter([("usage".to_owned(), Value::from("estimated"))])
}

fn text(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN) as u64
}

#[cfg(test)]
mod tests {
    use fourfold_domain::{GenerationRequest, Modality, Request};
    use serde_json::json;

    use super::*;

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

    #[test]
    fn thoughts_are_part_of_what_is_written() {
        let mut written = Written::default();
        written.piece(&AnswerPiece::Reasoning("A fox?".to_owned()));
        written.piece(&AnswerPiece::Text("Hm.".to_owned()));
        let call = |name: Option<&str>, arguments: &str| AnswerPiece::ToolCall {
            index: 0,
            id: None,
            name: name.map(str::to_owned),
            arguments: arguments.to_owned(),
        };
        written.piece(&call(Some("look"), ""));
        written.piece(&call(None, "{}"));
        let expected = Usage { input_tokens: 5, output_tokens: 5, reasoning_tokens: 2, ..Usage::default() };
        assert_eq!(complete(Usage::default(), 5, written), (expected, true));
    }

    #[test]
    fn what_the_vendor_tells_stays() {
        let written = Written { said_bytes: 400, thought_bytes: 0 };
        let told = Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() };
        assert_eq!(complete(told, 100, written), (told, false));
        let half = Usage { input_tokens: 9, ..Usage::default() };
        assert_eq!(complete(half, 100, written), (Usage { output_tokens: 100, ..half }, true));
        assert_eq!(complete(half, 100, Written::default()), (half, false), "nothing was written");
    }
}
