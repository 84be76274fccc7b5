//! Answers of an engine.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::cursor::Cursor;
use super::explain::Explanation;
use super::facets::FacetCounts;
use super::planning::{Correction, Note};
use super::sort::EventPosition;
use super::version::IndexVersion;
use crate::article::{Article, Kind, Moment, OwnData, event_span_s, url_key};

/// The maximum number of other versions listed with a hit.
pub const MAX_TRANSLATIONS: usize = 100;

/// Another language version of a hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Its language.
    pub lang: String,
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// Its title.
    pub title: String,
}

/// The versions of a work to list, sorted by language and id (or the rank of the id): see
/// [`Hit::translations`]. Also returns the total number if not all are listed.
pub(crate) fn listed_translations<I: Ord, V>(mut versions: Vec<(&str, I, V)>) -> (Vec<V>, Option<u64>) {
    versions.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let total = (versions.len() > MAX_TRANSLATIONS).then_some(versions.len() as u64);
    if total.is_some() {
        let of_language = versions.chunk_by(|a, b| a.0 == b.0).flat_map(|language| 0..language.len());
        let mut listed: Vec<(usize, usize)> = of_language.zip(0..).collect();
        listed.select_nth_unstable(MAX_TRANSLATIONS);
        listed.truncate(MAX_TRANSLATIONS);
        let listed: HashSet<usize> = listed.into_iter().map(|(_, at)| at).collect();
        let mut places = 0..;
        versions.retain(|_| places.next().is_some_and(|place| listed.contains(&place)));
    }
    (versions.into_iter().map(|(.., version)| version).collect(), total)
}

/// A topic of a hit, labelled in the language of the article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicLabel {
    /// The path of slugs.
    pub path: String,
    /// The label of the deepest level.
    pub label: String,
}

/// What is shown of an article in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The article.
    pub id: String,
    /// The set of translations it belongs to.
    pub work: String,
    /// The page's address: of `http` or `https`, or a path.
    #[serde(default, deserialize_with = "web_address")]
    pub url: Option<String>,
    /// BCP 47.
    pub lang: String,
    /// What sort of page it is.
    pub kind: Kind,
    /// The title.
    pub title: String,
    /// The teaser.
    pub summary: String,
    /// When it was published.
    pub published_at: Option<Moment>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Moment>,
    /// An event's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Moment>,
    /// An event's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Moment>,
    /// Names of persons.
    pub authors: Vec<String>,
    /// The address of a picture, likewise.
    #[serde(default, deserialize_with = "web_address")]
    pub image: Option<String>,
    /// Its places in the topic menu.
    pub topics: Vec<TopicLabel>,
    /// Free keywords.
    pub tags: Vec<String>,
    /// The series it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The fields of the site's own that answers have, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, OwnData>,
}

/// Deserializes an address that answers show. An older version may have stored a card with an
/// address of any scheme, so it is checked again.
fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().and_then(url_key::web))
}

impl Card {
    /// Whether it is of an event that is over at a second, Unix time.
    pub fn is_over(&self, at_s: i64) -> bool {
        EventPosition::at(at_s, event_span_s(self.starts_at.as_ref(), self.ends_at.as_ref())).is_over()
    }

    /// The date that readers look for: when an event begins, or else when the article was published.
    pub fn date(&self) -> Option<&Moment> {
        self.starts_at.as_ref().or(self.published_at.as_ref())
    }

    /// The card of an article.
    pub fn of(article: &Article) -> Card {
        Card {
            id: article.id.clone(),
            work: article.work.clone(),
            url: article.url.as_deref().and_then(url_key::web),
            lang: article.lang.clone(),
            kind: article.kind.clone(),
            title: article.title.clone(),
            summary: article.summary.clone(),
            published_at: article.published_at.clone(),
            updated_at: article.updated_at.clone(),
            starts_at: article.starts_at.clone(),
            ends_at: article.ends_at.clone(),
            authors: article.authors.clone(),
            image: article.image.as_deref().and_then(url_key::web),
            topics: article
                .topics
                .iter()
                .map(|topic| TopicLabel { path: topic.path.clone(), label: topic.label().to_owned() })
                .collect(),
            tags: article.tags.clone(),
            series: article.series.clone(),
            fields: article
                .fields
                .iter()
                .filter(|(_, value)| value.is_shown)
                .map(|(name, value)| (name.clone(), value.data.clone()))
                .collect(),
        }
    }

