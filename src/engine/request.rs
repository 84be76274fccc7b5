//! What an engine is asked.

use super::cursor::Cursor;
use super::filters::{Facet, Filters};
use super::query::Query;
use super::ranking::DEFAULT_RECENCY;
use super::sort::Sort;
use crate::article::Article;

/// The deepest place of a hit that can be asked for.
pub const MAX_OFFSET: usize = 10_000;

/// The most hits of one answer.
pub const MAX_LIMIT: usize = 100;

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
    /// How much newer articles are preferred, see [`recency_factor`](crate::engine::ranking::recency_factor).
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
            recency: DEFAULT_RECENCY,
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

/// How an article is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleKey {
    /// By its id.
    Id(String),
    /// By its address in any spelling, see [`url_key::key`](crate::article::url_key::key). Where
    /// several visible articles share one, that with the first id.
    Url(String),
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
