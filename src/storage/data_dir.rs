//! The data folder: paths of the catalog and the generations, the locks for changing them, and the
//! pointer to the published generation.
//!
//! ```text
//! index/
//!   catalog.sqlite      the catalog
//!   generations/12/     one folder per generation
//!   CURRENT             the number of the published one
//!   writer.lock         held by the process that applies changes
//!   reindex.lock        held by the running reindex
//!   pushes.lock         held shared by processes that accept pushes, exclusively to replace the catalog
//!   .backup-*.unfinished   the path of a backup being written, locked by its writer
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::catalog;
use super::failure::Storage;
use super::file_id::{FileId, Loss};
use crate::crash_point;
use crate::durable::write_durably;
use crate::owner;

/// Errors of the data folder. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// The folder cannot be created, read or written.
    #[error(
        "{path}: {action} failed{}: check that the folder is writable and the disk has space, or name another one with --data",
        owner::note_if_foreign(.path)
    )]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operation.
        action: &'static str,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// Another process holds a lock.
    #[error("{holder} holds {path}: wait until it is done, or end it")]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// The holder, as far as it is known.
        holder: String,
    },
    /// The folder or catalog that this process opened is no longer at its path.
    #[error("{path}: not what was opened")]
    Lost {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        #[source]
        loss: Loss,
    },
}

type Result<T, E = DataFolderError> = std::result::Result<T, E>;

/// A data folder.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
    opened: Option<Arc<Opened>>,
    storage: Arc<Storage>,
}

/// The identities of the folder and the catalog that a process opened.
#[derive(Debug)]
struct Opened {
    folder: FileId,
    /// Keeps the folder open, so that no other folder gets its inode number.
    _held: Option<File>,
    catalog: OnceLock<FileId>,
}

/// Whether a lock is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Alone,
    Shared,
}

/// A lock, held until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    /// The lock file; its content names the holder.
    file: File,
    hold: Hold,
}

impl Lock {
    fn write_holder(&self, role: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        if role == NAMELESS {
            return Ok(());
        }
        file.rewind()?;
        write!(file, "fichero {role}, process {}", std::process::id())
    }
}

impl Drop for Lock {
    /// Unlock explicitly: a child between fork and exec still holds the descriptor, so `close()`
    /// would not release the lock.
    fn drop(&mut self) {
        // Empty the file before unlocking: otherwise the next holder would appear under this name
        // until it writes its own.
        let emptied = if self.hold == Hold::Alone { self.file.set_len(0) } else { Ok(()) };
        if let Err(error) = self.file.unlock().and(emptied) {
            tracing::debug!(%error, "cannot unlock explicitly; closing the file releases the lock");
        }
    }
}

/// How long to wait for a holder that has not written its name: it has just acquired the lock, only
/// reads the holder's name, or holds the lock briefly.
const NAMELESS_PATIENCE: Duration = Duration::from_secs(1);
/// The role of a brief holder.
const NAMELESS: &str = "";

impl DataFolder {
    /// Opens the folder at a path; creates it if it is missing.
    pub fn open(path: &Path) -> Result<DataFolder> {
        let mut folder = DataFolder::existing(path);
        let generations = folder.generations();
        let failed = |source| DataFolderError::Io { path: generations.clone(), action: "creating the folder", source };
        fs::create_dir_all(&generations).map_err(failed)?;
        folder.hand_over(&generations);
        let opened = FileId::of(path).map_err(failed)?;
        folder.opened =
            Some(Arc::new(Opened { folder: opened, _held: File::open(path).ok(), catalog: OnceLock::new() }));
        Ok(folder)
    }

    /// The folder at a path, without creating anything.
    pub fn existing(path: &Path) -> DataFolder {
        DataFolder { path: path.to_owned(), opened: None, storage: Arc::default() }
    }

