//! Atomic replacement of files: after a crash, a file has either its former or its new content.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::crash_point;

/// Replaces the content of a file, atomically and durably.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.join(format!(".{name}.new"));
    let mut file = File::create(&aside)?;
    file.write_all(content)?;
    crash_point!("durable:before-sync");
    file.sync_all()?;
    crash_point!("durable:before-rename");
    fs::rename(&aside, path)?;
    crash_point!("durable:after-rename");
    File::open(folder)?.sync_all()
}
