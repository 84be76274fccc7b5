//! Requests to an engine.

use super::cursor::{Cursor, CursorKey};
use super::filters::{Facet, Filters};
use super::query::Query;
use super::ranking::DEFAULT_RECENCY;
use super::sort::Sort;
use crate::article::Article;

/// The largest offset of a search.
pub const MAX_OFFSET: usize = 10_000;

/// The maximum number of hits of one answer.
pub const MAX_LIMIT: usize = 100;

/// A search.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// The query; an empty one matches everything.
    pub query: Query,
    /// Filters on versions.
    pub filters: Filters,
    /// Articles whose works are excluded as if they did not match. A key of an invisible or missing
    /// article has no effect.
    pub without: Vec<ArticleKey>,
    /// The reader's language: selects the version shown of a work, and breaks ties.
    pub ui_lang: Option<String>,
    /// Whether the versions of a work are grouped into one hit; otherwise each version is a hit.
    pub group: bool,
    /// The facets to count.
    pub facets: Vec<Facet>,
    /// The order.
    pub sort: Sort,
    /// The number of hits to skip, at most [`MAX_OFFSET`].
    pub offset: usize,
    /// The end of the previous page, to continue from; `offset` is relative to it.
    pub after: Option<Cursor>,
    /// The maximum number of hits, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The maximum snippet length in characters.
    pub snippet_chars: usize,
    /// Whether to mark the query's words in titles and snippets.
    pub highlight: bool,
    /// Whether to explain the score of each hit.
    pub explain: bool,
    /// Whether to search for exactly what was typed: no word is corrected, and the query is not
    /// relaxed if it finds nothing.
    pub literal: bool,
    /// The preference for newer articles, see
    /// [`recency_factor`](crate::engine::ranking::recency_factor).
    pub recency: f32,
    /// The current time in Unix seconds: articles that are not published yet or have expired are
    /// invisible.
    pub now_s: i64,
}

impl SearchRequest {
    /// A search without filters and with ten works per page; `now_s` is the current time in Unix
    /// seconds.
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
            recency: DEFAULT_RECENCY,
            now_s,
        }
    }

    /// The second, in Unix time, from which the order of events is seen: that of the list's first page.
    pub fn events_seen_s(&self) -> i64 {
        match self.after.as_ref().map(|cursor| cursor.key) {
            Some(CursorKey::Event(_, seen_s)) => seen_s,
            _ => self.now_s,
        }
    }
}

/// How well an article's language fits the reader's: 2 if it is the same or a variety of it
/// (`pt-BR` for `pt`), 1 if it is in the same group (`es` for `es-MX`, `zh-Hans` for `zh-Hant`), 0
/// otherwise.
pub fn language_fit(lang: &str, ui_lang: Option<&str>) -> u8 {
    let Some(wanted) = ui_lang else { return 0 };
    if crate::article::language_is_under(lang, wanted) {
        return 2;
    }
    u8::from(crate::analysis::language_group(lang) == crate::analysis::language_group(wanted))
}

/// A key to look up an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleKey {
    /// By its id.
    Id(String),
    /// By its address in any spelling, see [`url_key::key`](crate::article::url_key::key). If
    /// several visible articles share one, the article with the lowest id.
    Url(String),
}

/// The origin of a request for related works.
#[derive(Debug, Clone, PartialEq)]
pub enum RelatedTo {
    /// An existing article.
    Article(ArticleKey),
    /// An unpublished text. Its own work, and the article that it would replace, are excluded.
    Draft(Box<Article>),
}

/// A request for related works.
#[derive(Debug, Clone)]
pub struct RelatedRequest {
    /// The origin.
    pub to: RelatedTo,
    /// Filters on versions.
    pub filters: Filters,
    /// Whether works without a version in the origin's language are ranked like others; otherwise
    /// they are used only if that language has no more.
    pub any_lang: bool,
    /// The maximum number of works, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The current time in Unix seconds.
    pub now_s: i64,
}

impl RelatedRequest {
    /// A request for six works related to an article; `now_s` is the current time in Unix seconds.
    pub fn new(key: ArticleKey, now_s: i64) -> RelatedRequest {
        RelatedRequest { to: RelatedTo::Article(key), filters: Filters::default(), any_lang: false, limit: 6, now_s }
    }
}
