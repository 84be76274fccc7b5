//! Tracks whether changes can be stored, and if not, why. Writers record it; status reports read
//! it.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::ErrorCode;

use super::file_id::Loss;
use crate::engine::{WriterEnded, io_error_in};

/// How much free space a probe needs: about what a push takes, plus the index until it is merged.
const ROOM_BYTES: usize = 256 << 10;

/// Why nothing can be stored. API clients see these messages: no paths in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A file or folder to write to is no longer at its path.
    Lost(Loss),
    /// No space on the disk.
    Full,
    /// The disk quota is used up.
    Quota,
    /// A file reached the limit on file sizes.
    FileLimit,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The process has no write permission.
    NotPermitted,
    /// The disk reports errors.
    Failing,
}

impl Cause {
    /// A short name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Lost(loss) => loss.name(),
            Cause::Full => "disk-full",
            Cause::Quota => "quota-exceeded",
            Cause::FileLimit => "file-limit",
            Cause::ReadOnly => "read-only",
            Cause::NotPermitted => "no-permission",
            Cause::Failing => "disk-failing",
        }
    }

    /// The storage problem behind an error or one of its sources; `None` if the error has another
    /// cause.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Cause> {
        let mut next = Some(error);
        while let Some(error) = next {
            let cause = match (error.downcast_ref(), error.downcast_ref(), io_error_in(error)) {
                (Some(loss), ..) => Some(Cause::Lost(*loss)),
                (_, Some(error), _) => of_sqlite(error),
                (.., Some(error)) => of_io(error),
                _ => None,
            };
            if cause.is_some() {
                return cause;
            }
            next = error.source();
        }
        None
    }

    /// Like [`Cause::of`], but if the error does not name the problem of the disk, a file is
    /// written into `folder` to find out.
    pub fn of_failure_in(folder: &Path, error: &(dyn Error + 'static)) -> Option<Cause> {
        let Some(cause) = Cause::of(error) else {
            // Tantivy does not report what ended its writer.
            return has_ended_writer(error).then(|| probe(folder)).flatten();
        };
        match cause {
            Cause::Failing => Some(probe(folder).unwrap_or(Cause::Failing)),
            // SQLite also reports "read-only" for a file that this user may not write.
            Cause::ReadOnly => Some(probe(folder).unwrap_or(Cause::NotPermitted)),
            cause => Some(cause),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Lost(loss) => return loss.fmt(out),
            Cause::Full => "the disk of the data folder is full: free some space",
            Cause::Quota => "the quota on the disk of the data folder is used up: free some space, or raise the quota",
            Cause::FileLimit => "a file in the data folder has reached the limit on the size of files: raise the limit",
            Cause::ReadOnly => "the disk of the data folder is read-only: make it writable",
            Cause::NotPermitted => "the server has no right to write into the data folder: give it the right",
            Cause::Failing => "the disk of the data folder fails: check its health and its space",
        }
        .fmt(out)
    }
}

fn has_ended_writer(error: &(dyn Error + 'static)) -> bool {
    error.is::<WriterEnded>() || error.source().is_some_and(has_ended_writer)
}

fn of_io(error: &io::Error) -> Option<Cause> {
    /// EIO on Unix systems.
    const IO_ERROR: i32 = 5;
    match error.kind() {
        ErrorKind::StorageFull => Some(Cause::Full),
        ErrorKind::QuotaExceeded => Some(Cause::Quota),
        ErrorKind::FileTooLarge => Some(Cause::FileLimit),
        ErrorKind::ReadOnlyFilesystem => Some(Cause::ReadOnly),
        ErrorKind::PermissionDenied => Some(Cause::NotPermitted),
        _ if error.raw_os_error() == Some(IO_ERROR) => Some(Cause::Failing),
        _ => None,
    }
}

fn of_sqlite(error: &rusqlite::Error) -> Option<Cause> {
    match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Some(Cause::Full),
        ErrorCode::ReadOnly => Some(Cause::ReadOnly),
        ErrorCode::PermissionDenied => Some(Cause::NotPermitted),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Some(Cause::Failing),
        _ => None,
    }
}

