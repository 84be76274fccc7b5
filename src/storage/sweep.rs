//! Removes unfinished files of processes that died. To remove a file, a process must hold the lock
//! under which the file was created.
//!
//! | file | lock held by its creator |
//! | --- | --- |
//! | a partly built generation | the reindex lock |
//! | a temporary file beside the catalog or in a published generation | the writer lock |
//! | a partly written backup, in any folder | the lock of its note in the data folder |
//!
//! A temporary file that cannot be removed is not an error: it stays until the next sweep.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::catalog::{Catalog, CatalogError, LOG, LOG_INDEX, beside};
use super::data_dir::{DataFolder, DataFolderError};

/// The suffix of temporary files that are renamed when they are complete.
pub(crate) const UNFINISHED: &str = ".new";
/// The prefix and suffix of notes that record where a backup is being written.
const NOTE: (&str, &str) = (".backup-", ".unfinished");
/// The prefix of Tantivy's temporary files.
const OF_THE_INDEX: &str = ".tmp";

/// Why a generation could not be removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The catalog could not be read to find the generations in use.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file or folder cannot be removed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
}

/// Generations newer than the published one that no run will publish. Callers must hold the reindex
/// lock: otherwise a running build may be among them.
pub(crate) fn unpublished_generations(data: &DataFolder, catalog: &Catalog) -> Result<Vec<u64>, CatalogError> {
    let Some(current) = data.current() else { return Ok(Vec::new()) };
    let mut numbers = data.generation_numbers();
    numbers.retain(|number| *number > current);
    if numbers.is_empty() {
        return Ok(numbers);
    }
    let to_serve = catalog.publication()?.generation;
    let waiting = catalog.waiting_run()?.and_then(|run| run.generation);
    numbers.retain(|number| *number != to_serve && Some(*number) != waiting);
    Ok(numbers)
}

/// Removes partly built generations of dead reindex runs. The caller must hold the reindex lock.
pub(crate) fn sweep_generations(data: &DataFolder, catalog: &Catalog) -> Result<(), SweepError> {
    for number in unpublished_generations(data, catalog)? {
        data.remove_generation(number)?;
    }
    Ok(())
}

/// Removes temporary files beside the catalog and in the generations up to the published one. The
/// caller must have just acquired the writer lock and not have written anything yet.
pub(crate) fn sweep_files(data: &DataFolder) {
    let is_unfinished =
        |name: &str| name.starts_with('.') && (name.ends_with(UNFINISHED) || name.contains(&format!("{UNFINISHED}-")));
    sweep_folder(data.path(), is_unfinished);
    let Some(current) = data.current() else { return };
    let is_unfinished = |name: &str| name.ends_with(UNFINISHED) || name.starts_with(OF_THE_INDEX);
    // A later generation may be under construction.
    for number in data.generation_numbers().into_iter().filter(|number| *number <= current) {
        sweep_folder(&data.generation(number), is_unfinished);
    }
}

fn sweep_folder(folder: &Path, is_unfinished: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(&is_unfinished) && entry.file_type().is_ok_and(|found| found.is_file()) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => tracing::info!(path = %path.display(), "removed a temporary file of a dead process"),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "cannot remove a temporary file of a dead process")
        }
    }
}

/// A note in the data folder of where a backup is being written; deleted on drop.
#[derive(Debug)]
pub(crate) struct BackupNote {
    _file: NamedTempFile,
}

impl BackupNote {
    /// Creates the note of a file that is about to be written.
    pub(crate) fn create(data: &DataFolder, unfinished: &Path) -> io::Result<BackupNote> {
        let mut file = tempfile::Builder::new().prefix(NOTE.0).suffix(NOTE.1).tempfile_in(data.path())?;
        file.as_file().try_lock()?;
        file.write_all(std::path::absolute(unfinished)?.as_os_str().as_encoded_bytes())?;
        Ok(BackupNote { _file: file })
    }
}

/// Removes the partial files of dead backup processes, and their notes.
pub(crate) fn sweep_backups(data: &DataFolder) {
    for entry in fs::read_dir(data.path()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(NOTE.0) && name.ends_with(NOTE.1)) {
            continue;
        }
        let Ok(note) = File::open(entry.path()) else { continue };
        // A process that writes a backup holds the lock of its note.
        if note.try_lock().is_err() {
            continue;
        }
        if let Some(unfinished) = unfinished_in(&note) {
            ["-journal", LOG, LOG_INDEX].iter().for_each(|suffix| remove(&beside(&unfinished, suffix)));
            remove(&unfinished);
        }
        remove(&entry.path());
    }
}

/// The file that a note names, if its name is that of an unfinished backup.
fn unfinished_in(note: &File) -> Option<PathBuf> {
    let mut path = String::new();
    note.take(4096).read_to_string(&mut path).ok()?;
    let path = PathBuf::from(path);
    let name = path.file_name()?.to_str()?;
    (path.is_absolute() && name.starts_with('.') && name.ends_with(UNFINISHED)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn backup_under_way_is_left_alone_and_a_dead_one_is_swept() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data = DataFolder::open(folder.path()).unwrap();
        let unfinished = elsewhere.path().join(".state.sqlite1.new");
        fs::write(&unfinished, "half").unwrap();
        fs::write(beside(&unfinished, "-journal"), "half").unwrap();
        fs::write(elsewhere.path().join("state.sqlite"), "whole").unwrap();
        let note = BackupNote::create(&data, &unfinished).unwrap();
        sweep_backups(&data);
        assert_eq!(names(elsewhere.path()).len(), 3);
        // The state that a killed process leaves behind.
        let (file, path) = note._file.keep().unwrap();
        drop(file);
        sweep_backups(&data);
        assert_eq!(names(elsewhere.path()), ["state.sqlite"]);
        assert!(!path.exists());
    }

    #[test]
    fn note_that_names_anything_else_removes_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let kept = folder.path().join("kept.sqlite");
        fs::write(&kept, "kept").unwrap();
        fs::write(folder.path().join(".backup-1.unfinished"), kept.as_os_str().as_encoded_bytes()).unwrap();
        fs::write(folder.path().join(".backup-2.unfinished"), [0xff; 9]).unwrap();
        sweep_backups(&data);
        assert_eq!(names(folder.path()), ["generations", "kept.sqlite"]);
    }

    #[test]
    fn only_unfinished_files_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        fs::create_dir(data.generation(1)).unwrap();
        data.publish(1).unwrap();
        let kept =
            ["CURRENT", "catalog.sqlite", "catalog.sqlite-wal", "catalog-before-1.sqlite", ".hidden", "generations"];
        let swept = [".CURRENT.new", ".catalog.sqliteAbc.new", ".catalog.sqliteAbc.new-journal"];
        for name in kept.iter().chain(&swept).filter(|name| !folder.path().join(name).exists()) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        for name in ["meta.json", ".managed.json", ".tmpAbc", "nearest.bin", "nearest.bin.new"] {
            fs::write(data.generation(1).join(name), "").unwrap();
        }
        sweep_files(&data);
        let mut expected = kept.map(str::to_owned);
        expected.sort();
        assert_eq!(names(folder.path()), expected);
        assert_eq!(names(&data.generation(1)), [".managed.json", "meta.json", "nearest.bin"]);
    }
}
