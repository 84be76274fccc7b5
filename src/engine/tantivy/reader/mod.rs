//! One state of a generation, opened for reading: columns, postings, statistics.

pub(crate) mod articles;
pub(crate) mod body;
pub(crate) mod completion_top_k;
pub(crate) mod contents;
pub(crate) mod facet_values;
pub(crate) mod neighbours;
pub(crate) mod phrase_match;
pub(crate) mod prefix_terms;
pub(crate) mod segment;
pub(crate) mod snapshot;
pub(crate) mod surface_form;
pub(crate) mod term_stats;
pub(crate) mod work_index;