    /// What heads it in a list: the title, else the beginning of the summary, else the address or id.
    pub fn heading(&self) -> Cow<'_, str> {
        const MAX_CHARS: usize = 80;
        if !self.title.is_empty() {
            return Cow::Borrowed(&self.title);
        }
        match self.summary.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => Cow::Owned(format!("{}…", self.summary[..end].trim_end())),
            None if !self.summary.is_empty() => Cow::Borrowed(&self.summary),
            None => Cow::Borrowed(self.url.as_deref().unwrap_or(&self.id)),
        }
    }

    /// The address of its picture, seen from its page.
    pub fn picture(&self) -> Option<String> {
        self.image.as_deref().map(|image| url_key::seen_from(self.url.as_deref(), image))
    }

    /// The card as a translation of another.
    pub fn into_translation(self) -> Translation {
        Translation { lang: self.lang, id: self.id, url: self.url, title: self.title }
    }
}

/// One work of a search answer, in the version that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The version shown.
    pub card: Card,
    /// The title, escaped, the query's words in `<mark>`.
    pub title_html: String,
    /// The passage that matches best, escaped, the query's words in `<mark>`.
    pub snippet_html: String,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
    /// The work's other versions, by language; of very many, a hundred: the first of every language
    /// by their ids, then the second of every one, and so on.
    pub translations: Vec<Translation>,
    /// How many other versions the work has, where not all are listed.
    pub translations_total: Option<u64>,
    /// Why it stands where it stands, if that was asked.
    pub explanation: Option<Explanation>,
}

/// The number of works that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The number.
    pub value: u64,
    /// `eq`: totals are exact, of what was looked for; see `is_partial`.
    pub relation: &'static str,
    /// How many of them hold all telling words of the query: of one or two words, the first ones of the
    /// list, before those that hold what tells most.
    pub full: u64,
}

impl Total {
    /// An exact total.
    pub fn exact(value: usize, full: usize) -> Total {
        Total { value: value as u64, relation: "eq", full: full as u64 }
    }
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchAnswer {
    /// The number of matching works (without grouping: versions) that pass the filters, the same on
    /// every page.
    pub total: Total,
    /// How many of them come before the page.
    pub place: usize,
    /// The hits of the page.
    pub hits: Vec<Hit>,
    /// Where nothing was found ([`RecoveryKind::Newest`]): the newest works, as many as a page has.
    /// They are no hits: total, facets and pages do not count them.
    pub newest: Vec<Hit>,
    /// The corrected words, in query order.
    pub corrections: Vec<Correction>,
    /// How the query was relaxed, if it was. Total, facets and all pages refer to the relaxed
    /// search.
    pub recovery: Option<Recovery>,
    /// The requested facet counts.
    pub facets: FacetCounts,
    /// The cursor of the next page, if there is one.
    pub next: Option<Cursor>,
    /// Notes for the reader about how the query was interpreted.
    pub notes: Vec<Note>,
    /// The index version of the answer.
    pub index_version: IndexVersion,
}

/// One article, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleAnswer {
    /// What is shown of it in lists.
    pub card: Card,
    /// Its text.
    pub body: String,
    /// The work's other versions, by language; of very many, a hundred: the first of every language
    /// by their ids, then the second of every one, and so on.
    pub translations: Vec<Translation>,
    /// How many other versions the work has, where not all are listed.
    pub translations_total: Option<u64>,
    /// The state it was given from.
    pub index_version: IndexVersion,
}

/// What a related work was found by: the first that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FallbackTier {
    /// What both say: words, links from one to the other, a series.
    Text,
    /// A topic of the menu, and no text.
    Topic,
    /// Nothing but being of the same kind: one of the newest of these.
    Kind,
    /// Nothing at all: one of the newest.
    Recent,
}

/// Why a work is related, for a reader.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Both dwell on these words; where there is nothing else to say, both mention them.
    Terms {
        /// The words and phrases as the article asked from writes them, the weightiest first.
        terms: Vec<String>,
    },
    /// The article asked from links to it.
    LinkedFromHere,
    /// It links to the article asked from.
    LinksHere,
    /// Both are parts of this series.
    Series {
        /// Its name.
        series: String,
    },
    /// Both stand under this topic.
    Topic {
        /// Its path.
        path: String,
        /// Its label.
        label: String,
    },
    /// Both are by this person.
    Author {
        /// The name.
        author: String,
    },
    /// Nothing nearer was found: one of the newest of the same kind.
    Kind,
    /// Nothing nearer was found: one of the newest.
    Recent,
}

