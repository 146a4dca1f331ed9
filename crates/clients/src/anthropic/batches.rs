//! `/v1/messages/batches`: many messages, made together within a day and had later.
//!
//! Source: the vendor's public reference of message batches.

use std::time::Duration;

use futures_util::stream::BoxStream;

use super::messages::{MessageRequest, MessageResponse};
use super::page::Page;
use crate::http::{BaseHttpClient, ClientError, segment};
use crate::vendor::{Pace, Stand, Wait, WaitError, lines, open_enum, tagged_enum, until_over, wire_type};

/// The results of a batch as they come, in any order. Dropping it closes the vendor's connection.
pub type BatchResults = BoxStream<'static, Result<BatchResult, ClientError>>;

wire_type! {
    /// Messages that are asked for together.
    pub struct BatchRequest {
        must {
            /// What is asked for each.
            requests: Vec<BatchItem>,
        }
        may {}
    }
}

wire_type! {
    /// One message of a batch.
    pub struct BatchItem {
        must {
            /// The caller's own id, which the result has too.
            custom_id: String,
            /// What is asked.
            params: MessageRequest,
        }
        may {}
    }
}

wire_type! {
    /// A batch, as it stands.
    pub struct Batch {
        must {
            /// Its id.
            id: String,
        }
        may {
            /// `message_batch`.
            #[serde(rename = "type")]
            kind: String,
            /// How it stands.
            processing_status: BatchStatus,
            /// How many of its messages stand how.
            request_counts: BatchCounts,
            /// When it was asked for, in RFC 3339.
            created_at: String,
            /// When what isn't made yet won't be, in RFC 3339.
            expires_at: String,
            /// When it ended, in RFC 3339.
            ended_at: String,
            /// From when on its results can't be had, in RFC 3339.
            archived_at: String,
            /// When it was cancelled, in RFC 3339.
            cancel_initiated_at: String,
            /// Where its results are.
            results_url: String,
        }
    }
}

open_enum! {
    /// How a batch stands.
    pub enum BatchStatus {
        /// Messages are being made.
        InProgress = "in_progress",
        /// It was cancelled, and is about to end.
        Canceling = "canceling",
        /// Each message has its result.
        Ended = "ended",
    }
}

wire_type! {
    /// How many messages of a batch stand how.
    pub struct BatchCounts {
        may {
            /// Not over yet.
            processing: u64,
            /// Made.
            succeeded: u64,
            /// Refused or failed.
            errored: u64,
            /// Cancelled before they were made.
            canceled: u64,
            /// Not made in time.
            expired: u64,
        }
    }
}

impl BatchCounts {
    /// How many messages are over, in percent.
    fn over_percent(&self) -> Option<f64> {
        let over = [self.succeeded, self.errored, self.canceled, self.expired];
        let over = over.into_iter().flatten().fold(0, u64::saturating_add);
        let all = over.saturating_add(self.processing?);
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        (all > 0).then(|| 100.0 * over as f64 / all as f64)
    }

    /// Why there is no result to read, where there is none: all was cancelled, or not made in time.
    fn why_none(&self) -> Option<&'static str> {
        let some = |count: Option<u64>| count.is_some_and(|count| count > 0);
        let has_results = some(self.succeeded) || some(self.errored);
        let whys = [(self.canceled, "canceled"), (self.expired, "expired")];
        whys.into_iter().find(|(count, _)| !has_results && some(*count)).map(|(_, why)| why)
    }
}

wire_type! {
    /// The batches of an account.
    pub struct BatchList {
        must {
            /// The batches, the newest first.
            data: Vec<Batch>,
        }
        may {
            /// Whether there are more in the direction that was asked for.
            has_more: bool,
            /// The id of the first, before which the page before ends.
            first_id: String,
            /// The id of the last, after which the next page begins.
            last_id: String,
        }
    }
}

wire_type! {
    /// A batch that is gone.
    pub struct DeletedBatch {
        must {
            /// The id that it had.
            id: String,
        }
        may {
            /// `message_batch_deleted`.
            #[serde(rename = "type")]
            kind: String,
        }
    }
}

