//! `…/results/{id}`: what takes a while, asked for by its id until it is there.
//!
//! ```text
//! POST ──► id ──► 202 in-progress ──► 200 the result, kept for 24 hours ──► 404
//!                                └──► 403, 422, 500
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use http::StatusCode;

use super::form::Form;
use super::generated::Generated;
use crate::http::{BaseHttpClient, Body, ClientError, Effect, ErrorKind, read_json, segment};
use crate::vendor::{Pace, Stand, Wait, WaitError, open_enum, until_over, wire_type};

wire_type! {
    /// Work that takes a while. Only the key that began it may ask for it.
    pub struct Task {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// How it stands, once it is asked for.
            status: TaskStatus,
        }
    }
}

open_enum! {
    /// How work stands that isn't over.
    pub enum TaskStatus {
        /// It runs, or waits to.
        InProgress = "in-progress",
    }
}

/// What there is of work that takes a while.
#[derive(Debug)]
pub enum TaskResult {
    /// Nothing yet. The vendor doesn't say how much is done.
    Running(Task),
    /// The result, which can be had again for 24 hours.
    Done(Generated),
}

/// Where results of a kind are.
pub(super) struct Results {
    path: &'static str,
    accept: &'static str,
    operation: &'static str,
}

impl Results {
    pub(super) const ANY: Self = Self { path: "v2beta/results", accept: "*/*", operation: "get_result" };
    pub(super) const AUDIO: Self =
        Self { path: "v2beta/audio/results", accept: "audio/*", operation: "get_audio_result" };
    pub(super) const VIDEO: Self =
        Self { path: "v2beta/image-to-video/result", accept: "video/*", operation: "get_video_result" };
}

pub(super) async fn start(
    http: &BaseHttpClient,
    path: &str,
    operation: &'static str,
    request: &dyn Form,
) -> Result<Task, ClientError> {
    http.post(path).operation(operation).multipart(request.form()?).paid().send().await?.json()
}

pub(super) async fn get(
    http: &BaseHttpClient,
    results: &Results,
    id: &str,
) -> Result<TaskResult, ClientError> {
    let call = http.get(&format!("{}/{}", results.path, segment(id))).operation(results.operation);
    // Tries of the same call would come faster than the vendor wants looks to. And 500 is the answer for work that failed,
    // which says nothing against the vendor.
    let answer = call.accept(results.accept).no_retry().without_breaker().stream().await?;
    if answer.status() == StatusCode::ACCEPTED {
        let (status, request_id) = (answer.status(), answer.request_id());
        let task = task(answer.into_body()).await;
        let task = task.map_err(|error| error.with_status(status).with_request_id(request_id))?;
        return Ok(TaskResult::Running(task));
    }
    Ok(TaskResult::Done(Generated::of(answer)?))
}

pub(super) async fn wait(
    http: &BaseHttpClient,
    results: &Results,
    id: &str,
    wait: &Wait,
) -> Result<Generated, WaitError> {
    let failed_looks = &AtomicU32::new(0);
    let look = || async move {
        match get(http, results, id).await {
            Ok(TaskResult::Done(generated)) => Ok(Stand::Done(generated)),
            Ok(TaskResult::Running(_)) => {
                failed_looks.store(0, Ordering::Relaxed);
                Ok(Stand::Running(None))
            }
            Err(error) if is_end(&error, failed_looks) => Ok(Stand::Failed {
                code: error.code().map(str::to_owned),
                message: error.message().map(str::to_owned),
            }),
            Err(error) => Err(error),
        }
    };
    until_over(id, wait, &PACE, look).await
}

/// The vendor's page says that more than one look in 10 s may be refused.
const PACE: Pace = Pace { advised: Duration::from_secs(10), least: Duration::from_secs(10) };

/// 500 is the answer for work that failed and for a look that did; so often in a row it is taken for the former.
const FAILED_LOOKS_MAX: u32 = 3;

/// Whether the error is the end of the work, and not of a look at it.
fn is_end(error: &ClientError, failed_looks: &AtomicU32) -> bool {
    match error.status() {
        Some(StatusCode::FORBIDDEN) => error.code() == Some("content_moderation"),
        Some(StatusCode::UNPROCESSABLE_ENTITY) => true,
        Some(StatusCode::INTERNAL_SERVER_ERROR) => {
            failed_looks.fetch_add(1, Ordering::Relaxed) + 1 >= FAILED_LOOKS_MAX
        }
        _ => {
            failed_looks.store(0, Ordering::Relaxed);
            false
        }
    }
}

/// Reads the few words about work that isn't over.
async fn task(body: Body) -> Result<Task, ClientError> {
    const BYTES_MAX: usize = 64 * 1024;
    let mut pieces = body.into_data_stream();
    let mut text = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        text.extend_from_slice(&piece);
        if text.len() > BYTES_MAX {
            return Err(ClientError::new(ErrorKind::TooLarge, Effect::Started));
        }
    }
    read_json(&text)
}
