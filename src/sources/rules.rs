//! What a site's configuration says about how its records are read.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::article::{Article, ArticleProblem};

/// The rules by which the records of a source become articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadingRules {
    /// The site's time zone, see [`Moment::parse_in`](crate::article::Moment::parse_in).
    pub time_zone: Option<TimeZone>,
}

impl ReadingRules {
    /// Parses an article from the fields of a record, see [`Article::from_fields`].
    pub(crate) fn article(
        &self,
        fields: &Map<String, Value>,
    ) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        self.partly_plain_article(fields, &[])
    }

    /// Like [`ReadingRules::article`], for a record in which the fields of these names are plain text.
    pub(crate) fn partly_plain_article(
        &self,
        fields: &Map<String, Value>,
        plain: &[&str],
    ) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        Article::from_fields_in(fields, plain, self.time_zone.as_ref())
    }

    /// A text that changes with the rules; empty for the default ones.
    pub(crate) fn fingerprint(&self) -> String {
        self.time_zone.as_ref().map(|zone| format!(":{}", zone.iana_name().unwrap_or("?"))).unwrap_or_default()
    }
}
