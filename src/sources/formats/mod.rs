//! File formats: each parses bytes into records and does not depend on sources.

pub(crate) mod front_matter;
pub(crate) mod json_lines;
pub(crate) mod markdown;
pub mod page_dump;
