//! Results on their way to our store.

use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{BoxStream, Effect, JobState, Output, OutputSource, Outputs, Provider};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::{AttemptState, Ending, JobError, JobWorker, Upstream, VENDOR_PATIENCE, Working, text};
use crate::artifacts::{object_key, told_media_type};
use crate::jobs::record::poll_backoff;
use crate::jobs::{Arrived, Artifact, Delivery, Job, OutputPlace, RecordUpstream, StoredObject};
use crate::ports::StorageError;
use crate::{BoxError, StoreError, failpoint};

/// The longest pause before results that are held in memory are stored again.
const STORE_AGAIN_MAX: Duration = Duration::from_secs(10);

impl JobWorker {
    /// Takes what the vendor delivered. Places of results are recorded first and fetched then; results that
    /// came themselves are stored first, and recorded in the step that ends the job.
    pub(super) async fn deliver(
        &self,
        working: &Working,
        job: &Job,
        provider: &dyn Provider,
        outputs: Outputs,
    ) -> Result<(), StoreError> {
        if outputs.items.is_empty() {
            let error = JobError::new("failed", "the vendor said that it was done and delivered nothing");
            return self
                .finish(working, Ending::failed(error, AttemptState::Failed, Some(Effect::Started)))
                .await;
        }
        // So many at a time as jobs are begun; those that came with the answer to `start` are counted there.
        let _delivery = match job.state {
            JobState::Running => {
                Some(self.deliveries.acquire().await.map_err(|closed| StoreError::Failed(closed.into()))?)
            }
            _ => None,
        };
        let Outputs { items, quantities, missing, vendor } = outputs;
        let came_at_once = items.iter().any(|output| matches!(output.source, OutputSource::Bytes(_)));
        if came_at_once {
            let stored = match self.store_what_came(working, job, provider, &items).await {
                Ok(stored) => stored,
                // The next poll brings them again.
                Err(why) if job.state == JobState::Running => return self.poll_failed(working, &why).await,
                Err(why) => return self.lost(working, why).await,
            };
            failpoint::reach("after_store");
            let delivery = Delivery { items: stored, quantities, missing };
            let output = text::as_it_came(job, &items);
            let arrived = Some(Arrived { quantities: delivery.quantities.clone(), vendor });
            self.succeed(working, delivery, output, arrived).await
        } else {
            let place = |output: Output| OutputPlace { media_type: output.media_type, source: output.source };
            let places = items.into_iter().map(place).collect();
            let delivery = Delivery { items: places, quantities, missing };
            let upstream = Upstream::Outputs(delivery.clone());
            let step = RecordUpstream { lease: working.claimed.lease, upstream, vendor };
            let storing = self.parts.store.record_upstream(step).await?;
            failpoint::reach("after_record");
            self.parts.announce(&storing);
            self.fetch_and_succeed(working, job, provider, delivery).await
        }
    }

