//! A vendor that follows a script; what isn't in it fails the test with what was asked.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, MediaMaker, MediaRequest, Modality, ModelSpec, Output,
    OutputSource, Outputs, Parameter, ParameterKind, Poll, Provider, ProviderError, ProviderKey, Quantity,
    Reason, Started, Unit, UpstreamTask,
};
use fourfold_service::testing::provider;
use serde_json::Map;

/// The provider `acme` with the model `acme-1`.
pub(crate) struct Vendor {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    script: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    starts: VecDeque<Result<Started, ProviderError>>,
    polls: VecDeque<Result<Poll, ProviderError>>,
}

impl Vendor {
    pub(super) fn new() -> Self {
        let parameters = vec![
            Parameter::new("prompt", ParameterKind::Text { chars_max: 100_000 }, "what to draw").required(),
            Parameter::new("n", ParameterKind::Integer { min: 1, max: 10 }, "how many"),
            Parameter::new("size", ParameterKind::Size { min: 64, max: 1024, step: 64 }, "how large"),
            Parameter::new("image", ParameterKind::MediaList { max: 3 }, "what to work from"),
        ];
        let spec = ModelSpec { vendor_model: "acme-1".to_owned(), modality: Modality::Image, parameters };
        Self { key: provider("acme"), models: vec![spec], script: Mutex::default() }
    }

    /// The next work is answered so.
    pub(crate) fn will_start(&self, answer: Result<Started, ProviderError>) {
        self.script.lock().unwrap().starts.push_back(answer);
    }

    /// The next poll is answered so.
    pub(crate) fn will_say(&self, answer: Result<Poll, ProviderError>) {
        self.script.lock().unwrap().polls.push_back(answer);
    }
}

impl Provider for Vendor {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }
}

#[async_trait]
impl MediaMaker for Vendor {
    async fn start(&self, request: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        let answer = self.script.lock().unwrap().starts.pop_front();
        answer.unwrap_or_else(|| panic!("the script has no answer to {request:?}"))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let answer = self.script.lock().unwrap().polls.pop_front();
        answer.unwrap_or_else(|| panic!("the script has no answer to a poll of {task:?}"))
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        panic!("the script has nothing to fetch: {output:?}")
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        panic!("the script has no answer to a cancel of {task:?}")
    }
}

/// These results, each of a media type with its bytes.
pub(crate) fn outputs(results: &[(&str, &str)]) -> Outputs {
    let item = |(media_type, text): &(&str, &str)| Output {
        media_type: (*media_type).to_owned(),
        source: OutputSource::Bytes(Bytes::copy_from_slice(text.as_bytes())),
    };
    Outputs {
        items: results.iter().map(item).collect(),
        quantities: vec![Quantity::new(Unit::Image, results.len() as u64)],
        missing: None,
        vendor: Map::new(),
    }
}

/// A task that is first polled after a second.
pub(crate) fn task() -> Started {
    Started::Task(UpstreamTask {
        id: "task-1".to_owned(),
        vendor_model: "acme-1".to_owned(),
        poll_after: Duration::from_secs(1),
    })
}

pub(crate) fn running(progress: u8) -> Result<Poll, ProviderError> {
    Ok(Poll::Running { progress: Some(progress), poll_after: Duration::from_secs(1) })
}

pub(crate) fn failure(reason: Reason) -> ProviderError {
    ProviderError::new(reason, Effect::NotStarted, "the vendor says no")
}
