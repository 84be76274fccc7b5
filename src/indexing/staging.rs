//! What is read of a source's files, on its way into the stage and the report.

use std::collections::HashSet;
use std::io;

use anyhow::Result;

use super::report::{Progress, Rejected, SourceReport};
use crate::article::{Article, ArticleProblem};
use crate::sources::{Event, Format, FoundFile, Record, Rejection};
use crate::storage::catalog::stage::{Stage, Staged};

/// How many rejections a report lists by name; the rest are counted.
const MAX_LISTED: usize = 1_000;

/// Takes up what is read of the files of one source, one file after the other.
pub(crate) struct Intake<'r, 'c> {
    stage: &'r mut Stage<'c>,
    report: &'r mut SourceReport,
    progress: &'r dyn Progress,
    /// The files that an article was taken from by another file.
    displaced: HashSet<String>,
    /// How many records were rejected before the file at hand.
    rejected_before: u64,
    /// Whether an article of the file at hand lacks a part that its record has.
    has_losses: bool,
}

impl<'r, 'c> Intake<'r, 'c> {
    pub(crate) fn new(
        stage: &'r mut Stage<'c>,
        report: &'r mut SourceReport,
        progress: &'r dyn Progress,
    ) -> Intake<'r, 'c> {
        let rejected_before = report.rejected;
        Intake { stage, report, progress, displaced: HashSet::new(), rejected_before, has_losses: false }
    }

    pub(crate) fn take(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Record(file, line, Record::Article(article, flaws)) => self.article(file, line, &article, flaws),
            Event::Record(file, _, Record::Rejected(rejection)) => self.rejected(file, rejection),
            Event::End(file, read) => self.end(file, read),
            Event::Quiet => Ok(self.stage.pause()?),
        }
    }

    fn article(&mut self, file: &FoundFile, line: u64, article: &Article, flaws: Vec<ArticleProblem>) -> Result<()> {
        for flaw in flaws {
            self.has_losses |= flaw.is_loss();
            note_flaw(self.report, &file.name, Some(line), &article.id, flaw.to_string());
        }
        let (staged, neighbours) = self.stage.put(&file.name, article)?;
        match staged {
            Staged::Added => self.report.added += 1,
            Staged::Changed => self.report.changed += 1,
            Staged::Unchanged => self.report.unchanged += 1,
            Staged::Duplicate { kept_in } => {
                let reason = format!("duplicate id, kept from {kept_in}");
                reject(self.report, &file.name, Rejection { line: Some(line), id: Some(article.id.clone()), reason });
            }
        }
        if let Some(other) = neighbours.displaced_file {
            self.report.unchanged = self.report.unchanged.saturating_sub(1);
            let reason = format!("duplicate id, kept from {}", file.name);
            reject(self.report, &other, Rejection { line: None, id: Some(article.id.clone()), reason });
            self.displaced.insert(other);
        }
        if let Some(other) = neighbours.other_source
            && self.report.shared_ids.len() < MAX_LISTED
        {
            self.report.shared_ids.push(format!("{} (also in {other})", article.id));
        }
        let SourceReport { source, added, changed, unchanged, .. } = &self.report;
        self.progress.reading(source, added + changed + unchanged);
        Ok(())
    }

    fn rejected(&mut self, file: &FoundFile, rejection: Rejection) -> Result<()> {
        if let Some(id) = &rejection.id {
            self.stage.keep(id)?;
        }
        if file.format != Format::JsonLines {
            // The one article of the file, whatever its id was.
            self.stage.keep_file(&file.name)?;
        }
        reject(self.report, &file.name, rejection);
        Ok(())
    }

    fn end(&mut self, file: &FoundFile, read: io::Result<()>) -> Result<()> {
        let is_whole = self.report.rejected == self.rejected_before && !self.has_losses;
        if let Err(error) = read {
            self.stage.keep_file(&file.name)?;
            self.stage.forget_file(&file.name)?;
            let reason = format!("{error}; what was read of it before stays");
            reject(self.report, &file.name, Rejection { line: None, id: None, reason });
        } else if let Some(fingerprint) =
            file.fingerprint.as_ref().filter(|_| is_whole && !self.displaced.contains(&file.name))
        {
            self.stage.file_done(&file.name, fingerprint)?;
        } else {
            // Reported again, and read again, until it is mended.
            self.stage.forget_file(&file.name)?;
        }
        (self.rejected_before, self.has_losses) = (self.report.rejected, false);
        Ok(())
    }
}

pub(crate) fn note_flaw(report: &mut SourceReport, file: &str, line: Option<u64>, id: &str, reason: String) {
    tracing::warn!(file, line, id, reason, "an article has a flaw");
    if report.flaws.len() < MAX_LISTED {
        report.flaws.push(Rejected { file: file.to_owned(), line, id: Some(id.to_owned()), reason });
    }
}

pub(crate) fn reject(report: &mut SourceReport, file: &str, rejection: Rejection) {
    tracing::warn!(file, line = rejection.line, id = rejection.id, reason = rejection.reason, "rejected a record");
    report.rejected += 1;
    if report.rejections.len() < MAX_LISTED {
        let Rejection { line, id, reason } = rejection;
        report.rejections.push(Rejected { file: file.to_owned(), line, id, reason });
    }
}
