//! Lists the files of a source recursively.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ignore::WalkBuilder;

use crate::sources::{Format, Part, PartProblem};

/// A file with articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its part of the source. It has no fingerprint if the file changed so recently that another
    /// change could go unnoticed.
    pub part: Part,
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
}

impl FoundFile {
    /// The name without its extension: the id of an article that has none.
    pub fn stem(&self) -> &str {
        let name = &self.part.name;
        name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem)
    }
}

/// The version of the file parsers: files read with an older version are read again.
const READER_VERSION: u32 = 3;

/// A file that changed more recently than this could change again without a different timestamp.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// Lists the files of a folder sorted by name, or the single file that `root` is.
///
/// Skips hidden files and those matched by a `.ficheroignore` (same syntax as `.gitignore`).
/// Follows symbolic links; a loop of links is reported as a problem and does not stop the walk.
pub fn list(root: &Path) -> (Vec<FoundFile>, Vec<PartProblem>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(true)
        .add_custom_ignore_filename(".ficheroignore")
        .follow_links(true)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                problems.push(walk_problem(root, &error));
                continue;
            }
        };
        let path = entry.path();
        let Some(format) = Format::of(path).filter(|_| entry.file_type().is_some_and(|kind| kind.is_file())) else {
            continue;
        };
        let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
        let name = below.or(path.file_name().map(Path::new)).and_then(Path::to_str);
        let Some(name) = name else {
            let reason = "the file's name is not UTF-8".to_owned();
            problems.push(PartProblem { part: display(path), reason, is_unseen: false });
            continue;
        };
        match entry.metadata() {
            Ok(metadata) => files.push(FoundFile {
                part: Part {
                    name: name.replace('\\', "/"),
                    fingerprint: fingerprint(&metadata),
                    is_one_article: format != Format::JsonLines,
                },
                path: path.to_owned(),
                format,
            }),
            Err(error) => problems.push(PartProblem {
                part: name.replace('\\', "/"),
                reason: error.to_string(),
                is_unseen: error.io_error().is_none_or(|error| error.kind() != ErrorKind::NotFound),
            }),
        }
    }
    files.sort_by(|a, b| a.part.name.cmp(&b.part.name));
    (files, problems)
}

/// Converts an error of the walk to a problem, with the path relative to the root where possible. A
/// dangling link or a loop hides no article; a folder that the system refuses to list may.
fn walk_problem(root: &Path, error: &ignore::Error) -> PartProblem {
    let at = path_of(error).unwrap_or(root);
    let below = at.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let is_unseen = error.io_error().is_some_and(|error| error.kind() != ErrorKind::NotFound);
    PartProblem { part: display(below.unwrap_or(at)).replace('\\', "/"), reason: error.to_string(), is_unseen }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    // The change time of the inode also shows a copy that keeps the old modification time, and a
    // rename over the file.
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    Some(UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

fn fingerprint(metadata: &Metadata) -> Option<String> {
    let changed = changed_at(metadata)?;
    let modified = metadata.modified().ok()?;
    let newest = changed.max(modified);
    if SystemTime::now().duration_since(newest).is_ok_and(|age| age < SETTLED_AFTER) {
        return None;
    }
    let nanoseconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map(|since| since.as_nanos()).unwrap_or(0);
    Some(format!("{READER_VERSION}:{}:{}:{}", metadata.len(), nanoseconds(modified), nanoseconds(changed)))
}
