//! A Tantivy directory for a generation's folder that can also be read where it cannot be written.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

/// Wraps Tantivy's directory of mapped files. That opens the lock file that readers share for
/// writing, so that an index on a read-only or full disk, or of another user, could not be searched.
#[derive(Debug, Clone)]
pub(crate) struct GenerationFolder {
    files: MmapDirectory,
    path: PathBuf,
}

impl GenerationFolder {
    pub(crate) fn open(path: &Path) -> Result<GenerationFolder, OpenDirectoryError> {
        Ok(GenerationFolder { files: MmapDirectory::open(path)?, path: path.to_owned() })
    }

    /// Acquires, without writing, the lock that keeps files from being removed while they are
    /// opened. If the lock file is missing, no process has ever removed a file.
    fn lock_to_read(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match File::open(self.path.join(&lock.filepath)) {
            Ok(file) => {
                file.lock().map_err(LockError::wrap_io_error)?;
                Ok(DirectoryLock::from(Box::new(file)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(DirectoryLock::from(Box::new(()))),
            Err(error) => Err(LockError::wrap_io_error(error)),
        }
    }
}

impl Directory for GenerationFolder {
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.files.acquire_lock(lock) {
            Err(LockError::IoError(error)) if lock.filepath == META_LOCK.filepath && is_unwritable(&error) => {
                self.lock_to_read(lock)
            }
            locked => locked,
        }
    }

    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.files.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// Whether nothing can be written there, whatever the reason. A file that this user may not read
/// either is reported when it is opened.
fn is_unwritable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::PermissionDenied
    )
}
