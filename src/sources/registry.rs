//! Chooses the source implementation for a configured path. Add new kinds of sources here.

use std::path::Path;

use super::files::FileSource;
use super::{ReadingRules, Source};

/// Opens the source at a configured path, whose records are read by these rules.
pub fn open(path: &Path, rules: ReadingRules) -> Box<dyn Source> {
    Box::new(FileSource::new(path, rules))
}
