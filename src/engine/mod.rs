//! What a search engine answers, in our own words; nothing here knows how.
//!
//! [`embedded`] answers from a generation on disk, `brute_force` from a list of articles held
//! in memory: slow, obvious, and therefore the oracle that the other one is tested against (with
//! the feature `test-support`). Both share the plan of a query ([`plan`]) and the formulas
//! ([`ranking`]); neither shares how matches are found, counted, filtered or ordered.

#[cfg(feature = "test-support")]
pub mod brute_force;
pub mod cursor;
pub mod embedded;
pub mod explain;
pub mod facets;
pub mod filters;
pub mod highlight;
pub mod plan;
pub mod ranking;
pub mod recovery;
pub mod related;
pub mod snippet;
pub mod spelling;
pub mod suggest;
pub mod supervision;
pub mod synonyms;

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::article::{Article, Kind, Moment, address};
use crate::query::Query;

pub use cursor::{Cursor, CursorKey};
pub use explain::Explanation;
pub use facets::FacetCounts;
pub use filters::{Facet, Filters};
pub use plan::{Correction, Note};
pub use recovery::{Recovery, RecoveryKind};
pub use suggest::{SuggestAnswer, SuggestRequest};

/// The deepest place of a hit that can be asked for.
pub const MAX_OFFSET: usize = 10_000;
/// The most hits of one answer.
pub const MAX_LIMIT: usize = 100;
/// The most other versions of its work that are listed with a hit.
pub const MAX_TRANSLATIONS: usize = 100;

/// What can go wrong inside an engine. A reader's query is never an error.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The index could not be read.
    #[error("the index could not be read")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody waits for the answer any more, see [`supervision`].
    #[error("the work was stopped before its end")]
    Stopped,
}

/// Answers searches over one state of the articles at a time.
///
/// Implementations are synchronous; a caller in async code crosses over once a request.
pub trait SearchEngine: Send + Sync {
    /// The works that match, best first.
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError>;
    /// One article, or `None` where there is none that readers may see.
    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError>;
    /// The works nearest to an article; `None` where there is no such article.
    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError>;
    /// What a reader may be offered for what is typed so far.
    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError>;
    /// The state of the articles that answers are given from.
    fn index_version(&self) -> IndexVersion;
    /// The engine as it is at this instant: while this is held, all its answers are of one state.
    fn at_present(&self) -> Box<dyn SearchEngine + '_>;
}

/// Which state of the articles an answer was given from: generation and applied `seq`,
/// written `12.48211`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexVersion {
    /// The generation's number.
    pub generation: u64,
    /// The last change that is in it.
    pub seq: u64,
}

impl std::fmt::Display for IndexVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.generation, self.seq)
    }
}

impl Serialize for IndexVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for IndexVersion {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]+\\.[0-9]+$"));
        let about = "Which state of the articles an answer was given from: generation and last change.";
        text.description(Some(about)).examples([json!("12.48211")]).into()
    }
}

impl ToSchema for IndexVersion {}

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Best match first; newest first where nothing is searched for.
    #[default]
    Relevance,
    /// Newest first; undated articles last.
    Newest,
    /// Oldest first; undated articles last.
    Oldest,
}

/// A search.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// What is searched for; an empty query matches everything.
    pub query: Query,
    /// What a version must be.
    pub filters: Filters,
    /// Articles whose works are left out, as if they did not match; one that readers may not see,
    /// or that is not there, leaves nothing out.
    pub without: Vec<ArticleKey>,
    /// The reader's language: which version of a work is shown, and which way ties fall.
    pub ui_lang: Option<String>,
    /// Whether the versions of a work are one hit, or each is a hit of its own.
    pub group: bool,
    /// What to count the answer by.
    pub facets: Vec<Facet>,
    /// The order.
    pub sort: Sort,
    /// Hits to pass over, at most [`MAX_OFFSET`].
    pub offset: usize,
    /// The end of the page before, to go on from; `offset` counts from there.
    pub after: Option<Cursor>,
    /// Hits to answer, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The longest snippet, in characters.
    pub snippet_chars: usize,
    /// Whether the query's words are marked in titles and snippets.
    pub highlight: bool,
    /// Whether to say why each hit stands where it stands.
    pub explain: bool,
    /// Whether it is answered as it was typed, or not at all: no word is corrected, and nothing else
    /// is answered where it finds nothing.
    pub literal: bool,
    /// How much newer articles are preferred, see [`ranking::recency_factor`].
    pub recency: f32,
    /// The present, Unix time: what is not published yet or has expired is not answered.
    pub now_s: i64,
}

impl SearchRequest {
    /// A search for all that matches, ten works a page; `now_s` is the present, Unix time.
    pub fn new(query: Query, now_s: i64) -> SearchRequest {
        SearchRequest {
            query,
            filters: Filters::default(),
            without: Vec::new(),
            ui_lang: None,
            group: true,
            facets: Vec::new(),
            sort: Sort::Relevance,
            offset: 0,
            after: None,
            limit: 10,
            snippet_chars: 200,
            highlight: true,
            explain: false,
            literal: false,
            recency: ranking::DEFAULT_RECENCY,
            now_s,
        }
    }
}

/// How well an article's language suits a reader's: 2 where it is the same or a variety of it
/// (`pt-BR` for `pt`), 1 where it is another of the group (`es` for `es-MX`, `zh-Hans` for
/// `zh-Hant`), 0 where it is foreign.
pub fn language_fit(lang: &str, ui_lang: Option<&str>) -> u8 {
    let Some(wanted) = ui_lang else { return 0 };
    if crate::article::language_is_under(lang, wanted) {
        return 2;
    }
    u8::from(crate::analysis::language_group(lang) == crate::analysis::language_group(wanted))
}