    /// Goes on with a job whose results were on their way when its worker died or the store was down.
    pub(super) async fn resume_storing(&self, working: &Working, overdue: bool) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        let attempt = working.claimed.attempt.as_ref();
        match attempt.and_then(|attempt| attempt.upstream.clone()) {
            Some(Upstream::Objects(delivery)) => self.succeed_as_stored(working, job, delivery).await,
            Some(Upstream::Outputs(_)) if overdue => self.expire(working, Duration::ZERO).await,
            Some(Upstream::Outputs(delivery)) => {
                let provider = attempt
                    .and_then(|attempt| self.parts.routing.provider(&attempt.provider, &attempt.credential));
                match provider {
                    Some(provider) => self.fetch_and_succeed(working, job, provider.as_ref(), delivery).await,
                    None => self.poll_failed(working, "its provider is off").await,
                }
            }
            Some(Upstream::Task(_)) | None => {
                let error = JobError::new("failed", "the record of what the vendor delivered is missing");
                tracing::error!(job.id = %job.id, "a job is storing and nothing says what");
                self.finish(working, Ending::failed(error, AttemptState::Failed, Some(Effect::Started))).await
            }
        }
    }

    async fn fetch_and_succeed(
        &self,
        working: &Working,
        job: &Job,
        provider: &dyn Provider,
        delivery: Delivery<OutputPlace>,
    ) -> Result<(), StoreError> {
        let output = |place: &OutputPlace| Output {
            media_type: place.media_type.clone(),
            source: place.source.clone(),
        };
        let outputs: Vec<Output> = delivery.items.iter().map(output).collect();
        match self.store_in_time(working, job, provider, &outputs).await {
            Err(why) => self.poll_failed(working, &why).await,
            Ok(items) => {
                failpoint::reach("after_store");
                let delivery = Delivery { items, quantities: delivery.quantities, missing: delivery.missing };
                self.succeed_as_stored(working, job, delivery).await
            }
        }
    }

    /// Ends a job whose results were recorded before.
    async fn succeed_as_stored(
        &self,
        working: &Working,
        job: &Job,
        delivery: Delivery<StoredObject>,
    ) -> Result<(), StoreError> {
        let output = text::as_it_is_stored(job, &delivery.items, self.parts.storage.as_ref()).await;
        self.succeed(working, delivery, output, None).await
    }

    async fn succeed(
        &self,
        working: &Working,
        delivery: Delivery<StoredObject>,
        output: Option<String>,
        arrived: Option<Arrived>,
    ) -> Result<(), StoreError> {
        let job = working.claimed.job.id;
        let used = self.used(working, &delivery.quantities);
        let artifact = |(index, object)| Artifact { job, index, object, removed_at: None };
        let artifacts = (0..).zip(delivery.items).map(artifact).collect();
        let missing = delivery.missing.map(|missing| JobError::new("partial", missing));
        self.finish(working, Ending::Succeeded { artifacts, used, output, missing, arrived }).await
    }

    /// Results that came with the answer to `start` and couldn't be stored are gone, and they were paid for.
    async fn lost(&self, working: &Working, why: String) -> Result<(), StoreError> {
        tracing::error!(job.id = %working.claimed.job.id, why, "a result that the vendor was paid for couldn't be stored");
        let error = JobError::new("storage_failed", "the result couldn't be stored; nothing was charged");
        self.finish(working, Ending::failed(error, AttemptState::Lost, Some(Effect::Started))).await
    }

    /// Stores results that nobody could fetch again: while the store is down it is tried until the job's
    /// deadline. A task's results are tried once, since the next poll brings them again.
    async fn store_what_came(
        &self,
        working: &Working,
        job: &Job,
        provider: &dyn Provider,
        outputs: &[Output],
    ) -> Result<Vec<StoredObject>, String> {
        let mut failures = 0;
        loop {
            match self.store_in_time(working, job, provider, outputs).await {
                Err(why) if job.state != JobState::Running && !working.patience().is_zero() => {
                    failures += 1;
                    tracing::warn!(job.id = %job.id, failures, why, "a result couldn't be stored; it is tried again");
                    tokio::time::sleep(poll_backoff(failures).min(STORE_AGAIN_MAX)).await;
                }
                stored => return stored,
            }
        }
    }

    /// Stores every result, or gives up at the job's deadline: a download that hangs doesn't keep a worker.
    async fn store_in_time(
        &self,
        working: &Working,
        job: &Job,
        provider: &dyn Provider,
        outputs: &[Output],
    ) -> Result<Vec<StoredObject>, String> {
        let patience = working.patience().max(VENDOR_PATIENCE);
        let stored = timeout(patience, self.store_all(job, provider, outputs)).await;
        stored.unwrap_or_else(|_late| Err("storing took longer than the job's deadline".to_owned()))
    }

    /// Stores every result under its key; the same keys each time, so that doing it twice leaves one.
    async fn store_all(
        &self,
        job: &Job,
        provider: &dyn Provider,
        outputs: &[Output],
    ) -> Result<Vec<StoredObject>, String> {
        let mut objects = Vec::with_capacity(outputs.len());
        for (index, output) in outputs.iter().enumerate() {
            let media_type = told_media_type(&output.media_type);
            let key = object_key(job.account, job.id, index, media_type);
            let bytes: BoxStream<Result<Bytes, BoxError>> = match &output.source {
                OutputSource::Bytes(bytes) => {
                    let bytes = bytes.clone();
                    Box::pin(futures_util::stream::once(async move { Ok(bytes) }))
                }
                OutputSource::Link(_) | OutputSource::Handle(_) => {
                    let media = provider.media().ok_or("its provider makes no media any more")?;
                    let stream = media.fetch(output).await.map_err(|failure| failure.message)?;
                    Box::pin(stream.map(|part| part.map_err(BoxError::from)))
                }
            };
            let stored = self.parts.storage.put(&key, media_type, bytes).await;
            objects.push(stored.map_err(|error| match error {
                StorageError::Full(_) => "the storage is full".to_owned(),
                StorageError::Source(cause) => format!("the vendor's download broke off: {cause}"),
                StorageError::Failed(cause) => format!("the storage has failed: {cause}"),
            })?);
        }
        Ok(objects)
    }
}
