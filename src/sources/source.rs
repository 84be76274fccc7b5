//! What a source of articles is, for whoever takes up what it has.
//!
//! A source consists of parts, each of which is read as a whole. It tells a [`Sink`] all parts that
//! it has, then the records of those that the sink wants. Every call returns once what was told is
//! taken up: a source is never ahead of its sink by more than it holds itself.

use std::io;

use anyhow::Result;

use super::Record;

/// A place that articles come from.
pub trait Source {
    /// Tells a sink what there is now, or what has changed.
    ///
    /// # Errors
    ///
    /// Those of the sink. What is wrong with the source itself is a [`Reading`].
    fn read(&self, sink: &mut dyn Sink) -> Result<Reading>;
}

/// What takes up what a source has; it knows what was read of it before.
pub trait Sink {
    /// What the source kept when it was read last, opaque to everybody else; `None` where all is to be
    /// read anew.
    fn state(&mut self) -> Result<Option<String>>;

    /// Keeps something for the next reading, if this one is accepted.
    fn keep_state(&mut self, state: &str) -> Result<()>;

    /// Something is wrong with a part, or with what could be one.
    fn problem(&mut self, problem: PartProblem) -> Result<()>;

    /// A part is there; whether it is to be read. All parts are told before the first event, in the
    /// order of their names: of two records with one id, that of the first part is taken.
    fn wants(&mut self, part: &Part) -> Result<bool>;

    /// Something happened in reading.
    fn take(&mut self, event: Event<'_>) -> Result<()>;
}

/// What is read as a whole: a file, a page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name below the source, with `/` between levels.
    pub name: String,
    /// What changes when the part does; `None` where that cannot be told, so that it is read every
    /// time.
    pub fingerprint: Option<String>,
    /// Whether it is one article, whatever its id.
    pub is_one_article: bool,
}

/// Something in a source that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartProblem {
    /// Where, as far as is known.
    pub part: String,
    /// What is wrong, in words.
    pub reason: String,
    /// Whether articles may be there that could not be looked at: what is known of them stays.
    pub is_unseen: bool,
}

/// What happens while a source is read.
#[derive(Debug)]
pub enum Event<'p> {
    /// A record was read, at a line of a part.
    Record(&'p Part, u64, Record),
    /// The article with an id is gone.
    Deleted(&'p str),
    /// A part was read, to its end or not.
    End(&'p Part, io::Result<()>),
    /// Nothing has come for a moment, and what is next may take any time.
    Quiet,
}

/// How a reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// All parts were told: what stands in none of them is gone.
    Whole,
    /// What has changed was told: everything else stays.
    Changes,
    /// It broke off, for a reason: everything stays that was not told.
    Failed(String),
}
