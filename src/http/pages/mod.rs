//! The pages for readers: HTML from the server, which works without scripts.

pub(crate) mod card;
pub(crate) mod facets;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod locale;
pub(crate) mod recovery_notice;
pub(crate) mod related;
pub(crate) mod results;
pub(crate) mod search_url;
pub(crate) mod welcome;

pub(crate) use self::related::related;
pub(crate) use self::results::results;
pub(crate) use self::welcome::welcome;

// Items that `routes!` generates from the annotations.
pub(crate) use self::related::__path_related;
pub(crate) use self::results::__path_results;
pub(crate) use self::welcome::__path_welcome;
