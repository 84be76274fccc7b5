//! Disk space that a run keeps free, so that it can clean up after itself when the disk is full.

use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The size of the reserve: the log of a few transactions that delete what was staged.
const BYTES: usize = 1 << 20;
/// A disk with less free space than this many times the reserve needs all of it.
const LEAST_TIMES: u64 = 4;

/// An unnamed file that takes up space until it is dropped. It vanishes with its process.
#[derive(Debug)]
pub(crate) struct Reserve {
    _file: File,
}

impl Reserve {
    /// Takes up space in a folder; `None` if there is too little, or if it cannot be written.
    pub(crate) fn in_folder(folder: &Path) -> Option<Reserve> {
        static PIECE: [u8; 64 << 10] = [0x5a; 64 << 10];
        if free_bytes(folder).is_some_and(|free| free < LEAST_TIMES * BYTES as u64) {
            return None;
        }
        let mut file = tempfile::tempfile_in(folder).ok()?;
        (0..BYTES / PIECE.len()).try_for_each(|_| file.write_all(&PIECE)).ok()?;
        Some(Reserve { _file: file })
    }
}

/// How much this user may still write; `None` where the system does not say.
#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
