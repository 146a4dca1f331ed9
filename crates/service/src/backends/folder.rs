//! Objects as files in a folder. A file appears under its name whole and on disk, or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fourfold_domain::BoxStream;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::BoxError;
use crate::jobs::StoredObject;
use crate::ports::{ObjectStorage, ReadObject, StorageError};

/// After this long nobody writes a file any more.
const LEFT_FOR_GOOD: Duration = Duration::from_secs(24 * 60 * 60);

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
        Self::open_cleared(root.into(), Duration::ZERO)
    }

    /// Uses a folder that other processes use too. Only what nobody can be writing any more is removed: what is a
    /// day old.
    pub fn open_shared(root: impl Into<PathBuf>) -> io::Result<Self> {
        Self::open_cleared(root.into(), LEFT_FOR_GOOD)
    }

    fn open_cleared(root: PathBuf, age: Duration) -> io::Result<Self> {
        let incoming = root.join(".incoming");
        fs::create_dir_all(&incoming)?;
        for left in fs::read_dir(incoming)? {
            let left = left?;
            let written = left.metadata().and_then(|file| file.modified());
            if age.is_zero() || written.is_ok_and(|at| at.elapsed().is_ok_and(|passed| passed >= age)) {
                match fs::remove_file(left.path()) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
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
        let (mut first, mut whole) = (Vec::new(), true);
        let mut first_bytes = 0;
        while let Some(part) = bytes.next().await {
            let part = part.map_err(StorageError::Source)?;
            first_bytes += part.len();
            first.push(part);
            if first_bytes >= PART_BYTES {
                whole = false;
                break;
            }
        }
        let begin =
            move || first.iter().try_fold(Writing::begin(incoming)?, |writing, part| writing.write(part));
        // What is small takes one turn on a thread that may block.
        let (size_bytes, sha256) = if whole {
            blocking(move || begin()?.finish(&path)).await?
        } else {
            let mut writing = blocking(begin).await?;
            while let Some(part) = bytes.next().await {
                let part = part.map_err(StorageError::Source)?;
                writing = blocking(move || writing.write(&part)).await?;
            }
            blocking(move || writing.finish(&path)).await?
        };
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
        let made = make_folders(folder)?;
        fs::rename(&self.path, path)?;
        self.finished = true;
        // The highest first: what is below was changed earlier, and goes to the disk with it on most file systems.
        for above in made.iter().rev() {
            File::open(above)?.sync_all()?;
        }
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

/// Makes a folder and those above it. Gives those whose new entries aren't on disk yet, the lowest first.
fn make_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let above = folder.parent().unwrap_or(Path::new("."));
    match fs::create_dir(folder) {
        Ok(()) => Ok(vec![above.to_owned()]),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let higher = make_folders(above)?;
            let mut made = make_folders(folder)?;
            made.extend(higher);
            Ok(made)
        }
        Err(error) => Err(error),
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