wire_type! {
    /// What became of a message.
    pub struct BatchResult {
        must {
            /// The caller's own id.
            custom_id: String,
            /// What became of it.
            result: BatchOutcome,
        }
        may {}
    }
}

tagged_enum! {
    /// What became of a message of a batch. Only what succeeded is charged for.
    pub enum BatchOutcome {
        /// It was made.
        Succeeded(Box<SucceededOutcome>) = "succeeded",
        /// It was refused or failed.
        Errored(ErroredOutcome) = "errored",
        /// It was cancelled before.
        Canceled(CanceledOutcome) = "canceled",
        /// It wasn't made in time.
        Expired(ExpiredOutcome) = "expired",
    }
}

wire_type! {
    /// A message that was made.
    pub struct SucceededOutcome {
        must {
            /// The message.
            message: MessageResponse,
        }
        may {}
    }
}

wire_type! {
    /// A message that was refused or failed.
    pub struct ErroredOutcome {
        must {
            /// Why, as the vendor's answer would have said.
            error: ErrorAnswer,
        }
        may {}
    }
}

wire_type! {
    /// An error as the vendor answers with it.
    pub struct ErrorAnswer {
        must {
            /// What went wrong.
            error: ErrorDetail,
        }
        may {
            /// `error`.
            #[serde(rename = "type")]
            kind: String,
            /// The vendor's id of the request.
            request_id: String,
        }
    }
}

wire_type! {
    /// What went wrong.
    pub struct ErrorDetail {
        must {
            /// Its kind, such as `invalid_request_error`.
            #[serde(rename = "type")]
            kind: String,
        }
        may {
            /// The vendor's own words.
            message: String,
        }
    }
}

wire_type! {
    /// A message that was cancelled before it was made.
    pub struct CanceledOutcome {
        may {}
    }
}

wire_type! {
    /// A message that wasn't made in time.
    pub struct ExpiredOutcome {
        may {}
    }
}

pub(super) async fn create(http: &BaseHttpClient, request: &BatchRequest) -> Result<Batch, ClientError> {
    http.post(BATCHES).operation("create_batch").json(request).paid().send().await?.json()
}

pub(super) async fn list(http: &BaseHttpClient, page: &Page) -> Result<BatchList, ClientError> {
    page.ask(http.get(BATCHES).operation("list_batches")).send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, id: &str) -> Result<Batch, ClientError> {
    http.get(&path(id)).operation("get_batch").send().await?.json()
}

pub(super) async fn cancel(http: &BaseHttpClient, id: &str) -> Result<Batch, ClientError> {
    http.post(&format!("{}/cancel", path(id))).operation("cancel_batch").send().await?.json()
}

pub(super) async fn delete(http: &BaseHttpClient, id: &str) -> Result<DeletedBatch, ClientError> {
    http.delete(&path(id)).operation("delete_batch").send().await?.json()
}

pub(super) async fn results(http: &BaseHttpClient, id: &str) -> Result<BatchResults, ClientError> {
    let call = http.get(&format!("{}/results", path(id))).operation("batch_results");
    Ok(lines::values(call.stream().await?))
}

pub(super) async fn wait(http: &BaseHttpClient, id: &str, wait: &Wait) -> Result<Batch, WaitError> {
    until_over(id, wait, &PACE, || async move { Ok(stand(get(http, id).await?)) }).await
}

const BATCHES: &str = "v1/messages/batches";

/// The vendor's examples look once a minute.
const PACE: Pace = Pace { advised: Duration::from_secs(60), least: Duration::from_secs(1) };

fn stand(batch: Batch) -> Stand<Batch> {
    match batch.processing_status {
        Some(BatchStatus::Ended) => match batch.request_counts.as_ref().and_then(BatchCounts::why_none) {
            Some(why) => Stand::Failed { code: Some(why.to_owned()), message: None },
            None => Stand::Done(batch),
        },
        // A status that nobody knows isn't an end.
        _ => Stand::Running(batch.request_counts.and_then(|counts| counts.over_percent())),
    }
}

fn path(id: &str) -> String {
    format!("{BATCHES}/{}", segment(id))
}
