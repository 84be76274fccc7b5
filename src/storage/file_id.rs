//! Whether a file is still the one that stands at its path.
//!
//! A file that was removed or replaced stays open, and takes whatever is written into it until its
//! process ends and it is gone. So a writer has to ask before it says that something is stored.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What tells a file or folder from every other one that ever stands at the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
    /// The number of a file that is gone is soon given to another one. Not of folders: a union
    /// mount makes a folder anew, under its old number, when the first file in it is written.
    created: Option<SystemTime>,
}

impl FileId {
    /// What stands at a path now.
    pub(crate) fn of(path: &Path) -> io::Result<FileId> {
        let found = fs::metadata(path)?;
        let created = found.created().ok().filter(|_| found.is_file());
        #[cfg(unix)]
        let (device, inode) = {
            use std::os::unix::fs::MetadataExt;
            (found.dev(), found.ino())
        };
        // Elsewhere an open file can be neither removed nor replaced.
        #[cfg(not(unix))]
        let (device, inode) = (0, 0);
        Ok(FileId { device, inode, created })
    }
}

/// What is not at its path any more. Told to the callers of the API too: no paths in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The data folder.
    #[error("the data folder was removed, moved away or cannot be reached: put it back, or start the server again")]
    FolderGone,
    /// Another folder is there.
    #[error(
        "another folder is in the place of the data folder: put the former one back, or start the server again to use this one"
    )]
    FolderReplaced,
    /// The catalog's file.
    #[error(
        "the catalog was removed from the data folder: put the same file back, or end the server, put a backup in place with `fichero restore` and start it again"
    )]
    CatalogGone,
    /// Another file is there.
    #[error(
        "another file is in the place of the catalog: put the former one back, or start the server again to use this one"
    )]
    CatalogReplaced,
    /// The files beside the catalog in which SQLite keeps the newest changes.
    #[error(
        "the files of the catalog's newest changes were removed: end the server, which saves what they held, and start it again"
    )]
    LogGone,
}

impl Loss {
    /// A short name of it, for programs.
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
