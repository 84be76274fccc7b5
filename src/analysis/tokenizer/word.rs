//! A word of a text.

use std::borrow::Cow;
use std::ops::Range;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its normal form, see [`normalize`](crate::analysis::normalize).
    pub text: Cow<'a, str>,
    /// Its byte range in the text.
    pub bytes: Range<usize>,
    /// Its ordinal in the text. The parts of a compound have consecutive positions; the compound
    /// itself has the position of its first part.
    pub position: u32,
    /// How many positions it spans: 1 for a plain word, more for a compound, 0 for an additional
    /// term (a pair of letters inside a script without spaces, or the part before an apostrophe).
    pub span: u32,
    /// Whether a hyphen that joins nothing precedes it: `-al` in `ls -al`. A query would read that
    /// hyphen as an exclusion; this flag lets an exact phrase match it.
    pub is_dashed: bool,
}
