//! What the service, the worker and the sweep share, and what each of them says of a job.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fourfold_domain::InstanceId;

use super::{Job, JobSettings};
use crate::catalog::CatalogService;
use crate::files::FilesService;
use crate::ports::{DueJob, JobQueue, JobSignal, JobSignals, ObjectStorage, Store};
use crate::routing::Routing;
use crate::usage::UsageLog;
use crate::webhooks::Outbox;
use crate::{Clock, Media};

/// What jobs are made of; the service, the worker and the sweep share it.
#[derive(Clone)]
pub struct JobParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// What to look at next.
    pub queue: Arc<dyn JobQueue>,
    /// Wakes listeners.
    pub signals: Arc<dyn JobSignals>,
    /// Where results are kept.
    pub storage: Arc<dyn ObjectStorage>,
    /// Who is asked.
    pub routing: Routing,
    /// What can be asked for.
    pub catalog: CatalogService,
    /// What callers handed in.
    pub files: FilesService,
    /// Where the media of requests come from.
    pub media: Media,
    /// Where webhooks may go, and the bell of whoever sends them.
    pub outbox: Outbox,
    /// Takes what has ended.
    pub usage: UsageLog,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process.
    pub instance: InstanceId,
    /// How jobs are worked on.
    pub settings: JobSettings,
    /// Whether there is room for more work; a [`RoomWatch`](super::RoomWatch) keeps it current.
    pub has_room: Arc<AtomicBool>,
}

impl JobParts {
    /// Tells listeners where a job stands.
    pub(super) fn announce(&self, job: &Job) {
        let signal =
            JobSignal { job: job.id, version: job.version, state: job.state, progress: job.progress };
        self.signals.announce(signal);
        self.ring_for(job);
    }

    /// Tells the one who sends webhooks that a job's state has changed.
    pub(super) fn ring_for(&self, job: &Job) {
        if job.webhook_url.is_some() {
            self.outbox.ring();
        }
    }

    /// Tells listeners and the usage log that a job has ended, counts it and writes its one line; `worked` is how long
    /// a worker was at it last.
    pub(super) fn ended(&self, job: &Job, worked: Option<Duration>) {
        self.announce(job);
        self.usage.job(job.id);
        let duration = job.updated_at.since(job.created_at);
        tracing::info!(
            job.id = %job.id,
            account.id = %job.account,
            model = %job.model,
            state = job.state.as_str(),
            error = job.error.as_ref().map(|error| error.code.as_str()),
            attempts = job.attempts,
            charged = %job.charged,
            duration_ms = millis(duration),
            worked_ms = worked.map(millis),
            "a job ended"
        );
        let labels = [("model", job.model.to_string()), ("state", job.state.to_string())];
        metrics::counter!("fourfold_jobs_ended_total", &labels).increment(1);
        metrics::histogram!("fourfold_job_seconds", &labels).record(duration);
        metrics::counter!("fourfold_credits_charged_micros_total", "model" => job.model.to_string())
            .increment(job.charged.micros().unsigned_abs());
    }

    /// Lines a job up.
    pub(super) async fn enqueue(&self, job: &Job, after: Duration) {
        let next_at = self.clock.now().after(after);
        self.queue.push(DueJob { job: job.id, priority: job.priority, next_at }).await;
    }

    /// Lines jobs up that go on in the place of one that ended.
    pub(super) async fn line_up(&self, promoted: Vec<DueJob>) {
        for due in promoted {
            self.queue.push(due).await;
        }
    }
}

/// A duration as a number, for logs.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
