//! The folder that holds the embedded database, the results and the server's own key.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::Mode;
use uuid::Uuid;

/// The file of the embedded database, in the data folder.
pub(crate) const DATABASE: &str = "fourfold.db";

/// The file of its usage log, beside it.
pub(crate) const USAGE: &str = "usage.db";

/// The data folder. While it is locked, no other server may use it.
pub(crate) struct DataDir {
    path: PathBuf,
    /// Keeps the lock; the system lets go of it when the process ends, however it ends.
    _lock: Option<File>,
}

impl DataDir {
    /// Opens the folder for the one server process, making it where it is missing.
    pub(crate) fn lock(path: &Path) -> Result<Self> {
        let mut folder = Self::open(path)?;
        let lock_path = path.join("lock");
        let lock =
            File::create(&lock_path).with_context(|| format!("{} can't be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => folder._lock = Some(lock),
            Err(fs::TryLockError::WouldBlock) => bail!(
                "another fourfold server uses the data folder {}; stop it, or set data_dir to another folder",
                path.display()
            ),
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{} can't be locked", lock_path.display()));
            }
        }
        Ok(folder)
    }

    /// Opens the folder beside a running server, making it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // What is made from here on is ours alone, even in a folder that others may look into.
        rustix::process::umask(Mode::from(0o077));
        if !path.is_dir() {
            let made = fs::create_dir_all(path)
                .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)));
            made.with_context(|| format!("the data folder {} can't be made; set data_dir", path.display()))?;
        }
        Ok(Self { path: path.to_owned(), _lock: None })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.path.join("artifacts")
    }

    /// The server's own key, made at the first start.
    pub(crate) fn secret_key(&self) -> Result<[u8; 32]> {
        let path = self.path.join("secret_key");
        let place = || format!("the server's key {}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => decode_secret_key(text.trim()).with_context(place),
            Err(error) if error.kind() == ErrorKind::NotFound => make_secret_key(&path).with_context(place),
            Err(error) => Err(error).with_context(place),
        }
    }
}

/// Reads 32 bytes of base64.
pub(crate) fn decode_secret_key(text: &str) -> Result<[u8; 32]> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.context("must be 32 bytes as base64; make one with: openssl rand -base64 32")
}

/// Appears whole or not at all: a key that was cut short would never be readable again.
fn make_secret_key(path: &Path) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    let incoming = path.with_extension("incoming");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&incoming)?;
    file.write_all(STANDARD.encode(key).as_bytes())?;
    file.sync_all()?;
    fs::rename(&incoming, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(key)
}
