//! The data folder: where the catalog and the generations are, who may change them, and which
//! generation is current.
//!
//! ```text
//! index/
//!   catalog.sqlite      the catalog
//!   generations/12/     a generation each
//!   CURRENT             the number of the published one
//!   writer.lock         held by whoever applies changes
//!   reindex.lock        held by the one reindex that runs
//!   pushes.lock         shared by whoever takes pushes; alone, by who replaces the catalog
//!   .backup-*.unfinished   where a backup is being written, locked by who writes it
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

/// What can go wrong with the folder. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// The folder cannot be created, read or written.
    #[error(
        "{path}: {action} failed: check that the folder is writable and the disk has space, or name another one with --data"
    )]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody else holds a lock.
    #[error("{holder} holds {path}: wait until it is done, or end it")]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// Who, as far as is known.
        holder: String,
    },
    /// What this process works on is not at its path any more.
    #[error("{path}: not what was opened")]
    Lost {
        /// The folder.
        path: PathBuf,
        /// What is gone.
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

/// What a process began to work on, and goes on with.
#[derive(Debug)]
struct Opened {
    folder: FileId,
    /// While it is open, no other folder gets its number.
    _held: Option<File>,
    catalog: OnceLock<FileId>,
}

/// Whether others may hold a lock at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Alone,
    Shared,
}

/// A lock, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    /// Says who holds it.
    file: File,
    hold: Hold,
}

impl Lock {
    fn say(&self, role: &str) -> io::Result<()> {
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
    /// Said and not left to the closing of the file: a process that is being started beside this
    /// one has the file open too, until it runs its own program, and would go on holding the lock.
    fn drop(&mut self) {
        // Before the lock is anybody else's: who comes next has not said yet who it is.
        let emptied = if self.hold == Hold::Alone { self.file.set_len(0) } else { Ok(()) };
        if let Err(error) = self.file.unlock().and(emptied) {
            tracing::debug!(%error, "a lock ends with its file");
        }
    }
}

/// How long a holder that does not say who it is is waited for: it has just come, only looks who
/// does, or holds the lock for a moment.
const NAMELESS_PATIENCE: Duration = Duration::from_secs(1);
/// The role of those who hold a lock for a moment.
const NAMELESS: &str = "";

impl DataFolder {
    /// The folder at a path; created if it is not there.
    pub fn open(path: &Path) -> Result<DataFolder> {
        let mut folder = DataFolder::existing(path);
        let generations = folder.generations();
        let failed = |source| DataFolderError::Io { path: generations.clone(), action: "creating the folder", source };
        fs::create_dir_all(&generations).map_err(failed)?;
        let opened = FileId::of(path).map_err(failed)?;
        folder.opened =
            Some(Arc::new(Opened { folder: opened, _held: File::open(path).ok(), catalog: OnceLock::new() }));
        Ok(folder)
    }

    /// The folder at a path as it is; nothing is created.
    pub fn existing(path: &Path) -> DataFolder {
        DataFolder { path: path.to_owned(), opened: None, storage: Arc::default() }
    }

    /// Whether changes can be stored, as far as this process knows.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.storage
    }

    /// Refuses to go on with a folder that is not the one that was [opened](DataFolder::open), or
    /// with another catalog than this found in it first. Whoever writes asks before, and once more
    /// before it says that something is stored.
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
                // Somebody else may have been first, with the same.
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

    /// Where a generation is.
    pub fn generation(&self, number: u64) -> PathBuf {
        self.generations().join(number.to_string())
    }

    /// Takes the lock of whoever applies changes. `role` is told to those who come second.
    pub fn lock_writer(&self, role: &str) -> Result<Lock> {
        self.lock("writer.lock", role)
    }

    /// Takes the lock of the one reindex that may run.
    pub fn lock_reindex(&self, role: &str) -> Result<Lock> {
        self.lock("reindex.lock", role)
    }

    /// Takes the lock of the one reindex for a moment, where nobody holds it: whoever comes
    /// meanwhile waits.
    pub fn lock_reindex_briefly(&self) -> Result<Lock> {
        self.lock("reindex.lock", NAMELESS)
    }