/// Tries to write an unnamed file into a folder; returns the problem if that fails.
pub fn probe(folder: &Path) -> Option<Cause> {
    static PIECE: [u8; 64 << 10] = [0x5a; 64 << 10];
    let write = || {
        let mut file = tempfile::tempfile_in(folder)?;
        (0..ROOM_BYTES / PIECE.len()).try_for_each(|_| file.write_all(&PIECE))
    };
    let error: io::Error = write().err()?;
    Some(of_io(&error).unwrap_or(Cause::Failing))
}

/// Whether changes can be stored, shared by the code that finds out and the code that reports it.
#[derive(Debug, Default)]
pub struct Storage(Mutex<StorageState>);

#[derive(Debug, Clone, Copy, Default)]
struct StorageState {
    /// The last finding of the index sync thread.
    found: Option<Cause>,
    /// Why the last push was refused.
    refused: Option<Cause>,
    is_log_lost: bool,
}

impl StorageState {
    fn cause(self) -> Option<Cause> {
        self.found.or(self.refused)
    }
}

impl Storage {
    /// Why nothing can be stored; `None` where changes can be.
    pub fn cause(&self) -> Option<Cause> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).cause()
    }

    /// Records the finding of a probe. If it found no problem, the refusal of the last push is
    /// cleared too.
    pub(crate) fn found(&self, cause: Option<Cause>) {
        self.change(|state| {
            state.found = cause;
            state.refused = state.refused.filter(|_| cause.is_some());
        });
    }

    /// Records why a push was refused, or `None` when one was stored.
    pub(crate) fn pushed(&self, refused: Option<Cause>) {
        self.change(|state| state.refused = refused);
    }

    /// Whether the catalog's log was lost. This stays set until the process ends: a new connection
    /// beside one with the former log would write a diverging history.
    pub(crate) fn is_log_lost(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_log_lost
    }

    fn change(&self, change: impl FnOnce(&mut StorageState)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.cause();
        change(&mut state);
        let after = state.cause();
        state.is_log_lost |= [state.found, state.refused].contains(&Some(Cause::Lost(Loss::LogGone)));
        match after {
            Some(cause) if after != before => {
                tracing::error!(
                    cause = cause.name(),
                    "changes are refused; searches are answered from the open index: {cause}"
                );
            }
            None if before.is_some() => tracing::info!("changes are accepted again"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tantivy::GenerationError;
    use crate::storage::catalog::CatalogError;
    use crate::storage::data_dir::DataFolderError;

    fn sqlite(code: std::ffi::c_int) -> CatalogError {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into()
    }

    #[test]
    fn errors_of_files_catalog_and_index_name_their_cause() {
        let io = |kind: ErrorKind| io::Error::from(kind);
        let folder = |kind| DataFolderError::Io { path: "x".into(), action: "locking", source: io(kind) };
        let index =
            |kind| GenerationError::Write { path: "x".into(), source: tantivy::TantivyError::from(io(kind)).into() };
        let cases: [(Box<dyn Error>, Option<Cause>); 10] = [
            (Box::new(folder(ErrorKind::StorageFull)), Some(Cause::Full)),
            (Box::new(folder(ErrorKind::QuotaExceeded)), Some(Cause::Quota)),
            (Box::new(folder(ErrorKind::ReadOnlyFilesystem)), Some(Cause::ReadOnly)),
            (Box::new(index(ErrorKind::StorageFull)), Some(Cause::Full)),
            (Box::new(index(ErrorKind::FileTooLarge)), Some(Cause::FileLimit)),
            (Box::new(sqlite(13)), Some(Cause::Full)),
            (Box::new(sqlite(8)), Some(Cause::ReadOnly)),
            (Box::new(sqlite(10 | (3 << 8))), Some(Cause::Failing)),
            (Box::new(sqlite(5)), None),
            (Box::new(CatalogError::Lost(Loss::CatalogGone)), Some(Cause::Lost(Loss::CatalogGone))),
        ];
        for (error, cause) in cases {
            assert_eq!(Cause::of(error.as_ref()), cause, "{error}");
        }
    }

    #[test]
    fn refused_push_stays_the_cause_until_a_probe_succeeds() {
        let storage = Storage::default();
        storage.pushed(Some(Cause::Full));
        assert_eq!(storage.cause(), Some(Cause::Full));
        storage.found(Some(Cause::ReadOnly));
        assert_eq!(storage.cause(), Some(Cause::ReadOnly));
        storage.found(None);
        assert_eq!(storage.cause(), None);
    }

    #[test]
    fn probe_of_a_writable_folder_finds_no_problem_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(probe(folder.path()), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
