//! Pictures that take a while on Stability's wire, and what a look at one says.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fourfold_clients::http::ClientError;
use fourfold_clients::stability::{Task, TaskResult};
use fourfold_domain::{Effect, Poll, ProviderError, Reason, Started, UpstreamTask};

use super::{CODES, CONTENT_MODERATION, results};
use crate::classify::classify;

/// The vendor's page says that more than one look in 10 s may be refused.
const POLL_AFTER: Duration = Duration::from_secs(10);

/// 500 is the vendor's answer for work that failed and for a look that did. So often in a row it is taken for the
/// former, as the client's own wait does.
const FAILED_LOOKS_MAX: u32 = 3;

/// How many tasks are remembered at once whose last look was a 500.
const REMEMBERED_MAX: usize = 1024;

/// The task that the vendor has taken.
pub(super) fn started(task: Task, vendor_model: &str) -> Started {
    Started::Task(UpstreamTask { id: task.id, vendor_model: vendor_model.to_owned(), poll_after: POLL_AFTER })
}

/// How a task stands, in our words. That its picture couldn't be read says nothing: it can be had again for a day.
pub(super) async fn poll(result: TaskResult) -> Result<Poll, ProviderError> {
    match result {
        TaskResult::Running(_) => Ok(Poll::Running { progress: None, poll_after: POLL_AFTER }),
        TaskResult::Done(generated) => match results::judged(generated) {
            Ok(generated) => results::outputs(generated, None).await.map(Poll::Done),
            Err(verdict) => Ok(Poll::Failed(verdict)),
        },
    }
}

/// How many looks at a task were answered with 500 in a row, for tasks whose last one was. Each process counts its own, so
/// where several look at a task its end is only seen later.
#[derive(Default)]
pub(super) struct FailedLooks(Mutex<BTreeMap<String, u32>>);

impl FailedLooks {
    /// What it says of the task that a look at it came back with this error: that it failed, or nothing.
    pub(super) fn judge(&self, id: &str, error: ClientError) -> Result<Poll, ProviderError> {
        let last = error.last();
        let status = last.status().map(|status| status.as_u16());
        let is_refused = last.code() == Some(CONTENT_MODERATION);
        let mut error = classify(CODES, error);
        let is_verdict = match status {
            Some(403) => is_refused,
            Some(422) => true,
            Some(500) => self.count(id) >= FAILED_LOOKS_MAX,
            // The look came too early. So it breaks no row.
            Some(429) => false,
            _ => {
                self.forget(id);
                false
            }
        };
        if is_verdict {
            self.forget(id);
            error.effect = Effect::Started;
        }
        match status {
            // No id of the vendor's looks like this one.
            Some(400) => error.reason = Reason::NotFound,
            Some(500) if is_verdict => error.reason = Reason::Failed,
            _ => {}
        }
        if is_verdict { Ok(Poll::Failed(error)) } else { Err(error) }
    }

    /// The task has answered for itself.
    pub(super) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn count(&self, id: &str) -> u32 {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() >= REMEMBERED_MAX && !looks.contains_key(id) {
            // Those that nobody looks at any more would stay for ever; the others are counted anew.
            looks.clear();
        }
        let count = looks.entry(id.to_owned()).or_default();
        *count += 1;
        *count
    }
}
