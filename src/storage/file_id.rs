//! Detects whether the file at a path is still the same file.
//!
//! A removed or replaced file stays open and accepts writes until its process ends; then the data
//! is gone. So a writer must check the identity before it reports that data is stored.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// Identifies a file or folder among all that ever exist at the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
    /// The creation time, because inode numbers are soon reused. Not for folders: a union mount
    /// recreates a folder under its old inode number when the first file in it is written.
    created: Option<SystemTime>,
}

impl FileId {
    /// The identity of the file at a path now.
    pub(crate) fn of(path: &Path) -> io::Result<FileId> {
        let found = fs::metadata(path)?;
        let created = found.created().ok().filter(|_| found.is_file());
        #[cfg(unix)]
        let (device, inode) = {
            use std::os::unix::fs::MetadataExt;
            (found.dev(), found.ino())
        };
        // On other systems an open file can be neither removed nor replaced.
        #[cfg(not(unix))]
        let (device, inode) = (0, 0);
        Ok(FileId { device, inode, created })
    }
}

/// What is no longer at its path. API clients see these messages: no paths in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The data folder is missing.
    #[error("the data folder was removed, moved away or cannot be reached: put it back, or start the server again")]
    FolderGone,
    /// Another folder is at its path.
    #[error(
        "another folder is in the place of the data folder: put the former one back, or start the server again to use this one"
    )]
    FolderReplaced,
    /// The catalog's file is missing.
    #[error(
        "the catalog was removed from the data folder: put the same file back, or end the server, put a backup in place with `fichero restore` and start it again"
    )]
    CatalogGone,
    /// Another file is at the catalog's path.
    #[error(
        "another file is in the place of the catalog: put the former one back, or start the server again to use this one"
    )]
    CatalogReplaced,
    /// SQLite's write-ahead log or its index is missing.
    #[error(
        "the files of the catalog's newest changes were removed: end the server, which saves what they held, and start it again"
    )]
    LogGone,
}

impl Loss {
    /// A short name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Loss::FolderGone => "folder-gone",
            Loss::FolderReplaced => "folder-replaced",
            Loss::CatalogGone => "catalog-gone",
            Loss::CatalogReplaced => "catalog-replaced",
            Loss::LogGone => "log-gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn file_moved_away_and_back_is_the_same_and_a_new_one_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("file"), folder.path().join("aside"));
        fs::write(&path, "one").unwrap();
        let first = FileId::of(&path).unwrap();
        fs::write(&path, "changed").unwrap();
        fs::rename(&path, &aside).unwrap();
        assert_eq!(FileId::of(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "one").unwrap();
        assert_ne!(FileId::of(&path).unwrap(), first);
        fs::rename(&aside, &path).unwrap();
        assert_eq!(FileId::of(&path).unwrap(), first);
    }
}
