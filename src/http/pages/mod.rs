//! The pages for readers: HTML from the server, whole without a script.

mod asked;
mod card;
mod dressing;
mod facets;
mod layout;
mod notice;
mod reader;
mod related;
mod results;
mod welcome;

pub(super) use dressing::dress;
pub(super) use related::{PATH as BLOCK_PATH, related};
pub(super) use results::results;
pub(super) use welcome::welcome;

// What `routes!` makes of the annotations.
pub(super) use related::__path_related;
pub(super) use results::__path_results;
pub(super) use welcome::__path_welcome;
