//! The mock as a provider: picks the model, and answers at once, after a while or with a failure.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, MediaMaker, MediaRequest, ModelSpec, Output, OutputSource,
    Poll, Provider, ProviderError, ProviderKey, Reason, Started, UpstreamTask,
};
use futures_util::stream;

use super::errors::{failed, refused, unavailable, unknown_task};
use super::models::{Manner, models};
use super::settings::{MockFailure, MockSettings};
use super::task::{Stand, Task};
use super::work::Work;
use crate::{Constructed, ProviderSettings};

/// The provider that needs no vendor.
///
/// Heavy work is done on the blocking threads of the tokio runtime that it is called in.
pub struct MockProvider {
    key: ProviderKey,
    settings: MockSettings,
    /// How each of `specs` works, in the same order.
    manners: Vec<Manner>,
    specs: Vec<ModelSpec>,
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

/// How much of a result [`MediaMaker::fetch`] gives at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The row of the mock in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    Ok(Arc::new(MockProvider::new(key.clone(), MockSettings::parse(settings)?)))
}

impl MockProvider {
    /// A mock that goes by the system's clock.
    pub fn new(key: ProviderKey, settings: MockSettings) -> Self {
        Self::with_clock(key, settings, SystemTime::now)
    }

    /// A mock whose slow tasks go by this clock.
    pub fn with_clock(
        key: ProviderKey,
        settings: MockSettings,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        let (manners, specs) = models().into_iter().map(|model| (model.manner, model.spec)).unzip();
        Self { key, settings, manners, specs, now: Box::new(now) }
    }

    fn model(&self, vendor_model: &str) -> Result<(Manner, &ModelSpec), ProviderError> {
        let mut models = self.manners.iter().copied().zip(&self.specs);
        models.find(|(_, spec)| spec.vendor_model == vendor_model).ok_or_else(|| {
            let names: Vec<_> = self.specs.iter().map(|spec| spec.vendor_model.as_str()).collect();
            let message = format!("the mock has no model {vendor_model:?}; it has {}", names.join(", "));
            ProviderError::new(Reason::NotFound, Effect::NotStarted, message)
        })
    }

    /// Takes a request that is as it should be, unless it is told to fail.
    fn take(&self, manner: Manner) -> Result<(), ProviderError> {
        match (manner, self.settings.fail) {
            (_, MockFailure::Unavailable) => Err(unavailable()),
            (Manner::Fail, _) => Err(failed()),
            _ => Ok(()),
        }
    }
}

impl Provider for MockProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }
}

#[async_trait]
impl MediaMaker for MockProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (manner, spec) = self.model(&context.vendor_model)?;
        let mut work = Work::asked(spec.modality, &request, &*context.media).await?;
        self.take(manner)?;
        if self.settings.fail == MockFailure::Partial {
            work.leave_one_out();
        }
        let refuse = self.settings.fail == MockFailure::Refuse;
        match manner {
            Manner::Slow => {
                let now = (self.now)();
                let task = Task::new(now, self.settings.delay, refuse, work);
                let (id, poll_after) = (task.id(), task.poll_after(now));
                Ok(Started::Task(UpstreamTask { id, vendor_model: context.vendor_model, poll_after }))
            }
            _ if refuse => Err(refused(Effect::NotStarted)),
            _ => work.made().await.map(Started::Done),
        }
    }

    async fn poll(&self, upstream: &UpstreamTask) -> Result<Poll, ProviderError> {
        let task = Task::parse(&upstream.id).ok_or_else(unknown_task)?;
        Ok(match task.stand((self.now)()) {
            Stand::Running { progress, poll_after } => Poll::Running { progress: Some(progress), poll_after },
            Stand::Refused => Poll::Failed(refused(Effect::Started)),
            Stand::Done(work) => {
                let handle = |index| OutputSource::Handle(Task::handle(&upstream.id, index));
                Poll::Done(work.outputs(handle))
            }
        })
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        let bytes = match &output.source {
            OutputSource::Bytes(bytes) => bytes.clone(),
            OutputSource::Handle(handle) => {
                let (task, index) = Task::parse_handle(handle).ok_or_else(unknown_task)?;
                match task.stand((self.now)()) {
                    Stand::Done(work) => work.make(index).await?,
                    Stand::Running { .. } | Stand::Refused => return Err(unknown_task()),
                }
            }
            OutputSource::Link(_) => {
                let message = "the mock gives no links";
                return Err(ProviderError::new(Reason::Unsupported, Effect::Started, message));
            }
        };
        Ok(Box::pin(stream::iter(chunks(bytes).map(Ok))))
    }

    async fn cancel(&self, upstream: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        let task = Task::parse(&upstream.id).ok_or_else(unknown_task)?;
        Ok(match task.stand((self.now)()) {
            Stand::Running { .. } => Cancelled::Stopped { used: None },
            Stand::Refused | Stand::Done(_) => Cancelled::TooLate,
        })
    }
}

fn chunks(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || (!bytes.is_empty()).then(|| bytes.split_to(CHUNK_BYTES.min(bytes.len()))))
}
