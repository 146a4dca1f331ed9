//! An event as the receivers of webhooks read it.

use std::sync::Arc;

use bytes::Bytes;
use fourfold_service::BoxError;
use fourfold_service::artifacts::ArtifactsService;
use fourfold_service::jobs::{JobEvent, JobView};
use fourfold_service::ports::EventWriter;
use serde::Serialize;

use super::job_body::JobBody;
use crate::rfc3339;

/// Writes events with the job as the other routes show it.
pub struct JobEventWriter {
    /// The address for links, without a slash at its end.
    pub public_url: Arc<str>,
    /// Signs the links to results.
    pub artifacts: ArtifactsService,
}

#[derive(Serialize)]
struct EventBody {
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    sequence: u32,
    data: JobBody,
}

impl EventWriter for JobEventWriter {
    fn write(&self, event: &JobEvent, view: &JobView) -> Result<Bytes, BoxError> {
        let body = EventBody {
            kind: format!("job.{}", event.state),
            timestamp: rfc3339::write(event.created_at),
            sequence: event.version,
            data: JobBody::linked(view, &self.public_url, &self.artifacts),
        };
        Ok(serde_json::to_vec(&body)?.into())
    }
}
