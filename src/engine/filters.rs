//! Filters and facets.

use std::fmt;
use std::str::FromStr;

use crate::analysis::{fold, normalize};
use crate::article::{Article, Kind, Moment, language_is_under, one_line};

/// A facet. Its counts ignore the facet's own filter, so that they show the alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// The language; a variety also counts under its base language.
    Lang,
    /// The kind of page.
    Kind,
    /// The topics with all their ancestors.
    Topic,
    /// The free keywords.
    Tag,
    /// The authors.
    Author,
    /// The years of publication, with their months.
    Year,
}

impl Facet {
    /// All facets, in the order of an answer.
    pub const ALL: [Facet; 6] = [Facet::Lang, Facet::Kind, Facet::Topic, Facet::Tag, Facet::Author, Facet::Year];

    /// Its name in the API, the same as its filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Facet::Lang => "lang",
            Facet::Kind => "kind",
            Facet::Topic => "topic",
            Facet::Tag => "tag",
            Facet::Author => "author",
            Facet::Year => "year",
        }
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is not the name of a facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be lang, kind, topic, tag, author or year")]
pub struct NoSuchFacet;

impl FromStr for Facet {
    type Err = NoSuchFacet;

    fn from_str(text: &str) -> Result<Facet, NoSuchFacet> {
        Facet::ALL.into_iter().find(|facet| facet.as_str() == text).ok_or(NoSuchFacet)
    }
}

/// Filters on articles. Several values of one filter are alternatives; different filters must all
/// hold; an empty filter matches everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    /// BCP 47; `pt` matches `pt-BR`.
    pub langs: Vec<String>,
    /// Kinds of page.
    pub kinds: Vec<Kind>,
    /// Topic paths in slugs; each matches everything below it.
    pub topics: Vec<String>,
    /// Free keywords, compared by [`label_key`].
    pub tags: Vec<String>,
    /// Authors, compared by [`label_key`].
    pub authors: Vec<String>,
    /// Years of publication, in UTC.
    pub years: Vec<i16>,
    /// Published at this second (Unix time) or later.
    pub from_s: Option<i64>,
    /// Published before this second (Unix time).
    pub until_s: Option<i64>,
    /// Excluded kinds of page.
    pub kinds_not: Vec<Kind>,
    /// Excluded topic paths in slugs, with everything below them.
    pub topics_not: Vec<String>,
    /// Excluded keywords, compared by [`label_key`].
    pub tags_not: Vec<String>,
}

impl Filters {
    /// Whether a time of publication is within the bounds; an undated article matches only if there
    /// are none.
    pub fn takes_date(&self, published_s: Option<i64>) -> bool {
        match published_s {
            None => self.from_s.is_none() && self.until_s.is_none(),
            Some(at) => self.from_s.is_none_or(|from| from <= at) && self.until_s.is_none_or(|until| at < until),
        }
    }

    /// The filters without that of a facet, as used for the facet's counts.
    pub fn without(&self, facet: Facet) -> Filters {
        let mut filters = self.clone();
        match facet {
            Facet::Lang => filters.langs.clear(),
            Facet::Kind => filters.kinds.clear(),
            Facet::Topic => filters.topics.clear(),
            Facet::Tag => filters.tags.clear(),
            Facet::Author => filters.authors.clear(),
            Facet::Year => filters.years.clear(),
        }
        filters
    }

    /// Whether an article passes the filters.
    pub fn take(&self, article: &Article) -> bool {
        let is_any = |none_asked: bool, holds: bool| none_asked || holds;
        let is_under = |paths: &[String]| {
            article.topics.iter().flat_map(|topic| topic.prefixes()).any(|path| paths.iter().any(|asked| asked == path))
        };
        let has = |own: &[String], asked: &[String]| {
            own.iter().any(|own| asked.iter().any(|asked| label_key(asked) == label_key(own)))
        };
        let published_s = article.published_at.as_ref().map(Moment::start_s);
        let is_lang = self.langs.iter().any(|asked| language_is_under(&article.lang, asked));
        is_any(self.langs.is_empty(), is_lang)
            && is_any(self.kinds.is_empty(), self.kinds.contains(&article.kind))
            && is_any(self.topics.is_empty(), is_under(&self.topics))
            && is_any(self.tags.is_empty(), has(&article.tags, &self.tags))
            && is_any(self.authors.is_empty(), has(&article.authors, &self.authors))
            && is_any(self.years.is_empty(), published_s.and_then(year_of).is_some_and(|at| self.years.contains(&at)))
            && self.takes_date(published_s)
            && !self.kinds_not.contains(&article.kind)
            && !is_under(&self.topics_not)
            && !has(&article.tags, &self.tags_not)
    }
}

/// The comparison key of a tag or an author's name: ignores case, accents, width and the number of
/// spaces.
pub fn label_key(label: &str) -> String {
    fold(&normalize(&one_line(label))).into_owned()
}

/// The year of a second (Unix time) in UTC.
pub fn year_of(at_s: i64) -> Option<i16> {
    month_of(at_s).map(|(year, _)| year)
}

/// The year and month (1 to 12) of a second (Unix time) in UTC; `None` beyond the calendar.
pub fn month_of(at_s: i64) -> Option<(i16, i8)> {
    let at = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(at_s).ok()?);
    Some((at.year(), at.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_match_regardless_of_case_accents_and_spaces() {
        for (typed, written) in [("genero", "Género"), (" Ana  Perez", "ana PÉREZ"), ("covid-19", "COVID-19")] {
            assert_eq!(label_key(typed), label_key(written));
        }
        assert_ne!(label_key("equity"), label_key("equality"));
    }

    #[test]
    fn facets_parse_from_the_names_of_their_filters() {
        for facet in Facet::ALL {
            assert_eq!(facet.as_str().parse(), Ok(facet));
        }
        assert_eq!("Lang".parse::<Facet>(), Err(NoSuchFacet));
    }
}
