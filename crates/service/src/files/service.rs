//! What callers do with files, and what jobs ask of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{
    AccountId, BoxStream, DataUri, Effect, FileId, InvalidInput, MediaInput, Subject, media_type_of,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::incoming::{Incoming, TooLarge, limited, peek, whole};
use super::record::object_key;
use super::{
    CompleteFile, Completed, File, FileSettings, FileState, ForgetFile, NewFile, Removal, RemoveFile,
    ReserveFiles,
};
use crate::artifacts::storage_failed;
use crate::error::BoxError;
use crate::ports::{FileStore, ObjectStorage, ReadObject, StorageError};
use crate::{Clock, Idempotency, IdempotencyScope, Refusal, ServiceError, StoreError, Timestamp};

/// How many files one sweep takes away.
const SWEEP_MAX: usize = 500;

/// How much longer than an upload may take its place is kept, for what comes after its last byte.
const COMPLETION_MAX: Duration = Duration::from_secs(5 * 60);

/// Data of requests beyond this is decoded aside.
const LARGE_BYTES: usize = 256 * 1024;

/// What files are made of.
#[derive(Clone)]
pub struct FileParts {
    /// Their rows.
    pub store: Arc<dyn FileStore>,
    /// Their bytes.
    pub storage: Arc<dyn ObjectStorage>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How much is taken.
    pub settings: FileSettings,
    /// Whether there is room for more; the sweep of jobs keeps it current.
    pub has_room: Arc<AtomicBool>,
}

/// The files of accounts. Clones share them.
#[derive(Clone)]
pub struct FilesService {
    parts: FileParts,
}

/// A file on its way in.
pub struct Upload {
    /// Whose it will be.
    pub subject: Subject,
    /// What the caller calls it.
    pub media_type: Option<String>,
    /// Its bytes as they come. An error ends the upload; it is found as the source of [`ServiceError::Source`].
    pub bytes: BoxStream<Result<Bytes, BoxError>>,
    /// What makes it idempotent, together with the bytes and the media type.
    pub idempotency: Option<IdempotencyScope>,
}

/// A medium that came in a request itself.
pub(crate) struct InlineFile {
    /// The id that stands in its place now.
    pub(crate) id: FileId,
    /// Where it stood.
    pub(crate) field: String,
    /// Its data URI.
    pub(crate) data: MediaInput,
}

impl FilesService {
    /// Over these parts.
    pub fn new(parts: FileParts) -> Self {
        Self { parts }
    }

    /// How much is taken.
    pub fn settings(&self) -> &FileSettings {
        &self.parts.settings
    }

    /// Takes a file in, without holding more than a part of it in memory. With the same idempotency key and the
    /// same contents the first file is given again, as long as it is there. A caller who leaves before the answer
    /// may leave a file that the sweep takes away.
    pub async fn upload(&self, upload: Upload) -> Result<File, ServiceError> {
        let Upload { subject, media_type, bytes, idempotency } = upload;
        self.check_room()?;
        let id = FileId::new(Uuid::now_v7());
        let account = self.reserve(&subject, vec![(id, 0)]).await?;
        let completed = match self.keep(account, id, media_type.as_deref(), bytes).await {
            Ok(file) => self.complete(subject, file, idempotency).await,
            Err(error) => Err(error),
        };
        match completed {
            Ok(Completed::New(file)) => Ok(file),
            Ok(Completed::Earlier(file)) => {
                self.drop_object(account, id).await;
                Ok(file)
            }
            Err(error) => {
                self.discard(&[id]).await;
                Err(error)
            }
        }
    }

    /// An account's own file.
    pub async fn file(&self, account: AccountId, id: FileId) -> Result<File, ServiceError> {
        let file = self.parts.store.file(id).await.map_err(no_file)?;
        let own = file.filter(|file| file.account == account && file.state == FileState::Stored);
        own.ok_or(ServiceError::NotFound("file"))
    }

    /// An account's files, the newest first, older than `before`.
    pub async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, ServiceError> {
        self.parts.store.files(account, before, limit).await.map_err(no_file)
    }

    /// Deletes an account's own file. One that a job still needs is refused with [`Refusal::FileInUse`].
    pub async fn delete(&self, account: AccountId, id: FileId) -> Result<(), ServiceError> {
        let removal = Removal::ByOwner(account);
        self.parts.store.remove_file(RemoveFile { id, removal }).await.map_err(no_file)?;
        self.drop_object(account, id).await;
        Ok(())
    }