    /// Whether changes can be stored, as far as this process knows.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.storage
    }

    /// Returns an error if the folder is not the one that was [opened](DataFolder::open), or if its
    /// catalog is not the one that the first check found. Writers call it before they write, and
    /// again before they report that data is stored.
    pub fn check_in_place(&self) -> Result<()> {
        let Some(opened) = &self.opened else { return Ok(()) };
        let found = FileId::of(&self.path.join(catalog::FILE_NAME));
        let loss = match (FileId::of(&self.path), found, opened.catalog.get()) {
            (Err(_), ..) => Loss::FolderGone,
            (Ok(folder), ..) if folder != opened.folder => Loss::FolderReplaced,
            (_, Err(_), Some(_)) => Loss::CatalogGone,
            (_, Ok(catalog), Some(first)) if catalog != *first => Loss::CatalogReplaced,
            _ if self.storage.is_log_lost() => Loss::LogGone,
            (_, Ok(catalog), None) => {
                // Another thread may have set the same value first.
                let _ = opened.catalog.set(catalog);
                return Ok(());
            }
            _ => return Ok(()),
        };
        Err(DataFolderError::Lost { path: self.path.clone(), loss })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn generations(&self) -> PathBuf {
        self.path.join("generations")
    }

    /// The path of a generation.
    pub fn generation(&self, number: u64) -> PathBuf {
        self.generations().join(number.to_string())
    }

    /// Acquires the writer lock, which the process that applies changes holds. `role` is shown to
    /// processes that try later.
    pub fn lock_writer(&self, role: &str) -> Result<Lock> {
        self.lock("writer.lock", role)
    }

    /// Acquires the reindex lock: one reindex at a time.
    pub fn lock_reindex(&self, role: &str) -> Result<Lock> {
        self.lock("reindex.lock", role)
    }

    /// Acquires the reindex lock briefly, if it is free: others that try meanwhile wait for it.
    pub fn lock_reindex_briefly(&self) -> Result<Lock> {
        self.lock("reindex.lock", NAMELESS)
    }

    /// Acquires the push lock, shared with other processes that accept pushes.
    pub fn lock_pushes(&self, role: &str) -> Result<Lock> {
        self.lock_by("pushes.lock", role, Hold::Shared)
    }

    /// Acquires the push lock exclusively, so that no process accepts pushes.
    pub fn lock_out_pushes(&self, role: &str) -> Result<Lock> {
        self.lock("pushes.lock", role)
    }

    fn lock(&self, name: &str, role: &str) -> Result<Lock> {
        self.lock_by(name, role, Hold::Alone)
    }

    fn lock_by(&self, name: &str, role: &str, hold: Hold) -> Result<Lock> {
        let path = self.path.join(name);
        let failed = |source| DataFolderError::Io { path: path.clone(), action: "locking", source };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let begun = Instant::now();
        loop {
            let locked = match hold {
                Hold::Alone => file.try_lock(),
                Hold::Shared => file.try_lock_shared(),
            };
            match locked {
                Ok(()) => {
                    let lock = Lock { file, hold };
                    self.hand_over(&path);
                    // The lock is held even if the name cannot be written, as on a full disk.
                    if let Err(error) = lock.write_holder(role) {
                        tracing::debug!(%error, path = %path.display(), "cannot write the holder's name into a lock");
                    }
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => match holder_in(&mut file) {
                    None if begun.elapsed() < NAMELESS_PATIENCE => thread::sleep(Duration::from_millis(1)),
                    holder => {
                        return Err(DataFolderError::Locked { path, holder: holder.unwrap_or_else(unnamed_holder) });
                    }
                },
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }

    /// The holder of the writer lock, if any.
    pub fn writer_holder(&self) -> Option<String> {
        self.holder("writer.lock")
    }

    /// The holder of the reindex lock, if any.
    pub fn reindex_holder(&self) -> Option<String> {
        self.holder("reindex.lock")
    }

    fn holder(&self, name: &str) -> Option<String> {
        let mut file = File::open(self.path.join(name)).ok()?;
        match file.try_lock_shared() {
            Ok(()) => {
                drop(Lock { file, hold: Hold::Shared });
                None
            }
            Err(TryLockError::WouldBlock) => Some(holder_in(&mut file).unwrap_or_else(unnamed_holder)),
            Err(TryLockError::Error(_)) => None,
        }
    }

    /// The published generation; `None` if there is none or the pointer is not a number.
    pub fn current(&self) -> Option<u64> {
        fs::read_to_string(self.path.join("CURRENT")).ok()?.trim().parse().ok()
    }

    /// Removes the pointer: no generation is published until the next [`DataFolder::publish`].
    pub fn unpublish(&self) -> Result<()> {
        let path = self.path.join("CURRENT");
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(DataFolderError::Io { path, action: "taking back the published generation", source })
            }
            _ => Ok(()),
        }
    }

    /// Publishes a generation: one atomic rename.
    pub fn publish(&self, generation: u64) -> Result<()> {
        let path = self.path.join("CURRENT");
        let named = || File::open(self.generations())?.sync_all();
        // Sync the folder first: after a power failure the pointer must not name a missing
        // generation.
        named().map_err(|source| DataFolderError::Io {
            path: self.generations(),
            action: "writing the folder",
            source,
        })?;
        write_durably(&path, format!("{generation}\n").as_bytes()).map_err(|source| DataFolderError::Io {
            path: path.clone(),
            action: "publishing the generation",
            source,
        })?;
        self.hand_over(&path);
        Ok(())
    }

    /// Gives a file or folder in this folder to the folder's owner, if root has written it. What stays
    /// root's is not lost, but a server of the owner cannot read it.
    pub(crate) fn hand_over(&self, path: &Path) {
        let Ok(below) = path.strip_prefix(&self.path) else { return };
        if let Err(error) = owner::hand_over(&self.path, below) {
            tracing::warn!(path = %path.display(), %error, "cannot give a file to the owner of the data folder");
        }
    }

    /// The numbers of all generation folders, finished or not, in order.
    pub fn generation_numbers(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.generations()).into_iter().flatten().flatten();
        let mut numbers: Vec<u64> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Removes every generation folder except those in `keep`. Only the holder of the writer lock
    /// may call it, and only while no reindex builds.
    pub fn sweep(&self, keep: &[u64]) -> Result<()> {
        for number in self.generation_numbers() {
            if !keep.contains(&number) {
                crash_point!("sweep:before-remove");
                self.remove_generation(number)?;
            }
        }
        Ok(())
    }

    /// Removes a generation if it exists. Apart from [`DataFolder::sweep`], only the holder of the
    /// reindex lock may call it, for a generation that was built for a run and never published.
    pub fn remove_generation(&self, number: u64) -> Result<()> {
        let path = self.generation(number);
        tracing::info!(generation = number, "removing a generation");
        match if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) } {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| DataFolderError::Io { path, action: "removing a generation", source }),
        }
    }
}

