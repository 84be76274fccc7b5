//! Chooses the source implementation for a configured path. Add new kinds of sources here.

use std::path::Path;

use super::Source;
use super::files::FileSource;

/// Opens the source at a configured path.
pub fn open(path: &Path) -> Box<dyn Source> {
    Box::new(FileSource::new(path))
}
