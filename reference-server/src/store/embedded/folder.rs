//! The data folder: one owner at a time, one secret for ever.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::secret::Secret;
use crate::store::OpenError;

const DATABASE: &str = "passes.db";
const SECRET: &str = "secret";
const LOCK: &str = "lock";

/// A folder that this process alone uses, until the value is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    /// Locked by the system, which unlocks it when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder when it is missing (for this user only) and takes its lock.
    pub(super) fn open(dir: &Path) -> Result<Self, OpenError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| OpenError::Folder { path, cause }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
        let path = dir.join(LOCK);
        let lock = private().create(true).truncate(false).open(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(OpenError::Folder { path, cause }),
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.dir.join(DATABASE)
    }

    /// The folder's secret; made when there is no database yet.
    pub(super) fn secret(&self) -> Result<Secret, OpenError> {
        let path = self.dir.join(SECRET);
        match fs::read(&path) {
            Ok(bytes) => {
                bytes.try_into().map(Secret::from_bytes).map_err(|_| OpenError::SecretLost { path: path.clone() })
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => self.make_secret(path),
            Err(cause) => Err(OpenError::Folder { path, cause }),
        }
    }

    fn make_secret(&self, path: PathBuf) -> Result<Secret, OpenError> {
        // A new secret beside old rows would turn every token invalid and every resident into a stranger.
        if self.database().exists() {
            return Err(OpenError::SecretLost { path });
        }
        let secret = Secret::random().map_err(OpenError::Random)?;
        self.write_whole(&path, secret.as_bytes()).map_err(|cause| OpenError::Folder { path, cause })?;
        Ok(secret)
    }

    /// Writes a file that is there whole or not at all, also after a loss of power.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file = private().create(true).truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&self.dir)?.sync_all()
    }
}

/// Options for files that only this user may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
