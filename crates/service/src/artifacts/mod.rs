//! Stored results: their keys in the store, and the signed tokens by which anybody can read one for a while.

mod settings;
mod token;

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{AccountId, JobId};

pub use settings::{ArtifactSettings, Retention, S3Settings};
pub use token::{ArtifactToken, TokenKey};

use crate::jobs::Artifact;
use crate::ports::{JobStore, ObjectStorage, Presigned, ReadObject, StorageError};
use crate::{Clock, ServiceError, Timestamp};

/// The longest media type that a vendor is believed.
const MEDIA_TYPE_BYTES_MAX: usize = 200;

/// Reads stored results.
#[derive(Clone)]
pub struct ArtifactsService {
    jobs: Arc<dyn JobStore>,
    storage: Arc<dyn ObjectStorage>,
    clock: Arc<dyn Clock>,
    key: TokenKey,
    settings: ArtifactSettings,
}

impl ArtifactsService {
    /// Over these parts.
    pub fn new(
        jobs: Arc<dyn JobStore>,
        storage: Arc<dyn ObjectStorage>,
        clock: Arc<dyn Clock>,
        key: TokenKey,
        settings: ArtifactSettings,
    ) -> Self {
        Self { jobs, storage, clock, key, settings }
    }

    /// A token that lets anybody read one result until it expires.
    pub fn sign(&self, job: JobId, index: u32) -> String {
        let expires_at = self.clock.now().after(self.settings.url_ttl);
        self.key.sign(&ArtifactToken { job, index, expires_at })
    }

    /// The result that a token stands for, and until when it does; an altered or expired one finds nothing.
    pub async fn by_token(&self, token: &str) -> Result<(Artifact, Timestamp), ServiceError> {
        let token = self.key.open(token, self.clock.now()).ok_or(ServiceError::NotFound("file"))?;
        Ok((self.find(token.job, token.index, None).await?, token.expires_at))
    }

    /// A result of an account's own job.
    pub async fn by_job(&self, account: AccountId, job: JobId, index: u32) -> Result<Artifact, ServiceError> {
        self.find(job, index, Some(account)).await
    }

    /// Reads an artifact from `offset`, at most `length` bytes.
    pub async fn read(
        &self,
        artifact: &Artifact,
        offset: u64,
        length: Option<u64>,
    ) -> Result<ReadObject, ServiceError> {
        let object = self.storage.get(&artifact.object.key, offset, length).await.map_err(storage_failed)?;
        object.ok_or_else(|| {
            tracing::error!(job.id = %artifact.job, key = %artifact.object.key, "a stored result is gone from the store");
            ServiceError::NotFound("file")
        })
    }

    /// Where a caller is sent to read an artifact without us, until `expires_at` and no longer than any link works;
    /// nothing where that isn't wanted, or the store has no addresses.
    pub async fn elsewhere(
        &self,
        artifact: &Artifact,
        disposition: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<String>, ServiceError> {
        if !self.settings.redirect {
            return Ok(None);
        }
        let left = expires_at.map_or(self.settings.url_ttl, |expires_at| expires_at.since(self.clock.now()));
        let read = Presigned {
            key: &artifact.object.key,
            media_type: &artifact.object.media_type,
            disposition,
            ttl: left.min(self.settings.url_ttl),
        };
        self.storage.presigned(read).await.map_err(storage_failed)
    }

    /// How long results are kept whose models don't say.
    pub(crate) fn retention(&self) -> Option<Duration> {
        self.settings.retention.map(|retention| retention.0)
    }

    /// Whether there is room for more results.
    pub async fn has_room(&self) -> Result<bool, ServiceError> {
        let free = self.storage.free_bytes().await.map_err(storage_failed)?;
        Ok(free.is_none_or(|free| free >= self.settings.free_bytes_min))
    }

    async fn find(
        &self,
        job: JobId,
        index: u32,
        account: Option<AccountId>,
    ) -> Result<Artifact, ServiceError> {
        let view = self
            .jobs
            .job(job)
            .await?
            .filter(|view| account.is_none_or(|account| view.job.account == account));
        let artifact =
            view.and_then(|view| view.artifacts.into_iter().find(|artifact| artifact.index == index));
        let artifact = artifact.ok_or(ServiceError::NotFound("artifact"))?;
        if artifact.removed_at.is_some() { Err(ServiceError::Removed) } else { Ok(artifact) }
    }
}

/// A vendor's word for what a result is, where it can stand in a header and in every database.
pub(crate) fn told_media_type(told: &str) -> &str {
    let is_plain =
        told.len() <= MEDIA_TYPE_BYTES_MAX && told.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain && told.contains('/') { told } else { "application/octet-stream" }
}

/// Where a result is kept: `{account uuid}/{job}/{n}.{ext}`.
pub(crate) fn object_key(account: AccountId, job: JobId, index: usize, media_type: &str) -> String {
    format!("{account}/{job}/{index}.{}", extension(media_type))
}

fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "audio/mpeg" => "mp3",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/ogg" | "audio/opus" => "ogg",
        "audio/flac" => "flac",
        "audio/aac" => "aac",
        "application/json" => "json",
        "text/plain" => "txt",
        _ => "bin",
    }
}

pub(crate) fn storage_failed(error: StorageError) -> ServiceError {
    match error {
        StorageError::Full(source) => ServiceError::StorageFull(source),
        other => ServiceError::Unavailable {
            what: "the storage has failed",
            effect: fourfold_domain::Effect::NotStarted,
            source: other.into(),
        },
    }
}
