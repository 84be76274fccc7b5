//! Files as a source.

pub(crate) mod ignore_file;
mod passed_over;
pub(crate) mod reader;
pub(crate) mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use self::reader::read_files;
use self::walk::{FoundFile, Listing, list};
use crate::owner;
use crate::sources::{Format, PartProblem, Reading, ReadingRules, Sink, SiteProfile, Source, profile_of};

/// A folder of files, or one file.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    rules: ReadingRules,
}

impl FileSource {
    /// The files at a path, whose records are read by these rules.
    pub fn new(path: &Path, rules: ReadingRules) -> FileSource {
        FileSource { path: path.to_owned(), rules }
    }
}

impl Source for FileSource {
    fn read(&self, sink: &mut dyn Sink) -> Result<Reading> {
        let at = self.path.display();
        let is_folder = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.is_dir(),
            Err(error) => return Ok(Reading::Failed(format!("{at}: {}", owner::explained(&self.path, &error)))),
        };
        if !is_folder && Format::of(&self.path).is_none() {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy();
            return Ok(Reading::Failed(format!("{at}: {}", passed_over::without_articles(&name))));
        }
        let Listing { mut files, problems, passed_over } = list(&self.path);
        if let Some(root) = problems.iter().find(|problem| problem.is_unseen && Path::new(&problem.part) == self.path) {
            return Ok(Reading::Failed(format!("{at}: {}", root.reason)));
        }
        if files.is_empty() && problems.is_empty() {
            let reason = "no .md, .jsonl, .ndjson or .txt file in it that is read".to_owned();
            sink.problem(PartProblem { part: at.to_string(), reason, is_unseen: false })?;
        }
        for problem in problems {
            sink.problem(problem)?;
        }
        for passed_over in passed_over {
            sink.passed_over(passed_over)?;
        }
        let rules = self.rules.fingerprint();
        for file in &mut files {
            // A file that was read by other rules is read again.
            file.part.fingerprint = file.part.fingerprint.take().map(|fingerprint| format!("{fingerprint}{rules}"));
        }
        let profile = profile(sink, &files)?;
        let mut wanted = Vec::new();
        for file in files {
            if sink.wants(&file.part)? {
                wanted.push(file);
            }
        }
        read_files(&wanted, &profile, &self.rules, |event| sink.take(event))?;
        Ok(Reading::Whole)
    }
}

/// The boilerplate profile of the page dumps: the saved one, or a new one from all pages if none is
/// saved or everything is read again.
fn profile(sink: &mut dyn Sink, files: &[FoundFile]) -> Result<SiteProfile> {
    if let Some(kept) = sink.state()?.and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(kept);
    }
    let profile = profile_of(files);
    if files.iter().any(|file| file.format == Format::PageDump) {
        sink.keep_state(&serde_json::to_string(&profile)?)?;
    }
    Ok(profile)
}
