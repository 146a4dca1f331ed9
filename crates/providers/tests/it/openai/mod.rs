//! OpenAI's provider: each parameter and each error, over a mocked client; the contract, over the simulator.

mod chat;
mod contract;
mod errors;
mod media;
mod settings;
mod usage;

use std::sync::Arc;

use fourfold_clients::http::BaseHttpClient;
use fourfold_clients::openai::MockOpenAiApi;
use fourfold_domain::{AttemptContext, GenerationRequest, InlineMedia, MediaRequest, Modality, Request};
use fourfold_providers::openai::OpenAiProvider;
use serde_json::Value;

fn provider(api: MockOpenAiApi) -> OpenAiProvider {
    let links = BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap();
    OpenAiProvider::new("openai".parse().unwrap(), Arc::new(api), links)
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "job".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

fn media(modality: Modality, input: Value) -> MediaRequest {
    match Request::parse(modality, input.as_object().unwrap().clone()).unwrap() {
        Request::Media(request) => request,
        Request::Generation(_) => panic!("that is text"),
    }
}

fn text(modality: Modality, input: Value) -> GenerationRequest {
    match Request::parse(modality, input.as_object().unwrap().clone()).unwrap() {
        Request::Generation(request) => request,
        Request::Media(_) => panic!("those are media"),
    }
}

/// What a client was asked, as it goes over the wire.
fn wire<T: serde::Serialize>(sent: &T) -> Value {
    serde_json::to_value(sent).unwrap()
}
