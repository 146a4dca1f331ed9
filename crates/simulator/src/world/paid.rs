//! Paid work that was accepted.

use std::time::SystemTime;

use serde::{Serialize, Serializer};

use super::time::unix_seconds;
use crate::Vendor;

/// A piece of work that a real vendor would have charged: each accepted request that generates makes one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PaidTask {
    /// Who did it.
    pub vendor: Vendor,
    /// The id in the answer; where the vendor gives none, the id of the request.
    pub task_id: String,
    /// The key that pays.
    pub credential: String,
    /// What was asked for, such as `POST /v1/videos`.
    pub route: String,
    /// The number of the request, as in [`Received::number`](crate::Received::number).
    pub request: u64,
    /// When it was accepted, by the simulator's clock.
    #[serde(serialize_with = "as_unix_seconds")]
    pub accepted_at: SystemTime,
}

fn as_unix_seconds<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(unix_seconds(*at))
}
