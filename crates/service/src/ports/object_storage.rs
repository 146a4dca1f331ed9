//! Where results are kept.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::BoxStream;

use crate::error::BoxError;
use crate::jobs::StoredObject;

/// Keeps objects under keys. An object is there whole or not at all; putting the same key again replaces it.
#[async_trait]
pub trait ObjectStorage: Send + Sync {
    /// Keeps a stream under a key, durably, and tells its length and SHA-256. Holds no more than a part of
    /// it in memory.
    async fn put(
        &self,
        key: &str,
        media_type: &str,
        bytes: BoxStream<Result<Bytes, BoxError>>,
    ) -> Result<StoredObject, StorageError>;

    /// Reads an object from `offset`, at most `length` bytes; nothing where there is none.
    async fn get(
        &self,
        key: &str,
        offset: u64,
        length: Option<u64>,
    ) -> Result<Option<ReadObject>, StorageError>;

    /// Takes an object away. One that isn't there is no error.
    async fn delete(&self, key: &str) -> Result<(), StorageError>;

    /// How many bytes there is room for, where that can be told.
    async fn free_bytes(&self) -> Result<Option<u64>, StorageError>;

    /// An address by which anybody can read the object without us; nothing where objects have none.
    async fn presigned(&self, _read: Presigned<'_>) -> Result<Option<String>, StorageError> {
        Ok(None)
    }
}

/// A read without us.
#[derive(Clone, Copy, Debug)]
pub struct Presigned<'a> {
    /// Of which object.
    pub key: &'a str,
    /// The media type that it is shown with.
    pub media_type: &'a str,
    /// The `Content-Disposition` that it is shown with.
    pub disposition: &'a str,
    /// How long the address works, at most.
    pub ttl: Duration,
}

/// An object that is being read.
pub struct ReadObject {
    /// The length of the whole object.
    pub size_bytes: u64,
    /// Its bytes from the offset that was asked for.
    pub bytes: BoxStream<Result<Bytes, StorageError>>,
}

/// Why the storage didn't do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no room left.
    #[error("the storage is full")]
    Full(#[source] BoxError),
    /// The stream that was to be kept broke off.
    #[error("the source broke off")]
    Source(#[source] BoxError),
    /// The storage can't be reached or has failed.
    #[error("the storage has failed")]
    Failed(#[source] BoxError),
}
