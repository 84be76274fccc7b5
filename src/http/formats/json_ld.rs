//! A search response as JSON-LD with the vocabulary of schema.org, for programs that know it but
//! not this API.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::article::Kind;
use crate::engine::Card;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/ld+json";

/// A page of a search answer as a `schema.org/ItemList`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemList {
    #[serde(rename = "@context")]
    #[schema(example = "https://schema.org")]
    context: &'static str,
    #[serde(rename = "@type")]
    #[schema(example = "ItemList")]
    kind: &'static str,
    /// What was searched for.
    name: String,
    /// How many works match, on all pages.
    #[serde(rename = "numberOfItems")]
    number_of_items: u64,
    /// The hits of this page.
    #[serde(rename = "itemListElement")]
    elements: Vec<ListItem>,
}

/// A hit and its place.
#[derive(Debug, Serialize, ToSchema)]
struct ListItem {
    #[serde(rename = "@type")]
    #[schema(example = "ListItem")]
    kind: &'static str,
    /// The place in the whole list, from 1 on.
    #[schema(minimum = 1)]
    position: usize,
    /// The page.
    item: Item,
}

/// A page in the words of schema.org.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Item {
    /// `Article`, `NewsArticle`, `BlogPosting`, `Event` or `CreativeWork`.
    #[serde(rename = "@type")]
    #[schema(example = "Article")]
    kind: &'static str,
    /// The page's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The title.
    name: String,
    /// The title again, where the type has a headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<String>,
    /// The teaser.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    description: String,
    /// BCP 47.
    in_language: String,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    author: Vec<Person>,
    /// An event's beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    /// An event's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
    /// The address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// Free keywords.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    keywords: Vec<String>,
}

/// An author.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    #[serde(rename = "@type")]
    #[schema(example = "Person")]
    kind: &'static str,
    /// The name.
    name: String,
}

impl ItemList {
    /// The list of these hits; `offset` hits precede the first.
    pub(crate) fn of(query: String, total: u64, offset: usize, cards: impl Iterator<Item = Card>) -> ItemList {
        let element = |(index, card)| ListItem { kind: "ListItem", position: offset + index + 1, item: Item::of(card) };
        ItemList {
            context: "https://schema.org",
            kind: "ItemList",
            name: query,
            number_of_items: total,
            elements: cards.enumerate().map(element).collect(),
        }
    }
}

impl Item {
    fn of(card: Card) -> Item {
        // An event of a kind that the site names itself begins at a time, too.
        let is_event = card.kind == Kind::EVENT || !card.kind.is_built_in() && card.starts_at.is_some();
        // A program that has the list alone cannot complete a path.
        let image = card.picture().filter(|image| Url::parse(image).is_ok());
        let text = |moment: crate::article::Moment| moment.as_str().to_owned();
        // In schema.org an event has no author, headline or publication date; creative works have
        // them.
        let work = (!is_event).then_some(());
        Item {
            kind: match &card.kind {
                _ if is_event => "Event",
                kind if *kind == Kind::ARTICLE => "Article",
                kind if *kind == Kind::PRESS_RELEASE => "NewsArticle",
                kind if *kind == Kind::BLOG => "BlogPosting",
                // A report, a book or an issue of a journal, or a kind of the site's own; the kind does
                // not say which.
                _ => "CreativeWork",
            },
            url: card.url,
            headline: work.map(|()| card.title.clone()),
            name: card.title,
            description: card.summary,
            in_language: card.lang,
            date_published: work.and(card.published_at).map(text),
            date_modified: work.and(card.updated_at).map(text),
            author: match is_event {
                true => Vec::new(),
                false => card.authors.into_iter().map(|name| Person { kind: "Person", name }).collect(),
            },
            start_date: card.starts_at.filter(|_| is_event).map(text),
            end_date: card.ends_at.filter(|_| is_event).map(text),
            image,
            keywords: card.tags,
        }
    }
}

impl IntoResponse for ItemList {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, MEDIA_TYPE)], axum::Json(self)).into_response()
    }
}
