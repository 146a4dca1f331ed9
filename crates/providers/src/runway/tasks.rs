//! Tasks of Runway's: how one stands, and what came of it.

use std::time::Duration;

use fourfold_clients::runway::{Task, TaskStatus};
use fourfold_domain::{
    Effect, Output, OutputSource, Outputs, Poll, ProviderError, Quantity, Reason, Started, Unit, UpstreamTask,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CODES;
use crate::classify::{empty, verdict, without_urls};
use crate::facts::facts;
use crate::task_id;

/// How often the vendor's own client looks. Its guide forbids less than 5 s.
const POLL_AFTER: Duration = Duration::from_secs(6);

/// What a poll has to know of the work that was asked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// What it comes to if all of it is made.
    #[serde(rename = "q")]
    pub(super) quantity: Quantity,
    /// What its results are where their names don't tell.
    #[serde(rename = "t")]
    pub(super) media_type: String,
}

/// The task that the vendor has taken.
pub(super) fn started(task: &Task, vendor_model: String, work: &Work) -> Result<Started, ProviderError> {
    let id = task_id::pack(&task.id, work)?;
    Ok(Started::Task(UpstreamTask { id, vendor_model, poll_after: POLL_AFTER }))
}

/// How a task stands, in our words.
pub(super) fn poll(task: Task, work: Work) -> Poll {
    match task.status {
        Some(TaskStatus::Succeeded) => outputs(task, work).map_or_else(Poll::Failed, Poll::Done),
        Some(TaskStatus::Failed) => Poll::Failed(failure(task)),
        Some(TaskStatus::Cancelled) => {
            let code = TaskStatus::Cancelled.as_str();
            Poll::Failed(verdict(CODES, Some(code), Some("the task was cancelled at the vendor")))
        }
        // A status that nobody knows isn't an end, and one that is throttled only waits.
        _ => Poll::Running { progress: task.progress.map(percent), poll_after: POLL_AFTER },
    }
}

/// Whether a task is over, so that nothing of it can be stopped.
pub(super) fn is_over(task: &Task) -> bool {
    matches!(task.status, Some(TaskStatus::Succeeded | TaskStatus::Failed | TaskStatus::Cancelled))
}

fn outputs(task: Task, work: Work) -> Result<Outputs, ProviderError> {
    let vendor = said(&task);
    let links = task.output.unwrap_or_default();
    if links.is_empty() {
        return Err(empty("the vendor ended its task without a result"));
    }
    let mut quantity = work.quantity;
    let mut missing = None;
    // Only pictures are counted one by one.
    if quantity.unit == Unit::Image && (links.len() as u64) < quantity.count {
        missing = Some(format!("the vendor made {} of {} pictures", links.len(), quantity.count));
        quantity.count = links.len() as u64;
    }
    let output = |link: String| Output {
        media_type: media_type(&link).unwrap_or(&work.media_type).to_owned(),
        source: OutputSource::Link(link),
    };
    let items = links.into_iter().map(output).collect();
    Ok(Outputs { items, quantities: vec![quantity], missing, vendor })
}

/// The vendor's verdict. Its words aren't meant for end users and are kept as a fact.
fn failure(task: Task) -> ProviderError {
    let code = task.failure_code.as_deref();
    let reason = code.map_or(Reason::Failed, reason);
    let message = match reason {
        Reason::Refused => "the vendor refuses this content",
        Reason::InvalidRequest => "the vendor can't use a file that was handed in",
        Reason::Unavailable => "the model's maker can't be reached",
        _ => "the vendor failed",
    };
    let mut vendor = said(&task);
    vendor
        .extend(facts([("code", task.failure_code), ("failure", task.failure.as_deref().map(without_urls))]));
    ProviderError { vendor, ..ProviderError::new(reason, Effect::Started, message) }
}

/// By the longest beginning of the code that is known. One that nobody knows isn't to be tried again.
fn reason(code: &str) -> Reason {
    let ends = code.match_indices('.').map(|(end, _)| end).chain([code.len()]);
    let beginnings: Vec<_> = ends.map(|end| &code[..end]).collect();
    let known = beginnings.iter().rev().find_map(|code| CODES.iter().find(|(known, _)| known == code));
    known.map_or(Reason::Failed, |(_, reason)| *reason)
}

/// What the vendor says of a task beside its result.
fn said(task: &Task) -> Map<String, Value> {
    let mut facts = facts([("task_id", Some(task.id.clone())), ("created_at", task.created_at.clone())]);
    let credits = task.cost.as_ref().map(|cost| Value::Number(cost.credits.clone()));
    facts.extend(credits.map(|credits| ("credits".to_owned(), credits)));
    facts
}

/// What lies behind a link, by the extension of its file.
fn media_type(link: &str) -> Option<&'static str> {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit_once('/')?.1.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" | "opus" => "audio/ogg",
        _ => return None,
    })
}

/// Of a part from 0 to 1.
fn percent(part: f64) -> u8 {
    (part * 100.0).clamp(0.0, 100.0) as u8
}
