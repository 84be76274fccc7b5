//! Backup and restore of the catalog as one file. Everything else in the data folder can be rebuilt
//! from the catalog.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::catalog::{self, Catalog, CatalogError, FILE_NAME, LOG, LOG_INDEX, beside};
use super::data_dir::{DataFolder, DataFolderError};
use super::sweep::{self, BackupNote, UNFINISHED};

/// Errors of a backup or a restore. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target file exists.
    #[error("{0} is there already: name another file, or replace it with --force")]
    Exists(PathBuf),
    /// The target file is in the data folder.
    #[error("{0} is in the data folder: name a file elsewhere, best on another disk")]
    InDataFolder(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {action} failed")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation.
        action: &'static str,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The file cannot replace the catalog.
    #[error("{path} cannot be restored")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: CatalogError,
    },
    /// The file is a catalog in use: its newest changes are in its write-ahead log.
    #[error("{0} is a catalog in use, not a backup: write one of it with `fichero backup`")]
    InUse(PathBuf),
    /// A server or a command uses the catalog.
    #[error("{holder} uses the catalog: end it, and run the restore again")]
    Busy {
        /// Its name, as far as it is known.
        holder: String,
    },
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The data folder failed.
    #[error(transparent)]
    Data(DataFolderError),
}

impl From<DataFolderError> for BackupError {
    fn from(error: DataFolderError) -> BackupError {
        match error {
            DataFolderError::Locked { holder, .. } => BackupError::Busy { holder },
            error => BackupError::Data(error),
        }
    }
}

type Result<T, E = BackupError> = std::result::Result<T, E>;

/// Writes a snapshot of the catalog into a file, while a server serves and accepts pushes. The file
/// appears complete or not at all. An existing file is replaced only with `force`. `progress`
/// receives the number of copied pages and of all pages. Returns the size of the backup in bytes.
pub fn backup(data: &DataFolder, file: &Path, force: bool, progress: &dyn Fn(u64, u64)) -> Result<u64> {
    if is_in_data_folder(data, file) {
        return Err(BackupError::InDataFolder(file.to_owned()));
    }
    let exists = fs::symlink_metadata(file).is_ok();
    if exists && !force {
        return Err(BackupError::Exists(file.to_owned()));
    }
    sweep::sweep_backups(data);
    let (aside, _note) = file_beside_with_note(data, file)?;
    // A backup must also work on a disk that cannot be written: that is when it is needed.
    let catalog = Catalog::open(data.path());
    let catalog = catalog.or_else(|error| Catalog::open_as_it_is(data.path()).map_err(|_| error))?;
    catalog.copy_to(aside.path(), progress)?;
    let failed = io_error(file, "writing the backup");
    aside.as_file().sync_all().map_err(&failed)?;
    let bytes = aside.as_file().metadata().map_err(&failed)?.len();
    let persisted = if force { aside.persist(file) } else { aside.persist_noclobber(file) };
    persisted.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => failed(error.error),
    })?;
    sync_folder_of(file)?;
    Ok(bytes)
}

/// Replaces the catalog by a backup. Returns the path of the former catalog, if there was one.
///
/// No other process may use the data folder meanwhile. Afterwards no generation is published: the
/// next start of a server, or the next reindex, builds one from the restored catalog. A hold after
/// a rollback is not restored.
pub fn restore(data: &DataFolder, file: &Path) -> Result<Option<PathBuf>> {
    let _writer = data.lock_writer("restore")?;
    let _reindex = data.lock_reindex("restore")?;
    let _pushes = data.lock_out_pushes("restore")?;
    if beside(file, LOG).metadata().is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::InUse(file.to_owned()));
    }
    let catalog = data.path().join(FILE_NAME);
    let aside = file_beside(&catalog)?;
    // Copy the bytes only, not the permissions: the backup may be write-protected.
    let mut backup = File::open(file).map_err(io_error(file, "reading the backup"))?;
    io::copy(&mut backup, &mut aside.as_file()).map_err(io_error(file, "copying the backup"))?;
    catalog::copy::adopt(aside.path()).map_err(|source| BackupError::Unfit { path: file.to_owned(), source })?;
    let failed = io_error(&catalog, "putting the backup in place");
    if let Ok(former) = fs::metadata(&catalog) {
        fs::set_permissions(aside.path(), former.permissions()).map_err(&failed)?;
    }
    aside.as_file().sync_all().map_err(&failed)?;
    // From here on, no generation with later changes than the backup can be served.
    data.unpublish()?;
    let kept = keep_former(&catalog)?;
    aside.persist(&catalog).map_err(|error| failed(error.error))?;
    sync_folder_of(&catalog)?;
    Ok(kept)
}

/// Hard-links or copies the current catalog to another name, so that its path can be replaced.
fn keep_former(catalog: &Path) -> Result<Option<PathBuf>> {
    if !catalog.exists() {
        return Ok(None);
    }
    match catalog::copy::checkpoint(catalog) {
        Err(CatalogError::Busy(_)) => return Err(BackupError::Busy { holder: "another process".to_owned() }),
        // A damaged catalog may be the reason for the restore: keep it unchanged.
        Err(error) => tracing::warn!(%error, "the former catalog cannot be opened; keeping it as it is"),
        Ok(()) => {}
    }
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let kept = catalog.with_file_name(format!("catalog-before-{now}.sqlite"));
    let failed = io_error(catalog, "keeping the former catalog");
    fs::hard_link(catalog, &kept).or_else(|_| fs::copy(catalog, &kept).map(|_| ())).map_err(&failed)?;
    // SQLite would apply a leftover log to the new file: move the log with its catalog.
    for suffix in [LOG, LOG_INDEX] {
        match fs::rename(beside(catalog, suffix), beside(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(Some(kept))
}

fn is_in_data_folder(data: &DataFolder, file: &Path) -> bool {
    let folder = fs::canonicalize(folder_of(file));
    folder.is_ok_and(|folder| fs::canonicalize(data.path()).is_ok_and(|data| folder.starts_with(data)))
}

/// Like [`file_beside`], with a note in the data folder, so that the file is removed later if this
/// process is killed. A failure to write the note is ignored: a backup matters most when the data
/// folder cannot be written.
fn file_beside_with_note(data: &DataFolder, file: &Path) -> Result<(NamedTempFile, Option<BackupNote>)> {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!("{:016x}", fastrand::u64(..)));
    let note = BackupNote::create(data, &beside(&folder_of(file).join(&name), UNFINISHED));
    let note = note.inspect_err(|error| tracing::debug!(%error, "cannot write a note of the backup")).ok();
    let aside = tempfile::Builder::new().prefix(&name).suffix(UNFINISHED).rand_bytes(0).tempfile_in(folder_of(file));
    Ok((aside.map_err(io_error(file, "creating a file beside it"))?, note))
}

fn file_beside(file: &Path) -> Result<NamedTempFile> {
    let mut prefix = OsString::from(".");
    prefix.push(file.file_name().unwrap_or_default());
    tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(UNFINISHED)
        .tempfile_in(folder_of(file))
        .map_err(io_error(file, "creating a file beside it"))
}

fn sync_folder_of(file: &Path) -> Result<()> {
    File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(io_error(file, "writing its folder"))
}

/// The folder of a file; a bare name is in the working folder.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn io_error(path: &Path, action: &'static str) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::Io { path: path.to_owned(), action, source }
}
