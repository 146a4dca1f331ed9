//! `/v1/tasks…`: work that takes a while.

use std::time::Duration;

use serde_json::Number;

use crate::http::{BaseHttpClient, ClientError, segment};
use crate::vendor::{Pace, Stand, Wait, WaitError, open_enum, until_over, wire_type};

wire_type! {
    /// A task: what was asked for, and what became of it.
    #[serde(rename_all = "camelCase")]
    pub struct Task {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// How it stands. A task that was just created doesn't say it.
            status: TaskStatus,
            /// When it was created, in RFC 3339.
            created_at: String,
            /// How much is done, from 0 to 1, while it runs.
            progress: f64,
            /// The URLs of what it made.
            output: Vec<String>,
            /// Why it failed, in words that aren't meant for end users.
            failure: String,
            /// Why it failed, such as `SAFETY.INPUT.TEXT`. Without one the same request may succeed later.
            failure_code: String,
            /// What it costs at most, until it is over.
            estimated_cost: Cost,
            /// What it cost, once it is over.
            cost: Cost,
        }
    }
}

open_enum! {
    /// How a task stands.
    pub enum TaskStatus {
        /// It waits.
        Pending = "PENDING",
        /// It waits until fewer tasks of its model run for the account. That is no failure.
        Throttled = "THROTTLED",
        /// It is at work.
        Running = "RUNNING",
        /// It has its output.
        Succeeded = "SUCCEEDED",
        /// It has none.
        Failed = "FAILED",
        /// Somebody cancelled it.
        Cancelled = "CANCELLED",
    }
}

wire_type! {
    /// A cost.
    pub struct Cost {
        must {
            /// In the vendor's credits, of which 100 are a dollar.
            credits: Number,
        }
        may {}
    }
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Task, ClientError> {
    http.get(&path(id)).operation("get_generation_status").send().await?.json()
}

pub(super) async fn cancel(http: &BaseHttpClient, id: &str) -> Result<(), ClientError> {
    http.delete(&path(id)).operation("cancel_generation").send().await?;
    Ok(())
}

pub(super) async fn wait(http: &BaseHttpClient, id: &str, wait: &Wait) -> Result<Task, WaitError> {
    until_over(id, wait, &PACE, || async move { Ok(stand(get(http, id).await?)) }).await
}

/// The vendor's own client looks every 6 s, and its guide forbids less than 5 s.
const PACE: Pace = Pace { advised: Duration::from_secs(6), least: Duration::from_secs(5) };

fn stand(task: Task) -> Stand<Task> {
    match task.status {
        Some(TaskStatus::Succeeded) => Stand::Done(task),
        Some(TaskStatus::Failed) => Stand::Failed { code: task.failure_code, message: task.failure },
        Some(status @ TaskStatus::Cancelled) => {
            Stand::Failed { code: Some(status.as_str().to_owned()), message: None }
        }
        // A status that nobody knows isn't an end.
        _ => Stand::Running(task.progress.map(|part| (part * 100.0).clamp(0.0, 100.0))),
    }
}

fn path(id: &str) -> String {
    format!("v1/tasks/{}", segment(id))
}
