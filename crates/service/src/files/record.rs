//! What is kept of a file.

use fourfold_domain::{AccountId, FileId};

use crate::Timestamp;
use crate::named::named;

/// One file that a caller handed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub account: AccountId,
    /// Where it stands.
    pub state: FileState,
    /// Its media type, by how it begins where that tells.
    pub media_type: String,
    /// Its length in bytes; of an incoming file, as far as it is known.
    pub size_bytes: u64,
    /// Its SHA-256 in lower-case hex; empty for an incoming file.
    pub sha256: String,
    /// How many jobs that aren't final name it.
    pub uses: u32,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// When a job that names it was last submitted or ended, else when it was handed in.
    pub used_at: Timestamp,
}

/// Where a file stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileState {
    /// Its place is reserved and its bytes are on their way.
    Incoming,
    /// It is there.
    Stored,
    /// It is gone for its owner; its object is being deleted.
    Leaving,
}

named!(
    FileState,
    "state of a file",
    "one of incoming, stored, leaving",
    Incoming = "incoming",
    Stored = "stored",
    Leaving = "leaving"
);

/// What is known of a file once its object is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewFile {
    /// Its id.
    pub id: FileId,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

/// What an account keeps, incoming files included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileUsage {
    /// How many files.
    pub count: u64,
    /// How many bytes together.
    pub size_bytes: u64,
}

impl File {
    /// Where its bytes are in the store: `{account uuid}/files/{id}`.
    pub(crate) fn object_key(&self) -> String {
        object_key(self.account, self.id)
    }
}

/// Where a file's bytes are in the store.
pub(super) fn object_key(account: AccountId, file: FileId) -> String {
    format!("{account}/files/{file}")
}
