//! Stages the records of a source and reports what was found.

use std::collections::HashSet;
use std::io;

use anyhow::Result;

use super::report::{FieldCount, Progress, Rejected, SourceReport};
use crate::article::{Article, ArticleProblem, composed, is_visible_at};
use crate::sources::{Event, Part, PartProblem, PassedOver, Reading, Record, Rejection, Sink};
use crate::storage::catalog::stage::{Stage, Staged};

/// How many rejections a report lists by name; the rest are counted.
const MAX_LISTED: usize = 1_000;

/// How many fields a report counts by name.
const MAX_FIELDS: usize = 100;

/// Receives the records of one source and stages them.
pub(crate) struct Intake<'r, 'c> {
    stage: Stage<'c>,
    report: &'r mut SourceReport,
    progress: &'r dyn Progress,
    /// The state that the source saved when it was read last; `None` if everything is read again.
    state: Option<String>,
    /// Whether unchanged parts are read too.
    is_full: bool,
    /// Whether articles that are missing are deleted even if the source was not read whole.
    prune: bool,
    /// Whether an event was received already.
    has_begun: bool,
    /// The parts that lost an article id to another part.
    displaced: HashSet<String>,
    /// The articles that the source reported as deleted.
    deleted: HashSet<String>,
    /// How often something could not be read that may hold any article of the source: a record without
    /// an id, the rest of a part.
    unread: u64,
    /// Whether a record of the current part was received.
    has_records: bool,
    /// The number of rejected records before the current part.
    rejected_before: u64,
    /// Whether an article of the current part lost a field of its record.
    has_losses: bool,
}

impl<'r, 'c> Intake<'r, 'c> {
    pub(crate) fn new(
        stage: Stage<'c>,
        report: &'r mut SourceReport,
        progress: &'r dyn Progress,
        state: Option<String>,
        is_full: bool,
        prune: bool,
    ) -> Intake<'r, 'c> {
        let (displaced, deleted) = (HashSet::new(), HashSet::new());
        let has_begun = false;
        Intake {
            stage,
            report,
            progress,
            state,
            is_full,
            prune,
            has_begun,
            displaced,
            deleted,
            unread: 0,
            has_records: false,
            rejected_before: 0,
            has_losses: false,
        }
    }

    /// Stages the deletion of lost documents, at the end of a reading. What is missing may be in what could
    /// not be read: then it stays until all can be read.
    pub(crate) fn finish(mut self, reading: Reading) -> Result<()> {
        self.begin()?;
        let is_whole = reading == Reading::Whole && (self.unread == 0 || self.prune);
        if !is_whole {
            self.stage.keep_all()?;
            for id in &self.deleted {
                self.report.deleted += self.stage.remove(id)?;
            }
        }
        if reading == Reading::Whole {
            self.report.unread = self.unread;
            self.report.kept = self.stage.count_kept()?;
            if self.report.kept > 0 {
                tracing::warn!(kept = self.report.kept, "articles stay whose records cannot be read");
            }
        }
        if let Reading::Failed(reason) = reading {
            tracing::error!(reason, "a source cannot be read");
            self.report.failed = Some(format!("{reason}; what it held stays"));
        }
        self.report.deleted += self.stage.finish(is_whole)?;
        if self.report.without_address > 0 {
            let articles = self.report.without_address;
            tracing::warn!(articles, "articles have no address, so that nothing can link to them");
        }
        Ok(())
    }

    /// Counts the articles of the parts that are not read, before the first event.
    fn begin(&mut self) -> Result<()> {
        if !self.has_begun {
            self.has_begun = true;
            self.report.unchanged = self.stage.count_in_unread_files()?;
            self.rejected_before = self.report.rejected;
        }
        Ok(())
    }

