//! Filters and facets.

use std::fmt;
use std::str::FromStr;

use crate::analysis::{fold, normalize, without_marks};
use crate::article::date::{DAY_S, clock_at};
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

/// A bound of the time of publication. A day, or a time without an offset, is compared with what the
/// clock shows where the article was written; a time with an offset, with the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateBound {
    /// A second of Unix time.
    Instant(i64),
    /// A second of the article's own clock, see [`Moment::local_s`].
    Local(i64),
}

impl DateBound {
    /// The bound of `date_to` that ends before this one: the last day, or the last second.
    pub(crate) fn last(self) -> DateBound {
        match self {
            DateBound::Instant(at_s) => DateBound::Instant(at_s - 1),
            DateBound::Local(at_s) if at_s.rem_euclid(DAY_S) == 0 => DateBound::Local(at_s - DAY_S),
            DateBound::Local(at_s) => DateBound::Local(at_s - 1),
        }
    }
}

impl fmt::Display for DateBound {
    /// Writes it as a parameter: a day, or a time with seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            DateBound::Instant(at_s) => match jiff::Timestamp::from_second(at_s) {
                Ok(at) => write!(formatter, "{at}"),
                Err(_) => write!(formatter, "{at_s}"),
            },
            DateBound::Local(at_s) => match clock_at(at_s) {
                Some(at) if at_s.rem_euclid(DAY_S) == 0 => write!(formatter, "{}", at.date()),
                Some(at) => write!(formatter, "{at}"),
                None => write!(formatter, "{at_s}"),
            },
        }
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
    /// Years of publication, where the article was written, see [`Moment::local_s`].
    pub years: Vec<i16>,
    /// Published then or later.
    pub from: Option<DateBound>,
    /// Published before then.
    pub until: Option<DateBound>,
    /// Excluded kinds of page.
    pub kinds_not: Vec<Kind>,
    /// Excluded topic paths in slugs, with everything below them.
    pub topics_not: Vec<String>,
    /// Excluded keywords, compared by [`label_key`].
    pub tags_not: Vec<String>,
}

impl Filters {
    /// Whether a time of publication is within the bounds; an undated article matches only if there
    /// are none. The time is given as Unix time and as [`Moment::local_s`].
    pub fn takes_date(&self, published_s: Option<i64>, published_local_s: Option<i64>) -> bool {
        let is_before = |bound: DateBound| match bound {
            DateBound::Instant(bound_s) => published_s.map(|at| at < bound_s),
            DateBound::Local(bound_s) => published_local_s.map(|at| at < bound_s),
        };
        self.from.is_none_or(|from| is_before(from) == Some(false))
            && self.until.is_none_or(|until| is_before(until) == Some(true))
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
        let local_s = article.published_at.as_ref().map(Moment::local_s);
        let is_lang = self.langs.iter().any(|asked| language_is_under(&article.lang, asked));
        is_any(self.langs.is_empty(), is_lang)
            && is_any(self.kinds.is_empty(), self.kinds.contains(&article.kind))
            && is_any(self.topics.is_empty(), is_under(&self.topics))
            && is_any(self.tags.is_empty(), has(&article.tags, &self.tags))
            && is_any(self.authors.is_empty(), has(&article.authors, &self.authors))
            && is_any(self.years.is_empty(), local_s.and_then(year_of).is_some_and(|at| self.years.contains(&at)))
            && self.takes_date(published_s, local_s)
            && !self.kinds_not.contains(&article.kind)
            && !is_under(&self.topics_not)
            && !has(&article.tags, &self.tags_not)
    }
}

/// The comparison key of a tag or an author's name: ignores case, accents, width, footnote marks and
/// the number of spaces.
pub fn label_key(label: &str) -> String {
    fold(&normalize(&without_marks(&one_line(label)))).into_owned()
}

/// The year of a second of a clock, see [`Moment::local_s`].
pub fn year_of(local_s: i64) -> Option<i16> {
    month_of(local_s).map(|(year, _)| year)
}

/// The year and month (1 to 12) of a second of a clock, see [`Moment::local_s`]; `None` beyond the
/// calendar.
pub fn month_of(local_s: i64) -> Option<(i16, i8)> {
    clock_at(local_s).map(|at| (at.year(), at.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_match_regardless_of_case_accents_and_spaces() {
        for (typed, written) in
            [("genero", "Género"), (" Ana  Perez", "ana PÉREZ"), ("covid-19", "COVID-19"), ("ana perez", "Ana Pérez²")]
        {
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
