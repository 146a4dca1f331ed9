//! Vendors who speak.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, BoxStream, ByteStream, Cancelled, Effect, MediaMaker, MediaRequest, Modality, ModelSpec,
    Output, OutputSource, Outputs, Parameter, ParameterKind, Poll, Provider, ProviderError, ProviderKey,
    Reason, Speaker, SpeechRequest, Spoken, Started, UpstreamTask,
};
use fourfold_service::testing::provider;
use futures_util::stream;
use serde_json::Map;
use tokio::sync::mpsc;

use super::endings::failure;

pub(super) type Piece = Result<Bytes, ProviderError>;

/// A vendor of this name that gives its speech as it is spoken, one after the other.
pub(super) struct Voice {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    script: Mutex<VecDeque<Act>>,
}

pub(super) enum Act {
    /// Refuses, after so long.
    Fail(Duration, ProviderError),
    /// Says what the test says.
    Say(mpsc::UnboundedReceiver<Piece>),
}

impl Voice {
    pub(super) fn of<const N: usize>(name: &str, acts: [Act; N]) -> Arc<dyn Provider> {
        Arc::new(Self { key: provider(name), models: models(name), script: Mutex::new(acts.into()) })
    }
}

/// The test's end of a sound, and the vendor's.
pub(super) fn saying() -> (mpsc::UnboundedSender<Piece>, Act) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Act::Say(receiver))
}

fn models(name: &str) -> Vec<ModelSpec> {
    let text = Parameter::new("text", ParameterKind::Text { chars_max: 100 }, "what to say").required();
    let vendor_model = format!("{name}-1");
    vec![ModelSpec { vendor_model, modality: Modality::Speech, parameters: vec![text] }]
}

impl Provider for Voice {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn speaker(&self) -> Option<&dyn Speaker> {
        Some(self)
    }
}

#[async_trait]
impl Speaker for Voice {
    async fn speak(&self, _: SpeechRequest, _: AttemptContext) -> Result<Spoken, ProviderError> {
        let act = self.script.lock().unwrap().pop_front().expect("the script has no more");
        let pieces = match act {
            Act::Fail(after, error) => {
                tokio::time::sleep(after).await;
                return Err(error);
            }
            Act::Say(pieces) => pieces,
        };
        let next = async |mut pieces: mpsc::UnboundedReceiver<Piece>| Some((pieces.recv().await?, pieces));
        let sound: BoxStream<Piece> = Box::pin(stream::unfold(pieces, next));
        Ok(Spoken { media_type: "audio/wav".to_owned(), sound, vendor: Map::new() })
    }
}

/// A vendor that gives its speech once it is whole: a task that answers its polls so.
pub(super) struct Maker {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    polls: Mutex<VecDeque<Result<Poll, ProviderError>>>,
    /// Told of each task that it is asked to stop.
    pub(super) stopped: mpsc::UnboundedSender<String>,
}

impl Maker {
    pub(super) fn of<const N: usize>(
        name: &str,
        polls: [Result<Poll, ProviderError>; N],
    ) -> (Arc<dyn Provider>, mpsc::UnboundedReceiver<String>) {
        let (stopped, receiver) = mpsc::unbounded_channel();
        let polls = Mutex::new(polls.into());
        (Arc::new(Self { key: provider(name), models: models(name), polls, stopped }), receiver)
    }
}

/// A sound where this source says.
pub(super) fn made(source: OutputSource) -> Result<Poll, ProviderError> {
    let items = vec![Output { media_type: "audio/mpeg".to_owned(), source }];
    Ok(Poll::Done(Outputs { items, ..Outputs::default() }))
}

pub(super) fn running(poll_after: Duration) -> Result<Poll, ProviderError> {
    Ok(Poll::Running { progress: None, poll_after })
}

impl Provider for Maker {
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
impl MediaMaker for Maker {
    async fn start(&self, _: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let task = UpstreamTask {
            id: "task-1".to_owned(),
            vendor_model: context.vendor_model,
            poll_after: Duration::from_secs(1),
        };
        Ok(Started::Task(task))
    }

    async fn poll(&self, _: &UpstreamTask) -> Result<Poll, ProviderError> {
        self.polls.lock().unwrap().pop_front().expect("the script has no more polls")
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => Ok(Box::pin(stream::iter([Ok(bytes.clone())]))),
            OutputSource::Link(_) | OutputSource::Handle(_) => {
                Err(failure(Reason::Unavailable, Effect::NotStarted))
            }
        }
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        self.stopped.send(task.id.clone()).unwrap();
        Ok(Cancelled::Unsupported)
    }
}
