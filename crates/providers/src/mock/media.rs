//! The mock's media: made at once, or as tasks to be polled.

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, MediaMaker, MediaRequest, Output, OutputSource, Poll,
    ProviderError, Reason, Started, UpstreamTask,
};
use futures_util::stream;

use super::errors::{failed, refused, unknown_task};
use super::models::Manner;
use super::provider::MockProvider;
use super::settings::MockFailure;
use super::task::{Stand, Task};
use super::work::Work;

/// How much of a result [`MediaMaker::fetch`] gives at a time.
const CHUNK_BYTES: usize = 64 * 1024;

#[async_trait]
impl MediaMaker for MockProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (manner, spec) = self.model(&context.vendor_model)?;
        let mut work = Work::asked(spec.modality, &request, &*context.media).await?;
        self.available()?;
        if manner == Manner::Fail {
            return Err(failed());
        }
        if self.settings.fail == MockFailure::Partial {
            work.leave_one_out();
        }
        let refuse = self.settings.fail == MockFailure::Refuse;
        match manner {
            Manner::Slow => {
                let now = (self.now)();
                let task = Task::new(now, self.settings.delay, refuse, work);
                let (id, poll_after) = (task.id(), task.poll_after(now, self.settings.poll_every));
                Ok(Started::Task(UpstreamTask { id, vendor_model: context.vendor_model, poll_after }))
            }
            _ if refuse => Err(refused(Effect::NotStarted)),
            _ => work.made().await.map(Started::Done),
        }
    }

    async fn poll(&self, upstream: &UpstreamTask) -> Result<Poll, ProviderError> {
        let task = Task::parse(&upstream.id).ok_or_else(unknown_task)?;
        Ok(match task.stand((self.now)(), self.settings.poll_every) {
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
                match task.stand((self.now)(), self.settings.poll_every) {
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
        Ok(match task.stand((self.now)(), self.settings.poll_every) {
            Stand::Running { .. } => Cancelled::Stopped { used: None },
            Stand::Refused | Stand::Done(_) => Cancelled::TooLate,
        })
    }
}

fn chunks(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || (!bytes.is_empty()).then(|| bytes.split_to(CHUNK_BYTES.min(bytes.len()))))
}
