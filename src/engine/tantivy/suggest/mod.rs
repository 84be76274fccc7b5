//! Suggestions from the index.

pub(crate) mod completions;
pub(crate) mod title_prefix;
