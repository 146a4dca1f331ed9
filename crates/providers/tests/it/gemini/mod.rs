//! Gemini's provider: each parameter and each error, over a mocked client; the contract, over the simulator.

mod chat;
mod check;
mod contract;
mod embeddings;
mod errors;
mod images;
mod messages;
mod speech;
mod streams;
mod videos;

use std::collections::BTreeSet;
use std::sync::Arc;

use fourfold_clients::gemini::{GenerateContentResponse, MockGeminiApi};
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{
    AttemptContext, GenerationRequest, InlineMedia, InvalidInput, MediaRequest, Modality, OutputSource,
    Outputs, Parameter, Provider, Request, Started,
};
use fourfold_providers::gemini::GeminiProvider;
use serde_json::{Value, json};

const PNG: &str = "data:image/png;base64,UE5H";

fn provider(api: MockGeminiApi) -> GeminiProvider {
    let links = BaseHttpClient::builder("http://127.0.0.1:1").build().unwrap();
    GeminiProvider::new("gemini".parse().unwrap(), Arc::new(api), links)
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

/// What the vendor answers.
fn answer(response: Value) -> GenerateContentResponse {
    serde_json::from_value(response).unwrap()
}

/// An answer with these parts, which ends as it should.
fn said(parts: Value) -> GenerateContentResponse {
    answer(json!({
        "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": parts}}],
        "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 5, "totalTokenCount": 17},
        "modelVersion": "gemini-3.8-flash-001", "responseId": "r1",
    }))
}

fn done(started: Started) -> Outputs {
    match started {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

fn bytes(outputs: &Outputs) -> &[u8] {
    match &outputs.items[0].source {
        OutputSource::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn table(vendor_model: &str) -> Vec<Parameter> {
    let provider = provider(MockGeminiApi::new());
    let spec = provider.models().iter().find(|spec| spec.vendor_model == vendor_model).cloned();
    spec.unwrap().parameters
}

/// These are all that the model's table has.
fn check_all_rows(vendor_model: &str, names: &[&str]) {
    let table = table(vendor_model);
    let rows: BTreeSet<_> = table.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(rows, names.iter().copied().collect());
}

/// What the table, or else the provider, has against an input.
fn mistake(vendor_model: &str, modality: Modality, input: Value) -> Result<(), InvalidInput> {
    let input = input.as_object().unwrap().clone();
    Parameter::check_all(&table(vendor_model), &input)?;
    let request = Request::parse(modality, input)?;
    provider(MockGeminiApi::new()).check(vendor_model, &request)
}