/// The holder's name from a lock file.
fn holder_in(file: &mut File) -> Option<String> {
    let mut holder = String::new();
    file.rewind().and_then(|()| file.take(200).read_to_string(&mut holder)).ok()?;
    Some(holder).filter(|holder| !holder.is_empty())
}

fn unnamed_holder() -> String {
    "another process".to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// The cloned descriptor stands for that of a child process between fork and exec.
    #[test]
    fn dropping_a_lock_releases_it_although_its_file_is_open_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let lock = data.lock_reindex("first").unwrap();
        let copy = lock.file.try_clone().unwrap();
        assert!(matches!(data.lock_reindex("second"), Err(DataFolderError::Locked { .. })));
        drop(lock);
        data.lock_reindex("second").unwrap();
        drop(copy);
    }

    #[test]
    fn holder_is_named_only_while_it_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let holder_in_error = |error| match error {
            DataFolderError::Locked { holder, .. } => holder,
            error => panic!("{error}"),
        };
        let lock = data.lock_writer("first").unwrap();
        let expected = format!("fichero first, process {}", std::process::id());
        assert_eq!(data.writer_holder().as_ref(), Some(&expected));
        assert_eq!(holder_in_error(data.lock_writer("second").unwrap_err()), expected);
        drop(lock);
        assert_eq!(data.writer_holder(), None);
        // A holder that has not written its name yet.
        let nameless = File::open(folder.path().join("writer.lock")).unwrap();
        nameless.lock().unwrap();
        assert_eq!(data.writer_holder(), Some(unnamed_holder()));
        assert_eq!(holder_in_error(data.lock_writer("second").unwrap_err()), unnamed_holder());
    }

    #[test]
    fn reading_the_holder_does_not_block_others() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        drop(data.lock_writer("first").unwrap());
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    data.writer_holder();
                }
            });
            let locks = (0..2_000).try_for_each(|_| data.lock_writer("second").map(drop));
            is_over.store(true, Ordering::SeqCst);
            locks.unwrap();
        });
    }
}
