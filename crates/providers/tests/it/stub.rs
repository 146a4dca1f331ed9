//! A provider of another team's, which does one thing and does it as its test says.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, MediaMaker, MediaRequest, Modality, ModelSpec, Output,
    OutputSource, Outputs, Parameter, ParameterKind, Poll, Provider, ProviderError, ProviderKey, Quantity,
    Reason, Speaker, SpeechRequest, Spoken, Started, Unit, UpstreamTask,
};
use fourfold_providers::{Constructed, ProviderSettings};
use serde_json::Map;

const TASK: &str = "stub-task";

/// Gives whatever it was built with.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) key: ProviderKey,
    pub(crate) models: Vec<ModelSpec>,
    pub(crate) outputs: Outputs,
    /// Whether it knows its models by name, as the contract asks.
    pub(crate) knows_names: bool,
    /// If there, it starts a task and answers every poll of it so.
    pub(crate) polled: Option<Result<Poll, ProviderError>>,
    pub(crate) cancelled: Cancelled,
    /// If there, it gives its speech so as it is spoken: the media type and the bytes.
    pub(crate) spoken: Option<(&'static str, &'static [u8])>,
}

impl Stub {
    pub(crate) fn new(key: &str) -> Self {
        let prompt = Parameter::new("prompt", ParameterKind::Text { chars_max: 10 }, "what to draw");
        let item = Output {
            media_type: "image/png".to_owned(),
            source: OutputSource::Bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")),
        };
        Self {
            key: key.parse().unwrap(),
            models: vec![ModelSpec {
                vendor_model: "stub-image".to_owned(),
                modality: Modality::Image,
                parameters: vec![prompt.required()],
            }],
            outputs: Outputs {
                items: vec![item],
                quantities: vec![Quantity::new(Unit::Image, 1)],
                ..Outputs::default()
            },
            knows_names: true,
            polled: None,
            cancelled: Cancelled::Unsupported,
            spoken: None,
        }
    }

    pub(crate) fn construct(key: &ProviderKey, _: &ProviderSettings) -> Constructed {
        Ok(Arc::new(Self::new(key.as_str())))
    }

    fn unknown(&self) -> ProviderError {
        ProviderError::new(Reason::NotFound, Effect::NotStarted, "the stub doesn't know it")
    }
}

impl Provider for Stub {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }

    fn speaker(&self) -> Option<&dyn Speaker> {
        self.spoken.map(|_| self as &dyn Speaker)
    }
}

#[async_trait]
impl Speaker for Stub {
    async fn speak(&self, _: SpeechRequest, context: AttemptContext) -> Result<Spoken, ProviderError> {
        let is_known = self.models.iter().any(|model| model.vendor_model == context.vendor_model);
        let (media_type, bytes) = self.spoken.filter(|_| is_known).ok_or_else(|| self.unknown())?;
        let sound = Box::pin(futures_util::stream::iter([Ok(Bytes::from_static(bytes))]));
        Ok(Spoken { media_type: media_type.to_owned(), sound, vendor: Map::new() })
    }
}

#[async_trait]
impl MediaMaker for Stub {
    async fn start(&self, _: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        if self.knows_names && self.models.iter().all(|model| model.vendor_model != context.vendor_model) {
            return Err(self.unknown());
        }
        if self.polled.is_none() {
            return Ok(Started::Done(self.outputs.clone()));
        }
        let task = UpstreamTask {
            id: TASK.to_owned(),
            vendor_model: context.vendor_model,
            poll_after: Duration::ZERO,
        };
        Ok(Started::Task(task))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        match &self.polled {
            Some(polled) if task.id == TASK => polled.clone(),
            _ => Err(self.unknown()),
        }
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => {
                let bytes = bytes.clone();
                Ok(Box::pin(futures_util::stream::iter([Ok(bytes)])))
            }
            OutputSource::Link(_) | OutputSource::Handle(_) => Err(self.unknown()),
        }
    }

    async fn cancel(&self, _: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        Ok(self.cancelled.clone())
    }
}