    /// Takes the lock of those who take pushes; several may hold it.
    pub fn lock_pushes(&self, role: &str) -> Result<Lock> {
        self.lock_by("pushes.lock", role, Hold::Shared)
    }

    /// Takes the lock of those who take pushes so that nobody does.
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
                    // It is held all the same; on a full disk nobody can leave a name.
                    if let Err(error) = lock.say(role) {
                        tracing::debug!(%error, path = %path.display(), "a lock is held without a name");
                    }
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => match holder_in(&mut file) {
                    None if begun.elapsed() < NAMELESS_PATIENCE => thread::sleep(Duration::from_millis(1)),
                    holder => return Err(DataFolderError::Locked { path, holder: holder.unwrap_or_else(somebody) }),
                },
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }

    /// Whether somebody applies changes now, and who.
    pub fn writer_holder(&self) -> Option<String> {
        self.holder("writer.lock")
    }

    /// Whether a reindex runs now, and whose.
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
            Err(TryLockError::WouldBlock) => Some(holder_in(&mut file).unwrap_or_else(somebody)),
            Err(TryLockError::Error(_)) => None,
        }
    }

    /// The published generation; `None` where there is none, or the pointer makes no sense.
    pub fn current(&self) -> Option<u64> {
        fs::read_to_string(self.path.join("CURRENT")).ok()?.trim().parse().ok()
    }

    /// Forgets which generation is published: none is, until another one is.
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
        // A pointer that outlives a power failure must not point to a folder that does not.
        named().map_err(|source| DataFolderError::Io {
            path: self.generations(),
            action: "writing the folder",
            source,
        })?;
        write_durably(&path, format!("{generation}\n").as_bytes()).map_err(|source| DataFolderError::Io {
            path,
            action: "publishing the generation",
            source,
        })
    }

    /// The numbers of all generation folders, finished or not, in order.
    pub fn generation_numbers(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.generations()).into_iter().flatten().flatten();
        let mut numbers: Vec<u64> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Removes every generation folder but those to keep. Only the holder of the writer lock,
    /// while no reindex builds, may call it.
    pub fn sweep(&self, keep: &[u64]) -> Result<()> {
        for number in self.generation_numbers() {
            if !keep.contains(&number) {
                crash_point!("sweep:before-remove");
                self.remove_generation(number)?;
            }
        }
        Ok(())
    }

    /// Removes a generation, where it is there. Besides [`DataFolder::sweep`], only the holder of
    /// the reindex lock may call it, of one that was built for a run and never published.
    pub fn remove_generation(&self, number: u64) -> Result<()> {
        let path = self.generation(number);
        tracing::info!(generation = number, "removing a generation");
        match if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) } {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| DataFolderError::Io { path, action: "removing a generation", source }),
        }
    }
}

/// Who holds a lock, as its file says.
fn holder_in(file: &mut File) -> Option<String> {
    let mut holder = String::new();
    file.rewind().and_then(|()| file.take(200).read_to_string(&mut holder)).ok()?;
    Some(holder).filter(|holder| !holder.is_empty())
}

fn somebody() -> String {
    "another process".to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A copy of the open file stands for the one that a process being started has until it runs
    /// its own program.
    #[test]
    fn a_lock_ends_when_it_is_dropped_whoever_else_has_its_file_open() {
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
    fn a_holder_is_told_while_it_holds_and_not_after() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let told = |error| match error {
            DataFolderError::Locked { holder, .. } => holder,
            error => panic!("{error}"),
        };
        let lock = data.lock_writer("first").unwrap();
        let expected = format!("fichero first, process {}", std::process::id());
        assert_eq!(data.writer_holder().as_ref(), Some(&expected));
        assert_eq!(told(data.lock_writer("second").unwrap_err()), expected);
        drop(lock);
        assert_eq!(data.writer_holder(), None);
        // Somebody who has not said yet who it is.
        let nameless = File::open(folder.path().join("writer.lock")).unwrap();
        nameless.lock().unwrap();
        assert_eq!(data.writer_holder(), Some(somebody()));
        assert_eq!(told(data.lock_writer("second").unwrap_err()), somebody());
    }

    #[test]
    fn who_looks_who_holds_a_lock_is_in_nobodys_way() {
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
