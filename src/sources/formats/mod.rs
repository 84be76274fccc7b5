//! Formats of files: each turns bytes into records and knows nothing of sources.

pub(crate) mod json_lines;
pub(crate) mod markdown;
pub mod page_dump;
