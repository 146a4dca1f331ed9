//! Small text results, which are shown in the job itself. They are copies: where one can't be had, the job ends without.

use bytes::Bytes;
use fourfold_domain::{Modality, Output, OutputSource};
use futures_util::TryStreamExt as _;

use crate::jobs::{Job, StoredObject};
use crate::ports::{ObjectStorage, StorageError};

/// The largest that is shown.
const BYTES_MAX: u64 = 16 * 1024;

/// From the vendor's answer.
pub(super) fn as_it_came(job: &Job, outputs: &[Output]) -> Option<String> {
    match outputs {
        [Output { source: OutputSource::Bytes(bytes), .. }] if is_shown(job, bytes.len() as u64) => {
            json(bytes.to_vec())
        }
        _ => None,
    }
}

/// From the store.
pub(super) async fn as_it_is_stored(
    job: &Job,
    objects: &[StoredObject],
    storage: &dyn ObjectStorage,
) -> Option<String> {
    let [object] = objects else { return None };
    if !is_shown(job, object.size_bytes) {
        return None;
    }
    match read(storage, &object.key).await {
        Ok(bytes) => json(bytes?),
        Err(error) => {
            tracing::warn!(job.id = %job.id, error = &error as &dyn std::error::Error, "a small result can't be read back");
            None
        }
    }
}

async fn read(storage: &dyn ObjectStorage, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let Some(object) = storage.get(key, 0, None).await? else { return Ok(None) };
    let parts: Vec<Bytes> = object.bytes.try_collect().await?;
    Ok(Some(parts.concat()))
}

fn is_shown(job: &Job, size_bytes: u64) -> bool {
    let is_text = matches!(job.modality, Modality::Chat | Modality::Embedding | Modality::Transcription);
    is_text && size_bytes <= BYTES_MAX
}

/// What the job shows is read as JSON.
fn json(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok().then_some(text)
}