    /// Opens an account's own file.
    pub(crate) async fn open(
        &self,
        account: AccountId,
        id: FileId,
    ) -> Result<(File, ReadObject), ServiceError> {
        let file = self.file(account, id).await?;
        match self.parts.storage.get(&file.object_key(), 0, None).await.map_err(storage_failed)? {
            Some(object) => Ok((file, object)),
            None => {
                tracing::error!(file.id = %id, account.id = %account, "a file is gone from the store");
                Err(ServiceError::NotFound("file"))
            }
        }
    }

    /// Puts the media of a request in the store, under the ids that stand in their places. Their rows become
    /// complete with the job's; where none comes of it, they are to be discarded.
    pub(crate) async fn take_in(
        &self,
        subject: &Subject,
        inline: Vec<InlineFile>,
    ) -> Result<Vec<NewFile>, ServiceError> {
        let ids: Vec<FileId> = inline.iter().map(|file| file.id).collect();
        let decoded = self.decode(inline).await?;
        let sizes = decoded.iter().map(|(id, data)| (*id, data.bytes.len() as u64)).collect();
        let account = self.reserve(subject, sizes).await?;
        let mut kept = Vec::with_capacity(decoded.len());
        for (id, data) in decoded {
            match self.keep(account, id, Some(&data.media_type), whole(data.bytes)).await {
                Ok(file) => kept.push(file),
                Err(error) => {
                    self.discard(&ids).await;
                    return Err(error);
                }
            }
        }
        Ok(kept)
    }

    /// Gives places up that were reserved and never completed, and what was stored for them. What can't be done now
    /// is left to the sweep.
    pub(crate) async fn discard(&self, ids: &[FileId]) {
        for id in ids {
            let abandoned = RemoveFile { id: *id, removal: Removal::Abandoned };
            match self.parts.store.remove_file(abandoned).await {
                Ok(file) => self.drop_object(file.account, file.id).await,
                // It was completed after all, or is gone already.
                Err(StoreError::Refused(_)) => {}
                Err(error) => {
                    tracing::warn!(file.id = %id, error = &error as &dyn std::error::Error,
                        "a file that nobody needs is left to the sweep");
                }
            }
        }
    }

    /// Takes away what nobody needs: files unused for long, uploads that never came to their end, and what is left
    /// of files that were deleted.
    pub async fn sweep(&self) -> Result<(), ServiceError> {
        let (now, settings) = (self.parts.clock.now(), &self.parts.settings);
        let unused_since = before(now, settings.unused_ttl);
        let incoming_since = before(now, settings.upload_timeout + COMPLETION_MAX);
        let files = self.parts.store.files_to_sweep(unused_since, incoming_since, SWEEP_MAX).await;
        for file in files.map_err(no_file)? {
            let removal = match file.state {
                FileState::Incoming => Some(Removal::Abandoned),
                FileState::Stored => Some(Removal::Unused(unused_since)),
                FileState::Leaving => None,
            };
            if let Some(removal) = removal {
                match self.parts.store.remove_file(RemoveFile { id: file.id, removal }).await {
                    Ok(_leaving) => {}
                    // It was used or completed in the meantime, or another sweep was faster.
                    Err(StoreError::Refused(_)) => continue,
                    Err(error) => return Err(no_file(error)),
                }
                tracing::info!(file.id = %file.id, account.id = %file.account, state = file.state.as_str(),
                    "a file that nobody needs is deleted");
            }
            self.drop_object(file.account, file.id).await;
        }
        Ok(())
    }

    async fn reserve(&self, subject: &Subject, files: Vec<(FileId, u64)>) -> Result<AccountId, ServiceError> {
        let limits = self.parts.settings.limits();
        let step = ReserveFiles { subject: subject.clone(), files, limits };
        self.parts.store.reserve_files(step).await.map_err(no_file)
    }

