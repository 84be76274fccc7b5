//! The report of a reindex, and its progress.

use serde::{Deserialize, Serialize};

use super::publish_gate::Verdict;
use crate::sources::PassedOver;

/// A record that is not in the index, not whole or doubtful, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The file below its source.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The record's id, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong.
    pub reason: String,
}

/// A field that records have, and what it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldCount {
    /// The field's name, as it is written.
    pub name: String,
    /// How many of the articles that were read have it.
    pub articles: u64,
    /// The file of the first of them, below its source.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The id.
    pub id: String,
}

/// What a run found in one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source's name.
    pub source: String,
    /// Articles that it did not have before.
    pub added: u64,
    /// Articles that say something else than before.
    pub changed: u64,
    /// Articles that say the same, read or not.
    pub unchanged: u64,
    /// Articles that vanished.
    pub deleted: u64,
    /// Records that are no articles.
    pub rejected: u64,
    /// Records that cannot be told by an id, and parts that were not read to their end: any article of
    /// the source may be there.
    #[serde(default)]
    pub unread: u64,
    /// Articles that stay as they were, because what the source has of them now cannot be read, or
    /// because they are missing and it was not read whole.
    #[serde(default)]
    pub kept: u64,
    /// The first thousand of the rejected records.
    pub rejections: Vec<Rejected>,
    /// Articles with a field that could not be understood and was left out, told again until it is
    /// mended, and articles whose text contradicts their declared language, told when their file
    /// is read; works with too many versions, told again until they have fewer; the first thousand.
    pub flaws: Vec<Rejected>,
    /// Articles, of those that were read, that readers may see and that have no address: nothing can
    /// link to them.
    #[serde(default)]
    pub without_address: u64,
    /// Fields that no article has; they are left out.
    #[serde(default)]
    pub unknown_fields: Vec<FieldCount>,
    /// Marks of other tools by which articles are stored and not shown, and the dates by which they are not
    /// shown now: `published_at` is to come, or `expires_at` is past.
    #[serde(default)]
    pub held_back: Vec<FieldCount>,
    /// Articles that another source has too: the first source in the configuration wins.
    pub shared_ids: Vec<String>,
    /// What was not read on purpose, once for each reason.
    #[serde(default)]
    pub passed_over: Vec<PassedOver>,
    /// Why the source could not be read at all; what it held stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It was only tried: nothing was changed.
    #[default]
    Tried,
    /// What it found is answered.
    Accepted,
    /// The gate refused it: it stays staged until it is accepted or the next run takes its place,
    /// and what was answered before is answered on.
    Waiting,
}

/// What a reindex did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The run's number.
    pub run: i64,
    /// Whether everything was read anew.
    pub full: bool,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What became of it.
    pub outcome: RunOutcome,
    /// What the gate found; of a run that was accepted all the same, too.
    pub gate: Verdict,
    /// What to run about a run that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What was found in each source.
    pub sources: Vec<SourceReport>,
    /// Sources that the configuration does not name and whose articles stay until `--prune`.
    pub unconfigured: Vec<String>,
    /// Sources that were pruned.
    pub pruned: Vec<String>,
    /// Groups of words that stand for each other.
    pub synonym_groups: usize,
    /// Why the synonyms could not be read; the former ones stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synonyms_failed: Option<String>,
    /// Articles that are answered differently now.
    pub changes: u64,
    /// The generation that was built, published or waiting with the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The state that is answered from, when it was published before the command ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_version: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

impl Report {
    /// Whether all sources and the synonyms could be read.
    pub fn is_complete(&self) -> bool {
        self.synonyms_failed.is_none() && self.sources.iter().all(|source| source.failed.is_none())
    }

    /// Whether all articles are as the sources have them now.
    pub fn is_whole(&self) -> bool {
        self.is_complete() && self.sources.iter().all(|source| source.kept == 0)
    }

    /// Whether the gate refuses the run, or would refuse it after a trial run.
    pub fn is_refused(&self) -> bool {
        self.outcome != RunOutcome::Accepted && !self.gate.refusals.is_empty()
    }

    /// The number of articles in all sources after the run.
    pub fn articles(&self) -> u64 {
        self.sources.iter().map(|source| source.added + source.changed + source.unchanged).sum()
    }
}

/// Receives the progress of a reindex.
pub trait Progress {
    /// A source is being read; `records` counts the records so far.
    fn reading(&self, source: &str, records: u64);
    /// A generation is being built; `articles` counts the articles so far.
    fn building(&self, articles: u64);
}
