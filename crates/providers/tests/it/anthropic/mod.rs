//! Anthropic's provider: each parameter and each error, over a mocked client; the contract, over the simulator.

mod chat;
mod contract;
mod errors;
mod limits;
mod stream;

use std::sync::Arc;

use fourfold_clients::anthropic::{MessageResponse, MockAnthropicApi};
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{AttemptContext, ChatResult, GenerationRequest, GenerationResult, Generator};
use fourfold_domain::{InlineMedia, Modality, Request};
use fourfold_providers::anthropic::AnthropicProvider;
use serde_json::{Value, json};

const NEW: &str = "claude-sonnet-5";
const OLD: &str = "claude-haiku-4-5-20251001";

fn provider(api: MockAnthropicApi) -> AnthropicProvider {
    let http = BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap();
    AnthropicProvider::new("anthropic".parse().unwrap(), Arc::new(api), http)
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "call".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

fn chat(input: Value) -> GenerationRequest {
    match Request::parse(Modality::Chat, input.as_object().unwrap().clone()).unwrap() {
        Request::Generation(request) => request,
        Request::Media(_) => panic!("those are media"),
    }
}

/// A chat whose only message is the user's `Hi`.
fn hi() -> GenerationRequest {
    chat(json!({"messages": [{"role": "user", "content": "Hi"}]}))
}

/// What the vendor answers, in our words.
async fn answered(answer: Value) -> ChatResult {
    let mut api = MockAnthropicApi::new();
    api.expect_create_message()
        .returning(move |_| Ok(serde_json::from_value::<MessageResponse>(answer.clone()).unwrap()));
    match provider(api).generate(hi(), context(NEW)).await.unwrap() {
        GenerationResult::Chat(chat) => chat,
        GenerationResult::Embedding(_) => panic!("those are vectors"),
    }
}

/// What the client is asked for an input.
async fn sent(vendor_model: &str, input: Value) -> Value {
    let mut api = MockAnthropicApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_create_message().times(1).returning(move |request| {
        tx.send(serde_json::to_value(request).unwrap()).unwrap();
        Ok(MessageResponse::new([]))
    });
    provider(api).generate(chat(input), context(vendor_model)).await.unwrap();
    rx.recv().unwrap()
}