    /// Puts a file's bytes in the store.
    async fn keep(
        &self,
        account: AccountId,
        id: FileId,
        declared: Option<&str>,
        bytes: Incoming,
    ) -> Result<NewFile, ServiceError> {
        let bytes_max = self.parts.settings.file_bytes_max;
        let too_large = || ServiceError::TooLarge { what: "file".into(), bytes_max };
        let broken =
            |error: BoxError| if error.is::<TooLarge>() { too_large() } else { ServiceError::Source(error) };
        let (head, bytes) = peek(limited(bytes, bytes_max)).await.map_err(broken)?;
        if head.is_empty() {
            return Err(InvalidInput::malformed("file", "must not be empty").into());
        }
        let media_type = media_type_of(&head, declared);
        let object = match self.parts.storage.put(&object_key(account, id), &media_type, bytes).await {
            Ok(object) => object,
            Err(StorageError::Source(error)) => return Err(broken(error)),
            Err(error) => return Err(storage_failed(error)),
        };
        Ok(NewFile { id, media_type, size_bytes: object.size_bytes, sha256: object.sha256 })
    }

    async fn complete(
        &self,
        subject: Subject,
        file: NewFile,
        scope: Option<IdempotencyScope>,
    ) -> Result<Completed, ServiceError> {
        let idempotency = scope.map(|scope| Idempotency {
            method: scope.method,
            path: scope.path,
            key: scope.key,
            fingerprint: fingerprint(&file),
        });
        let limits = self.parts.settings.limits();
        let step = CompleteFile { subject, file, limits, idempotency };
        self.parts.store.complete_file(step).await.map_err(|error| match error {
            // The sweep took its place for abandoned.
            StoreError::Refused(Refusal::NotFound) => ServiceError::Internal {
                what: "an upload took too long to be completed",
                effect: Effect::NotStarted,
                source: Refusal::NotFound.into(),
            },
            other => no_file(other),
        })
    }

    /// Deletes the object of a file that left, and forgets the file. What can't be done now is left to the sweep.
    async fn drop_object(&self, account: AccountId, id: FileId) {
        let dropped = async {
            self.parts.storage.delete(&object_key(account, id)).await.map_err(storage_failed)?;
            self.parts.store.forget_file(ForgetFile { id }).await.map_err(no_file)
        };
        if let Err(error) = dropped.await {
            tracing::warn!(file.id = %id, account.id = %account, error = &error as &dyn std::error::Error,
                "what is left of a file is left to the sweep");
        }
    }

    async fn decode(&self, inline: Vec<InlineFile>) -> Result<Vec<(FileId, DataUri)>, ServiceError> {
        let bytes_max = self.parts.settings.file_bytes_max;
        let encoded: usize = inline.iter().map(|file| encoded_len(&file.data)).sum();
        let decode = move || inline.into_iter().map(|file| decode(file, bytes_max)).collect();
        if encoded <= LARGE_BYTES {
            return decode();
        }
        tokio::task::spawn_blocking(decode).await.map_err(|panicked| ServiceError::Internal {
            what: "media of a request can't be decoded",
            effect: Effect::NotStarted,
            source: panicked.into(),
        })?
    }

    fn check_room(&self) -> Result<(), ServiceError> {
        if self.parts.has_room.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(ServiceError::StorageFull("the store has less room than artifacts.free_bytes_min".into()))
    }
}

fn encoded_len(media: &MediaInput) -> usize {
    match media {
        MediaInput::Data(uri) => uri.len(),
        MediaInput::File(_) | MediaInput::Url(_) => 0,
    }
}

fn decode(file: InlineFile, bytes_max: u64) -> Result<(FileId, DataUri), ServiceError> {
    let InlineFile { id, field, data } = file;
    let data = data.data().unwrap_or(Err("must be a data URI"));
    let data = data.map_err(|allowed| InvalidInput::not_allowed(field.clone(), allowed))?;
    if data.bytes.is_empty() {
        return Err(InvalidInput::not_allowed(field, "must not be empty").into());
    }
    if data.bytes.len() as u64 > bytes_max {
        return Err(ServiceError::TooLarge { what: field.into(), bytes_max });
    }
    Ok((id, data))
}

/// Tells the contents of an upload apart, however they were sent.
fn fingerprint(file: &NewFile) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(&file.media_type);
    hash.update([0]);
    hash.update(&file.sha256);
    hash.finalize().into()
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.millis().saturating_sub(age))
}

/// As any error of the store, about a file.
fn no_file(error: StoreError) -> ServiceError {
    match error {
        StoreError::Refused(Refusal::NotFound) => ServiceError::NotFound("file"),
        other => other.into(),
    }
}