impl Reason {
    /// The name of the sort of reason, as the API has it.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::Terms { .. } => "terms",
            Reason::LinkedFromHere => "linked_from_here",
            Reason::LinksHere => "links_here",
            Reason::Series { .. } => "series",
            Reason::Topic { .. } => "topic",
            Reason::Author { .. } => "author",
            Reason::Kind => "kind",
            Reason::Recent => "recent",
        }
    }
}

/// A related work.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedHit {
    /// The version shown.
    pub card: Card,
    /// Higher is nearer; comparable within one answer only.
    pub score: f32,
    /// What it was found by.
    pub tier: FallbackTier,
    /// Whether it is in another language than the article asked from.
    pub other_language: bool,
    /// Why it is there, the strongest reason first.
    pub reasons: Vec<Reason>,
}

/// The works most similar to an article or a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedAnswer {
    /// The article's id; `None` for a draft.
    pub id: Option<String>,
    /// The works, most similar first.
    pub hits: Vec<RelatedHit>,
    /// The index version of the answer.
    pub index_version: IndexVersion,
}

/// What was done to find something. Where several things were, it is the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryKind {
    /// A word was searched for as the site writes it.
    Spelling,
    /// Two words were searched for as one.
    Joined,
    /// A word was searched for as two.
    Split,
    /// Less was asked for: words, or the quotation marks around them, were left out.
    FewerWords,
    /// Nothing that the filters leave holds the words together: what holds any of them was searched for.
    AnyWord,
    /// The languages that were asked for were left out.
    OtherLanguages,
    /// Other filters were left out: kinds, tags, authors, years, dates.
    FewerFilters,
    /// It was looked for under a broader topic, or under all.
    BroaderTopic,
    /// Nothing of what was searched for is there: [`SearchAnswer::newest`] has the newest of the topic,
    /// or of all.
    Newest,
}

impl RecoveryKind {
    /// Whether the whole query is answered, in another spelling.
    pub fn is_respelling(self) -> bool {
        matches!(self, RecoveryKind::Spelling | RecoveryKind::Joined | RecoveryKind::Split)
    }
}

/// A dropped filter value, such as `lang=fr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedFilter {
    /// The name of the parameter.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

impl fmt::Display for DroppedFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.value)
    }
}

/// How a search was helped.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// What was done.
    pub kind: RecoveryKind,
    /// The query as it was typed.
    pub from: String,
    /// The query that is answered; empty where nothing was found.
    pub to: String,
    /// The same, escaped, what is written otherwise in `<mark>`.
    pub to_html: String,
    /// The words that were left out, as they were typed.
    pub dropped_words: Vec<String>,
    /// The filters that were left out.
    pub dropped_filters: Vec<DroppedFilter>,
    /// The broader topics whose pages are answered in place of those asked for; none where it is all
    /// topics.
    pub topics: Vec<String>,
}

impl Recovery {
    /// All that was left out, as texts: words (`virtual`), then filters (`lang=fr`).
    pub fn dropped(&self) -> Vec<String> {
        let filters = self.dropped_filters.iter().map(DroppedFilter::to_string);
        self.dropped_words.iter().cloned().chain(filters).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stored_card_drops_addresses_of_other_schemes() {
        let record = json!({"id": "a", "title": "Harbour", "url": "https://a.example/x", "image": "/x.png"});
        let (article, _) = Article::from_fields(record.as_object().unwrap()).unwrap();
        let mut stored = serde_json::to_value(Card::of(&article)).unwrap();
        let read = |stored: &serde_json::Value| serde_json::from_value::<Card>(stored.clone()).unwrap();
        let card = read(&stored);
        assert_eq!((card.url.as_deref(), card.image.as_deref()), (Some("https://a.example/x"), Some("/x.png")));
        stored["url"] = json!("javascript:alert(1)");
        stored["image"] = json!("data:image/svg+xml,x");
        let card = read(&stored);
        assert_eq!((card.url, card.image), (None, None));
    }
}
