//! What dead processes left behind, removed by whoever holds the lock that its maker held.
//!
//! | what | its maker held |
//! | --- | --- |
//! | a generation that was built in part | the reindex lock |
//! | a file beside the catalog or in a generation that was published, that was to take another's place | the writer lock |
//! | a backup that was written in part, wherever it is | the lock of its note in the data folder |
//!
//! Nothing here fails: what cannot be removed stays until the next time.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::catalog::{Catalog, CatalogError, LOG, LOG_INDEX, beside};
use super::data_dir::{DataFolder, DataFolderError};

/// How the names of files end that are to take another's place once they are whole.
pub(crate) const UNFINISHED: &str = ".new";
/// How the name of a note begins and ends that says where a backup is being written.
const NOTE: (&str, &str) = (".backup-", ".unfinished");
/// How the names of files begin that Tantivy puts in another's place.
const OF_THE_INDEX: &str = ".tmp";

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The catalog does not say what is in use.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file or folder cannot be removed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
}

/// Generations after the published one that no run will publish any more: only whoever holds the
/// reindex lock may take them for that.
pub(crate) fn unpublished_generations(data: &DataFolder, catalog: &Catalog) -> Result<Vec<u64>, CatalogError> {
    let Some(current) = data.current() else { return Ok(Vec::new()) };
    let mut numbers = data.generation_numbers();
    numbers.retain(|number| *number > current);
    if numbers.is_empty() {
        return Ok(numbers);
    }
    let asked = catalog.publication()?.generation;
    let waiting = catalog.waiting_run()?.and_then(|run| run.generation);
    numbers.retain(|number| *number != asked && Some(*number) != waiting);
    Ok(numbers)
}

/// Removes generations that a dead reindex built in part. Only for whoever holds the reindex lock.
pub(crate) fn sweep_generations(data: &DataFolder, catalog: &Catalog) -> Result<(), SweepError> {
    for number in unpublished_generations(data, catalog)? {
        data.remove_generation(number)?;
    }
    Ok(())
}

/// Removes files that were to take another's place, beside the catalog and in the generations
/// up to the published one. Only for whoever has just got the writer lock, and before anything is written.
pub(crate) fn sweep_files(data: &DataFolder) {
    let is_unfinished =
        |name: &str| name.starts_with('.') && (name.ends_with(UNFINISHED) || name.contains(&format!("{UNFINISHED}-")));
    sweep_folder(data.path(), is_unfinished);
    let Some(current) = data.current() else { return };
    let is_unfinished = |name: &str| name.ends_with(UNFINISHED) || name.starts_with(OF_THE_INDEX);
    // Later ones may be being built.
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
        Ok(()) => tracing::info!(path = %path.display(), "removed a file that a dead process left"),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => tracing::debug!(path = %path.display(), %error, "a file that a dead process left stays"),
    }
}

/// Says in the data folder where a backup is being written, as long as it is kept.
#[derive(Debug)]
pub(crate) struct BackupNote {
    _file: NamedTempFile,
}

impl BackupNote {
    /// Leaves a note of a file that is going to be written.
    pub(crate) fn leave(data: &DataFolder, unfinished: &Path) -> io::Result<BackupNote> {
        let mut file = tempfile::Builder::new().prefix(NOTE.0).suffix(NOTE.1).tempfile_in(data.path())?;
        file.as_file().try_lock()?;
        file.write_all(std::path::absolute(unfinished)?.as_os_str().as_encoded_bytes())?;
        Ok(BackupNote { _file: file })
    }
}

/// Removes what dead backups left, and their notes.
pub(crate) fn sweep_backups(data: &DataFolder) {
    for entry in fs::read_dir(data.path()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(NOTE.0) && name.ends_with(NOTE.1)) {
            continue;
        }
        let Ok(note) = File::open(entry.path()) else { continue };
        // Whoever writes a backup holds its note.
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

/// The file that a note is about, if it is one that a backup may have left.
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
        let note = BackupNote::leave(&data, &unfinished).unwrap();
        sweep_backups(&data);
        assert_eq!(names(elsewhere.path()).len(), 3);
        // As a process leaves it that is killed.
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
