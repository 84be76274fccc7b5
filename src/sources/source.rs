//! The trait for sources of articles, and the interface through which they report what they read.
//!
//! A source consists of parts, each read as a whole. It first reports all its parts to a [`Sink`],
//! then the records of those parts that the sink wants. Every call returns once the sink has
//! processed it, so a source reads ahead by no more than its own buffer.

use std::io;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Record;

/// A source of articles.
pub trait Source {
    /// Reports the current content, or the changes, to a sink.
    ///
    /// # Errors
    ///
    /// Only errors of the sink. Problems of the source itself are reported as a [`Reading`].
    fn read(&self, sink: &mut dyn Sink) -> Result<Reading>;
}

/// Receives what a source reads, and knows what was read before.
pub trait Sink {
    /// The state that the source saved in its last reading; opaque to the sink. `None` if
    /// everything must be read again.
    fn state(&mut self) -> Result<Option<String>>;

    /// Saves the state for the next reading. It takes effect only if this run is accepted.
    fn keep_state(&mut self, state: &str) -> Result<()>;

    /// Reports a problem with a part, or with something that may be one.
    fn problem(&mut self, problem: PartProblem) -> Result<()>;

    /// Reports what the source passes over on purpose, once for each reason.
    fn passed_over(&mut self, passed_over: PassedOver) -> Result<()>;

    /// Reports a part; returns whether to read it. A source reports all parts before the first
    /// event, sorted by name: of two records with the same id, the record in the first part is
    /// used.
    fn wants(&mut self, part: &Part) -> Result<bool>;

    /// Receives an event of the reading.
    fn take(&mut self, event: Event<'_>) -> Result<()>;
}

/// A unit that is read as a whole: a file, or a page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name below the source, with `/` between levels, [composed](crate::article::composed).
    pub name: String,
    /// A value that changes whenever the part changes; `None` if there is none, so that the part is
    /// read every time.
    pub fingerprint: Option<String>,
    /// Whether the part always contains exactly one article.
    pub is_one_article: bool,
}

/// A problem with a part of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartProblem {
    /// Its location, as far as it is known.
    pub part: String,
    /// The problem, as text.
    pub reason: String,
    /// Whether unread articles may exist there: the stored ones are then kept.
    pub is_unseen: bool,
}

/// What a source does not read on purpose, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The reason, as a name for programs: `format`, `packages`.
    pub reason: String,
    /// What it is, in words that follow the count.
    pub what: String,
    /// How many files or folders; a folder counts once, whatever is in it.
    pub count: u64,
    /// The first of them by name.
    pub first: String,
    /// What to do if it should be read; may be empty.
    pub remedy: String,
}

/// An event while a source is read.
#[derive(Debug)]
pub enum Event<'p> {
    /// A record was read, at this line of a part.
    Record(&'p Part, u64, Record),
    /// The article with this id was deleted.
    Deleted(&'p str),
    /// The end of a part, or the error that ended it early.
    End(&'p Part, io::Result<()>),
    /// The source has been idle for a moment, and the next event may take any time.
    Quiet,
}

/// How a reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// All parts were reported: articles in none of them are deleted.
    Whole,
    /// Only changes were reported: everything else stays.
    Changes,
    /// Reading failed, for this reason: everything that was not reported stays.
    Failed(String),
}