    fn article(&mut self, part: &Part, line: u64, article: &Article, flaws: Vec<ArticleProblem>) -> Result<()> {
        for flaw in flaws {
            self.has_losses |= flaw.is_loss();
            match &flaw {
                ArticleProblem::UnknownField(name) => {
                    count_field(&mut self.report.unknown_fields, name, part, line, &article.id);
                    continue;
                }
                ArticleProblem::NotPublic { field, .. } => {
                    count_field(&mut self.report.held_back, field, part, line, &article.id);
                }
                _ => {}
            }
            note_flaw(self.report, &part.name, Some(line), &article.id, flaw.to_string());
        }
        if let Some(field) = dated_out(article) {
            count_field(&mut self.report.held_back, field, part, line, &article.id);
        }
        let (staged, neighbours) = self.stage.put(&part.name, article)?;
        let is_kept = !matches!(staged, Staged::Duplicate { .. });
        self.report.without_address += u64::from(is_kept && article.url.is_none() && !article.hidden);
        self.deleted.remove(&article.id);
        match staged {
            Staged::Added => self.report.added += 1,
            Staged::Changed => self.report.changed += 1,
            Staged::Unchanged => self.report.unchanged += 1,
            Staged::Duplicate { kept_in } => {
                let reason = format!("duplicate id, kept from {kept_in}");
                reject(self.report, &part.name, Rejection { line: Some(line), id: Some(article.id.clone()), reason });
            }
        }
        if let Some(other) = neighbours.displaced_file {
            self.report.unchanged = self.report.unchanged.saturating_sub(1);
            let reason = format!("duplicate id, kept from {}", part.name);
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

    fn rejected(&mut self, part: &Part, rejection: Rejection) -> Result<()> {
        if let Some(id) = &rejection.id {
            self.stage.keep(&composed(id))?;
        }
        if part.is_one_article {
            // Keep the part's only article: its id may be the field that cannot be read.
            self.stage.keep_file(&part.name)?;
        } else if rejection.id.as_ref().is_none_or(|id| id.trim().is_empty()) {
            self.unread += 1;
        }
        reject(self.report, &part.name, rejection);
        Ok(())
    }

    fn end(&mut self, part: &Part, read: io::Result<()>) -> Result<()> {
        let is_emptied = read.is_ok() && !std::mem::take(&mut self.has_records) && !part.is_one_article;
        if is_emptied && self.stage.has_articles_in(&part.name)? {
            self.unread += 1;
            let reason = "nothing is in it any more: what was in it stays until there is, or until --prune".to_owned();
            reject(self.report, &part.name, Rejection { line: None, id: None, reason });
        }
        let is_whole = self.report.rejected == self.rejected_before && !self.has_losses;
        if let Err(error) = read {
            self.unread += u64::from(!part.is_one_article);
            self.stage.keep_file(&part.name)?;
            self.stage.forget_file(&part.name)?;
            let reason = format!("{error}; what was read of it before stays");
            reject(self.report, &part.name, Rejection { line: None, id: None, reason });
        } else if let Some(fingerprint) =
            part.fingerprint.as_ref().filter(|_| is_whole && !self.displaced.contains(&part.name))
        {
            self.stage.file_done(&part.name, fingerprint)?;
        } else {
            // Read and report the part again until its problems are fixed.
            self.stage.forget_file(&part.name)?;
        }
        (self.rejected_before, self.has_losses) = (self.report.rejected, false);
        Ok(())
    }
}

impl Sink for Intake<'_, '_> {
    fn state(&mut self) -> Result<Option<String>> {
        Ok(self.state.clone())
    }

    fn keep_state(&mut self, state: &str) -> Result<()> {
        Ok(self.stage.set_profile(state)?)
    }

    fn problem(&mut self, problem: PartProblem) -> Result<()> {
        if problem.is_unseen {
            self.stage.keep_below(&problem.part)?;
        }
        reject(self.report, &problem.part, Rejection { line: None, id: None, reason: problem.reason });
        Ok(())
    }

    fn passed_over(&mut self, passed_over: PassedOver) -> Result<()> {
        let PassedOver { reason, count, first, .. } = &passed_over;
        tracing::info!(reason, count, first, "passed over");
        self.report.passed_over.push(passed_over);
        Ok(())
    }

    fn wants(&mut self, part: &Part) -> Result<bool> {
        let is_unchanged = match &part.fingerprint {
            Some(fingerprint) if !self.is_full => self.stage.is_unchanged(&part.name, fingerprint)?,
            _ => false,
        };
        self.stage.list_file(&part.name, !is_unchanged)?;
        Ok(!is_unchanged)
    }

    fn take(&mut self, event: Event<'_>) -> Result<()> {
        self.begin()?;
        self.has_records |= matches!(event, Event::Record(..));
        match event {
            Event::Record(part, line, Record::Article(article, flaws)) => self.article(part, line, &article, flaws),
            Event::Record(part, _, Record::Rejected(rejection)) => self.rejected(part, rejection),
            Event::Deleted(id) => {
                self.deleted.insert(composed(id).into_owned());
                Ok(())
            }
            Event::End(part, read) => self.end(part, read),
            Event::Quiet => Ok(self.stage.pause()?),
        }
    }
}

/// The target of log lines about single records; commands print these in their report instead.
const RECORDS: &str = "fichero-records";

/// The date by which readers do not see an article now, unless a mark hides it anyway.
fn dated_out(article: &Article) -> Option<&'static str> {
    let now_s = jiff::Timestamp::now().as_second();
    let is_shown = |published, expires| is_visible_at(now_s, article.hidden, published, expires);
    if !is_shown(None, None) {
        None
    } else if !is_shown(article.published_at.as_ref(), None) {
        Some("published_at")
    } else if !is_shown(None, article.expires_at.as_ref()) {
        Some("expires_at")
    } else {
        None
    }
}

fn count_field(counts: &mut Vec<FieldCount>, name: &str, part: &Part, line: u64, id: &str) {
    let is_full = counts.len() >= MAX_FIELDS;
    match counts.iter_mut().find(|count| count.name == name) {
        Some(count) => count.articles += 1,
        None if !is_full => {
            counts.push(FieldCount {
                name: name.to_owned(),
                articles: 1,
                file: part.name.clone(),
                line,
                id: id.to_owned(),
            });
        }
        None => {}
    }
}

pub(crate) fn note_flaw(report: &mut SourceReport, file: &str, line: Option<u64>, id: &str, reason: String) {
    tracing::warn!(target: RECORDS, file, line, id, reason, "an article has a flaw");
    if report.flaws.len() < MAX_LISTED {
        report.flaws.push(Rejected { file: file.to_owned(), line, id: Some(id.to_owned()), reason });
    }
}

pub(crate) fn reject(report: &mut SourceReport, file: &str, rejection: Rejection) {
    tracing::warn!(target: RECORDS, file, line = rejection.line, id = rejection.id, reason = rejection.reason, "rejected a record");
    report.rejected += 1;
    if report.rejections.len() < MAX_LISTED {
        let Rejection { line, id, reason } = rejection;
        report.rejections.push(Rejected { file: file.to_owned(), line, id, reason });
    }
}
