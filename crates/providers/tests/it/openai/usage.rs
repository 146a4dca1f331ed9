//! What a generation used is told, whether the vendor tells it or not.

use std::sync::Arc;

use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::openai::{ChatChunk, ChatCompletion, Embeddings, MockOpenAiApi};
use fourfold_domain::{
    GenerationResult, Generator, MediaMaker, Modality, ModelSpec, Provider, ProviderError, ProviderKey,
    StreamChunk, Usage,
};
use fourfold_providers::conformance;
use fourfold_providers::openai::OpenAiProvider;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{context, provider, text};

/// The text models alone, since this vendor's media aren't there to be asked for.
struct TextOnly(OpenAiProvider, Vec<ModelSpec>);

impl Provider for TextOnly {
    fn key(&self) -> &ProviderKey {
        self.0.key()
    }

    fn models(&self) -> &[ModelSpec] {
        &self.1
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(&self.0)
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        None
    }
}

fn untold() -> MockOpenAiApi {
    let mut api = MockOpenAiApi::new();
    api.expect_chat_completion().returning(|_| Ok(completion(Value::Null)));
    api.expect_chat_completion_stream().returning(|_| Ok(chunks(answer(), None)));
    api.expect_embeddings().returning(|_| {
        let answer = json!({"data": [{"index": 0, "embedding": [1.0]}]});
        Ok(serde_json::from_value::<Embeddings>(answer).unwrap())
    });
    api
}

fn completion(usage: Value) -> ChatCompletion {
    let message = json!({"role": "assistant", "content": "A red fox.", "reasoning_content": "Hm."});
    let choice = json!({"index": 0, "finish_reason": "stop", "message": message});
    serde_json::from_value(json!({"choices": [choice], "usage": usage})).unwrap()
}

fn answer() -> Vec<Value> {
    vec![
        json!({"choices": [{"index": 0, "delta": {"reasoning_content": "Hm."}}]}),
        json!({"choices": [{"index": 0, "delta": {"content": "A red fox."}}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ]
}

fn chunks(answer: Vec<Value>, error: Option<ClientError>) -> fourfold_clients::openai::ChatStream {
    let chunks = answer.into_iter().map(|chunk| Ok(serde_json::from_value::<ChatChunk>(chunk).unwrap()));
    stream::iter(chunks.chain(error.map(Err)).collect::<Vec<_>>()).boxed()
}

fn hi() -> fourfold_domain::GenerationRequest {
    text(Modality::Chat, json!({"messages": [{"role": "user", "content": "Hi there"}]}))
}

async fn streamed(answer: Vec<Value>, error: Option<ClientError>) -> Vec<Result<StreamChunk, ProviderError>> {
    let mut api = MockOpenAiApi::new();
    api.expect_chat_completion_stream().return_once(|_| Ok(chunks(answer, error)));
    provider(api).generate_stream(hi(), context("gpt-5-mini")).await.unwrap().collect().await
}

/// Four tokens of a message, two of its text; one of thoughts, three of the answer.
const ESTIMATE: Usage = Usage {
    input_tokens: 6,
    cached_input_tokens: 0,
    output_tokens: 4,
    reasoning_tokens: 1,
    cache_write_tokens: 0,
    cache_write_1h_tokens: 0,
};

#[tokio::test]
async fn a_vendor_that_tells_no_usage_keeps_the_contract() {
    let build = || {
        let provider = provider(untold());
        let is_text = |spec: &&ModelSpec| matches!(spec.modality, Modality::Chat | Modality::Embedding);
        let specs = provider.models().iter().filter(is_text).cloned().collect();
        Arc::new(TextOnly(provider, specs)) as Arc<dyn Provider>
    };
    conformance::check(build).await.unwrap();
}

#[tokio::test]
async fn what_is_estimated_says_so() {
    let provider = provider(untold());
    let GenerationResult::Chat(chat) = provider.generate(hi(), context("gpt-5-mini")).await.unwrap() else {
        panic!("that is no chat")
    };
    assert_eq!((chat.usage, &chat.vendor["usage"]), (ESTIMATE, &json!("estimated")));
    let request = text(Modality::Embedding, json!({"texts": ["foxes"]}));
    let embedding = provider.generate(request, context("text-embedding-3-small")).await.unwrap();
    assert_eq!((embedding.usage().input_tokens, &embedding.vendor()["usage"]), (2, &json!("estimated")));
    let end: Vec<_> = streamed(answer(), None).await.into_iter().map(Result::unwrap).collect();
    let fact = StreamChunk::Vendor(json!({"usage": "estimated"}).as_object().unwrap().clone());
    assert_eq!(end[end.len() - 2..], [fact, StreamChunk::Usage(ESTIMATE)]);
}

#[tokio::test]
async fn what_the_vendor_tells_is_no_estimate() {
    let mut api = MockOpenAiApi::new();
    api.expect_chat_completion()
        .returning(|_| Ok(completion(json!({"prompt_tokens": 9, "completion_tokens": 5}))));
    let result = provider(api).generate(hi(), context("gpt-5-mini")).await.unwrap();
    let told = Usage { input_tokens: 9, output_tokens: 5, ..Usage::default() };
    assert_eq!((result.usage(), result.vendor().get("usage")), (told, None));
}

#[tokio::test]
async fn usage_that_comes_with_every_chunk_is_told_once_and_last() {
    let mut answer = answer();
    for (tokens, chunk) in answer.iter_mut().enumerate() {
        chunk["usage"] = json!({"prompt_tokens": 9, "completion_tokens": tokens + 1});
    }
    let mut chunks: Vec<_> = streamed(answer, None).await.into_iter().map(Result::unwrap).collect();
    let told = Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() };
    assert_eq!(chunks.pop(), Some(StreamChunk::Usage(told)));
    assert!(!chunks.iter().any(|chunk| matches!(chunk, StreamChunk::Usage(_))), "{chunks:?}");
}

#[tokio::test]
async fn a_broken_stream_is_not_estimated_and_ends_with_its_error() {
    let error = || ClientError::new(ErrorKind::Interrupted, http::Effect::Started);
    let chunks = streamed(answer()[..2].to_vec(), Some(error())).await;
    assert!(chunks.last().unwrap().is_err());
    assert!(!chunks.iter().any(|chunk| matches!(chunk, Ok(StreamChunk::Usage(_)))), "{chunks:?}");
    let mut told = answer()[..2].to_vec();
    told[1]["usage"] = json!({"prompt_tokens": 9, "completion_tokens": 2});
    let chunks = streamed(told, Some(error())).await;
    let [.., Ok(StreamChunk::Usage(usage)), Err(_)] = &chunks[..] else { panic!("{chunks:?}") };
    assert_eq!((usage.input_tokens, usage.output_tokens), (9, 2));
}
