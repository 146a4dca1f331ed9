//! The mock, through the traits that the layers above use.

mod chat;
mod embedding;
mod failures;
mod image;
mod speech;
mod tasks;
mod transcription;
mod video;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use fourfold_domain::{
    AttemptContext, GenerationRequest, GenerationResult, Generator, InlineMedia, InvalidInput, MediaMaker,
    ModelSpec, Output, Outputs, Parameter, Poll, Provider, ProviderError, Request, Started, UpstreamTask,
};
use fourfold_providers::conformance;
use fourfold_providers::mock::{MockFailure, MockProvider, MockSettings};
use futures_util::TryStreamExt;
use serde_json::Value;

/// A mock whose clock is tokio's, which its test pauses.
fn mock(settings: MockSettings) -> MockProvider {
    let start = tokio::time::Instant::now();
    let now = move || -> SystemTime { UNIX_EPOCH + Duration::from_secs(1_000_000) + start.elapsed() };
    MockProvider::with_clock("mock".parse().unwrap(), settings, now)
}

/// A mock whose clock stands at this second.
fn mock_at(second: u64) -> MockProvider {
    let now = move || UNIX_EPOCH + Duration::from_secs(1_000_000 + second);
    MockProvider::with_clock("mock".parse().unwrap(), MockSettings::default(), now)
}

fn failing(fail: MockFailure) -> MockProvider {
    mock(MockSettings { fail, ..MockSettings::default() })
}

fn context(vendor_model: &str) -> AttemptContext {
    AttemptContext {
        owner: "job".to_owned(),
        number: 1,
        vendor_model: vendor_model.to_owned(),
        media: Arc::new(InlineMedia),
    }
}

fn spec<'a>(mock: &'a MockProvider, model: &str) -> &'a ModelSpec {
    mock.models().iter().find(|spec| spec.vendor_model == model).unwrap()
}

/// The request, checked by the model's table and filled in from it as by the layers above.
fn request(mock: &MockProvider, model: &str, input: Value) -> Result<Request, InvalidInput> {
    let mut input = input.as_object().unwrap().clone();
    let spec = spec(mock, model);
    Parameter::check_all(&spec.parameters, &input)?;
    Parameter::fill_in(&spec.parameters, &mut input);
    let request = Request::parse(spec.modality, input)?;
    mock.check(model, &request)?;
    Ok(request)
}

/// What the table or the check says against the input.
#[track_caller]
fn problem(model: &str, input: Value) -> String {
    request(&mock_at(0), model, input).unwrap_err().to_string()
}

async fn start(mock: &MockProvider, model: &str, input: Value) -> Result<Started, ProviderError> {
    let Request::Media(request) = request(mock, model, input).unwrap() else {
        panic!("not a request for media");
    };
    mock.start(request, context(model)).await
}

fn generation(mock: &MockProvider, model: &str, input: Value) -> GenerationRequest {
    match request(mock, model, input).unwrap() {
        Request::Generation(request) => request,
        Request::Media(_) => panic!("not a request for text"),
    }
}

async fn generate(mock: &MockProvider, model: &str, input: Value) -> Result<GenerationResult, ProviderError> {
    mock.generate(generation(mock, model, input), context(model)).await
}

async fn outputs(mock: &MockProvider, model: &str, input: Value) -> Outputs {
    match start(mock, model, input).await.unwrap() {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

async fn task(mock: &MockProvider, model: &str, input: Value) -> UpstreamTask {
    match start(mock, model, input).await.unwrap() {
        Started::Task(task) => task,
        Started::Done(outputs) => panic!("{outputs:?}"),
    }
}

async fn done(mock: &MockProvider, task: &UpstreamTask) -> Outputs {
    match mock.poll(task).await.unwrap() {
        Poll::Done(outputs) => outputs,
        other => panic!("{other:?}"),
    }
}

async fn fetched(mock: &MockProvider, output: &Output) -> Bytes {
    let bytes: BytesMut = mock.fetch(output).await.unwrap().try_collect().await.unwrap();
    bytes.freeze()
}

/// The first result.
async fn made(model: &str, input: Value) -> Bytes {
    let mock = mock_at(0);
    fetched(&mock, &outputs(&mock, model, input).await.items[0]).await
}

#[tokio::test(start_paused = true)]
async fn the_mock_conforms_slow_models_included() {
    let start = tokio::time::Instant::now();
    let build = || {
        let now = move || UNIX_EPOCH + start.elapsed();
        let mock = MockProvider::with_clock("mock".parse().unwrap(), MockSettings::default(), now);
        Arc::new(mock) as Arc<dyn Provider>
    };
    conformance::check(build).await.unwrap();
    assert!(start.elapsed() >= MockSettings::default().delay);
}

#[test]
fn every_modality_is_there_in_three_manners() {
    let mock = mock_at(0);
    for name in ["image", "video", "speech", "transcription", "chat", "embedding"] {
        let names: Vec<_> = mock.models().iter().filter(|spec| spec.modality.as_str() == name).collect();
        let names: Vec<_> = names.iter().map(|spec| spec.vendor_model.clone()).collect();
        assert_eq!(names, ["", "-slow", "-fail"].map(|suffix| format!("mock-{name}{suffix}")));
    }
}
