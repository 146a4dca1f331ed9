//! Objects as files in a folder. A file appears under its name whole and on disk, or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fourfold_domain::BoxStream;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::BoxError;
use crate::jobs::StoredObject;
use crate::ports::{ObjectStorage, ReadObject, StorageError};

/// How much of a file is in memory at a time.
const PART_BYTES: usize = 256 * 1024;

/// Keeps objects in a folder of the local disk.
#[derive(Clone, Debug)]
pub struct FolderStorage {
    root: PathBuf,
}

impl FolderStorage {
    /// Uses this folder, making it where it isn't there. What an earlier process left half written is
    /// removed, so only one process may use the folder.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let incoming = root.join(".incoming");
        fs::create_dir_all(&incoming)?;
        for left in fs::read_dir(incoming)? {
            fs::remove_file(left?.path())?;
        }
        Ok(Self { root })
    }

    /// Where a key is. Keys are ours, but what would leave the folder is refused all the same.
    fn path(&self, key: &str) -> Result<PathBuf, StorageError> {
        let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
        if key.split('/').all(plain) {
            Ok(self.root.join(key))
        } else {
            Err(StorageError::Failed(format!("the key {key:?} is no path below the folder").into()))
        }
    }
}

#[async_trait]
impl ObjectStorage for FolderStorage {
    async fn put(
        &self,
        key: &str,
        media_type: &str,
        mut bytes: BoxStream<Result<Bytes, BoxError>>,
    ) -> Result<StoredObject, StorageError> {
        let path = self.path(key)?;
        let incoming = self.root.join(".incoming").join(Uuid::now_v7().to_string());
        let mut writing = blocking(move || Writing::begin(incoming)).await?;
        while let Some(part) = bytes.next().await {
            let part = part.map_err(StorageError::Source)?;
            writing = blocking(move || writing.write(&part)).await?;
        }
        let (size_bytes, sha256) = blocking(move || writing.finish(&path)).await?;
        Ok(StoredObject { key: key.to_owned(), media_type: media_type.to_owned(), size_bytes, sha256 })
    }

    async fn get(
        &self,
        key: &str,
        offset: u64,
        length: Option<u64>,
    ) -> Result<Option<ReadObject>, StorageError> {
        let path = self.path(key)?;
        let opened = blocking(move || match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(mut file) => {
                let size_bytes = file.metadata()?.len();
                file.seek(SeekFrom::Start(offset))?;
                Ok(Some((file, size_bytes)))
            }
        });
        let Some((file, size_bytes)) = opened.await? else { return Ok(None) };
        let left = length.unwrap_or(u64::MAX).min(size_bytes.saturating_sub(offset));
        Ok(Some(ReadObject { size_bytes, bytes: read_parts(file, left) }))
    }

    async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let path = self.path(key)?;
        let deleted = blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        });
        deleted.await
    }

    async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        let root = self.root.clone();
        let free = blocking(move || {
            let space = rustix::fs::statvfs(&root)?;
            Ok(space.f_bavail.saturating_mul(space.f_frsize))
        });
        free.await.map(Some)
    }
}

/// A file on its way; it is removed unless it was finished.
struct Writing {
    file: File,
    path: PathBuf,
    size_bytes: u64,
    sha256: Sha256,
    finished: bool,
}

impl Writing {
    fn begin(path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            file: File::create_new(&path)?,
            path,
            size_bytes: 0,
            sha256: Sha256::new(),
            finished: false,
        })
    }

    fn write(mut self, part: &[u8]) -> io::Result<Self> {
        self.file.write_all(part)?;
        self.sha256.update(part);
        self.size_bytes += part.len() as u64;
        Ok(self)
    }

    /// Gives the file its name, once its bytes are on disk; the name is on disk too when this returns.
    fn finish(mut self, path: &Path) -> io::Result<(u64, String)> {
        self.file.sync_data()?;
        let folder = path.parent().unwrap_or(Path::new("."));
        create_folder(folder)?;
        fs::rename(&self.path, path)?;
        self.finished = true;
        File::open(folder)?.sync_all()?;
        let sha256 = std::mem::take(&mut self.sha256).finalize();
        Ok((self.size_bytes, sha256.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody waits for it any more; what stays behind costs only room, and the next start clears it.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Makes a folder and those above it, each on disk before the next.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(Path::new("."));
    create_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(above)?.sync_all(),
    }
}

fn read_parts(file: File, left: u64) -> BoxStream<Result<Bytes, StorageError>> {
    Box::pin(futures_util::stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = blocking(move || {
            let wanted = usize::try_from(left).unwrap_or(PART_BYTES).min(PART_BYTES);
            let mut part = BytesMut::zeroed(wanted);
            let read = file.read(&mut part)?;
            if read == 0 {
                return Err(io::Error::from(ErrorKind::UnexpectedEof));
            }
            part.truncate(read);
            Ok((part.freeze(), file))
        });
        let (part, file) = read.await?;
        let left = left - part.len() as u64;
        Ok(Some((part, (file, left))))
    }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let done =
        tokio::task::spawn_blocking(work).await.map_err(|panicked| StorageError::Failed(panicked.into()))?;
    done.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StorageError::Full(error.into())
        }
        _ => StorageError::Failed(error.into()),
    })
}
