//! What a site says about its articles.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::kind::Kinds;

/// What a site says about its articles: what parsing them needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its time zone, see [`Moment::parse_in`](super::Moment::parse_in).
    pub time_zone: Option<&'a TimeZone>,
    /// Its kinds.
    pub kinds: &'a Kinds,
}

impl Default for Site<'_> {
    /// A site without a time zone, with the built-in kinds.
    fn default() -> Self {
        static BUILT_IN: LazyLock<Kinds> = LazyLock::new(Kinds::default);
        Site { time_zone: None, kinds: &BUILT_IN }
    }
}
