//! Which source a place is: another kind of source gets its place here.

use std::path::Path;

use super::Source;
use super::files::FileSource;

/// The source at a place that the configuration names.
pub fn open(path: &Path) -> Box<dyn Source> {
    Box::new(FileSource::new(path))
}