/// Another language version of a hit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
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

/// The versions of a work that are listed with another, each told by its language and its id (or where
/// that stands among all): see [`Hit::translations`]. Also how many there are, if that is more.
fn listed_translations<I: Ord, V>(mut versions: Vec<(&str, I, V)>) -> (Vec<V>, Option<u64>) {
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicLabel {
    /// The path of slugs.
    pub path: String,
    /// The label of the deepest level.
    pub label: String,
}

/// What is shown of an article in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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
}

/// Reads an address that every answer shows. A card may have been stored by a version that took
/// addresses of any scheme, so the intake's check is not enough.
fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().and_then(address::web))
}

impl Card {
    /// The card of an article.
    pub fn of(article: &Article) -> Card {
        Card {
            id: article.id.clone(),
            work: article.work.clone(),
            url: article.url.as_deref().and_then(address::web),
            lang: article.lang.clone(),
            kind: article.kind,
            title: article.title.clone(),
            summary: article.summary.clone(),
            published_at: article.published_at.clone(),
            updated_at: article.updated_at.clone(),
            starts_at: article.starts_at.clone(),
            ends_at: article.ends_at.clone(),
            authors: article.authors.clone(),
            image: article.image.as_deref().and_then(address::web),
            topics: article
                .topics
                .iter()
                .map(|topic| TopicLabel { path: topic.path.clone(), label: topic.label().to_owned() })
                .collect(),
            tags: article.tags.clone(),
            series: article.series.clone(),
        }
    }

    /// The card as a translation of another.
    pub fn into_translation(self) -> Translation {
        Translation { lang: self.lang, id: self.id, url: self.url, title: self.title }
    }
}

/// One work of a search answer, in the version that is shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Hit {
    /// The version shown.
    #[serde(flatten)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translations_total: Option<u64>,
    /// Why it stands where it stands, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// The number of works that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Total {
    /// The number.
    pub value: u64,
    /// `eq`: totals are exact, of what was looked for; see `is_partial`.
    pub relation: &'static str,
}

impl Total {
    /// An exact total.
    pub fn exact(value: usize) -> Total {
        Total { value: value as u64, relation: "eq" }
    }
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchAnswer {
    /// The works (without grouping: the versions) that match and pass the filters, the same on
    /// every page.
    pub total: Total,
    /// How many of them stand before the page.
    pub place: usize,
    /// The asked-for page of them.
    pub hits: Vec<Hit>,
    /// The words that were searched for in another spelling, in the order of the query.
    pub corrections: Vec<Correction>,
    /// How hits were found, where it was not by the search as it was typed. Total, facets and all
    /// pages are of the search that is answered.
    pub recovery: Option<Recovery>,
    /// The counts that were asked for.
    pub facets: FacetCounts,
    /// Where the page ends, if there is more.
    pub next: Option<Cursor>,
    /// What the reader should know of how the query was read.
    pub notes: Vec<Note>,
    /// The state it was given from.
    pub index_version: IndexVersion,
}

/// How an article is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleKey {
    /// By its id.
    Id(String),
    /// By its address in any spelling, see [`address::key`]. Where
    /// several visible articles share one, that with the first id.
    Url(String),
}

/// One article, whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ArticleAnswer {
    /// What is shown of it in lists.
    #[serde(flatten)]
    pub card: Card,
    /// Its text.
    pub body: String,
    /// The work's other versions, by language; of very many, a hundred: the first of every language
    /// by their ids, then the second of every one, and so on.
    pub translations: Vec<Translation>,
    /// How many other versions the work has, where not all are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translations_total: Option<u64>,
    /// The state it was given from.
    pub index_version: IndexVersion,
}

/// What related works are asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum RelatedTo {
    /// An article that is there.
    Article(ArticleKey),
    /// A text that is not published yet. A work that it is a version of is left out, as is the
    /// article that it would take the place of.
    Draft(Box<Article>),
}

/// A question for related works.
#[derive(Debug, Clone)]
pub struct RelatedRequest {
    /// What they are to be related to.
    pub to: RelatedTo,
    /// What a version must be.
    pub filters: Filters,
    /// Whether works that are not there in the language asked from are taken as they are related;
    /// else only when that language has no other.
    pub any_lang: bool,
    /// Works to answer, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The present, Unix time.
    pub now_s: i64,
}

impl RelatedRequest {
    /// Six works related to an article; `now_s` is the present, Unix time.
    pub fn new(key: ArticleKey, now_s: i64) -> RelatedRequest {
        RelatedRequest { to: RelatedTo::Article(key), filters: Filters::default(), any_lang: false, limit: 6, now_s }
    }
}

/// What a related work was found by: the first that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
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
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
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

/// A related work.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RelatedHit {
    /// The version shown.
    #[serde(flatten)]
    pub card: Card,
    /// Higher is nearer; comparable within one answer only.
    pub score: f32,
    /// What it was found by.
    pub rung: Rung,
    /// Whether it is in another language than the article asked from.
    pub other_language: bool,
    /// Why it is there, the strongest reason first.
    pub reasons: Vec<Reason>,
}

/// The works nearest to an article or a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedAnswer {
    /// The article's id; a draft has none.
    pub id: Option<String>,
    /// The works, nearest first.
    pub hits: Vec<RelatedHit>,
    /// The state it was given from.
    pub index_version: IndexVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_card_loses_addresses_that_are_not_of_the_web() {
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
