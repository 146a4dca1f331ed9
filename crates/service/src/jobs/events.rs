//! What happens to a job, as a stream for one listener.

use std::collections::VecDeque;

use fourfold_domain::{BoxStream, JobId, JobState};
use futures_util::stream;
use tokio::sync::watch;

use super::service::LISTENER_LOOK_AGAIN;
use super::{JobEvent, JobView, JobsService};
use crate::ServiceError;
use crate::ports::JobSignal;

/// One thing that happened to a job.
#[derive(Clone, PartialEq, Debug)]
pub enum JobUpdate {
    /// Its state changed; the view is the job as it was right then.
    State(JobEvent, Box<JobView>),
    /// It came further.
    Progress(Box<JobView>),
}

struct Follower {
    jobs: JobsService,
    job: JobId,
    /// The version that was told last.
    version: u32,
    progress: Option<u8>,
    told_final: bool,
    waiting: VecDeque<JobUpdate>,
    signals: watch::Receiver<Option<JobSignal>>,
}

impl JobsService {
    /// Follows a job: after `after_version` no state is skipped; without it, the present state comes first.
    /// Ends after the final state.
    pub fn follow(
        &self,
        view: JobView,
        after_version: Option<u32>,
    ) -> BoxStream<Result<JobUpdate, ServiceError>> {
        let follower = Follower {
            jobs: self.clone(),
            job: view.job.id,
            version: after_version.unwrap_or(view.job.version.saturating_sub(1)),
            progress: None,
            told_final: false,
            waiting: VecDeque::new(),
            signals: self.parts.signals.listen(view.job.id),
        };
        Box::pin(stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(update) => update.map(|update| (Ok(update), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

impl Follower {
    async fn next(&mut self) -> Result<Option<JobUpdate>, ServiceError> {
        loop {
            if let Some(update) = self.waiting.pop_front() {
                return Ok(Some(update));
            }
            if self.told_final {
                return Ok(None);
            }
            self.look().await?;
            if self.waiting.is_empty() && !self.told_final {
                // Woken or not, the next look tells; without a sender, time alone wakes.
                if let Ok(Err(_gone)) =
                    tokio::time::timeout(LISTENER_LOOK_AGAIN, self.signals.changed()).await
                {
                    tokio::time::sleep(LISTENER_LOOK_AGAIN).await;
                }
            }
        }
    }

    /// Lines up what has happened since the last look.
    async fn look(&mut self) -> Result<(), ServiceError> {
        self.signals.mark_unchanged();
        // The events first: the job is then at least as far as the last of them.
        let events = self.jobs.parts.store.events(self.job, self.version).await?;
        let view = self.jobs.load(self.job).await?;
        let (is_final, version) = (view.job.state.is_final(), view.job.version);
        for event in events {
            (self.version, self.progress) = (event.version, None);
            self.told_final = event.state.is_final();
            self.waiting.push_back(JobUpdate::State(event, Box::new(view.at(&event))));
        }
        if view.job.state == JobState::Running
            && view.job.version == self.version
            && view.job.progress > self.progress
        {
            self.progress = view.job.progress;
            self.waiting.push_back(JobUpdate::Progress(Box::new(view)));
        }
        // A listener who names the final version has been told already.
        self.told_final |= is_final && version <= self.version;
        Ok(())
    }
}
