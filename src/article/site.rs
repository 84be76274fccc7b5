//! What a site says about its articles.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::kind::Kinds;
use super::own_fields::OwnFields;

/// What a site says about its articles: what parsing them needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its time zone, see [`Moment::parse_in`](super::Moment::parse_in).
    pub time_zone: Option<&'a TimeZone>,
    /// Its kinds.
    pub kinds: &'a Kinds,
    /// The fields of its own.
    pub fields: &'a OwnFields,
}

impl Default for Site<'_> {
    /// A site without a time zone and without fields of its own, with the built-in kinds.
    fn default() -> Self {
        static KINDS: LazyLock<Kinds> = LazyLock::new(Kinds::default);
        static FIELDS: LazyLock<OwnFields> = LazyLock::new(OwnFields::default);
        Site { time_zone: None, kinds: &KINDS, fields: &FIELDS }
    }
}
