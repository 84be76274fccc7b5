//! A search as an Atom feed (RFC 4287).

use std::io;
use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::IntoResponse;

use super::xml::{self, XmlDocument};
use crate::article::Moment;
use crate::config::base_url::BaseUrl;
use crate::engine::Hit;
use crate::http::api::search::{AnsweredSearch, Search};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{FeedErrors, Problems};
use crate::http::paths;
use crate::http::request::negotiation::AcceptLanguage;
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{FEED_SORT, Feeding, Q, SORT, UI_LANG};
use crate::http::state::App;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/atom+xml";

/// A query as a feed
///
/// The same search as `/v1/search`, newest first, as an Atom feed (RFC 4287) for feed readers
/// and for pages that show what is new.
#[utoipa::path(
    get,
    path = paths::FEED,
    operation_id = "feed",
    tag = "Search",
    params(InQuery<Feeding>, AcceptLanguage),
    responses((status = 200, description = "The feed", body = String, content_type = "application/atom+xml"), Problems<FeedErrors>)
)]
pub(crate) async fn feed(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    base: BaseUrl,
    InQuery { params, .. }: InQuery<Feeding>,
) -> Result<impl IntoResponse, Problem> {
    let begun = Instant::now();
    let search = Search::read(&params, &FEED_SORT, &headers, &app.settings)?.uncounted().literal();
    let name = app.settings.name_at(&base).to_owned();
    let feed = Feed {
        id: format!("urn:fichero:search:{}", escaped(&params.to_query())),
        title: match params.one(&Q)?.filter(|text| !text.trim().is_empty()) {
            Some(text) => format!("{text} – {name}"),
            None => name.clone(),
        },
        lang: params.one(&UI_LANG)?,
        address: base.of_request(&uri),
        search: as_search(&params)?,
        name,
        base,
    };
    let metrics = app.metrics.clone();
    let answer = app.with_engine(move |engine| search.answer(engine, &metrics, begun)).await?;
    let bytes = xml::document(|document| feed.write(document, &answer)).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, format!("{MEDIA_TYPE}; charset=utf-8"))], bytes))
}

/// The query string of the search that the feed shows.
fn as_search(params: &Params) -> Result<String, Problem> {
    let mut query = params.to_query();
    if params.one(&FEED_SORT)?.is_none() {
        let separator = if query.is_empty() { "" } else { "&" };
        query.push_str(&format!("{separator}{}={}", SORT.name, FEED_SORT.form.default.0));
    }
    Ok(query)
}

/// Everything in a feed except its entries.
struct Feed {
    id: String,
    title: String,
    lang: Option<String>,
    address: String,
    /// The query string of the search.
    search: String,
    /// The name of the site.
    name: String,
    base: BaseUrl,
}

impl Feed {
    fn write(&self, document: &mut XmlDocument, answered: &AnsweredSearch) -> io::Result<()> {
        let mut attributes = vec![("xmlns", "http://www.w3.org/2005/Atom")];
        attributes.extend(self.lang.as_deref().map(|lang| ("xml:lang", lang)));
        document.parent("feed", &attributes, |document| {
            document.text("id", &[], &self.id)?;
            document.text("title", &[], &self.title)?;
            let newest = answered.answer.hits.iter().filter_map(updated).max_by_key(|at| at.start_s());
            document.text("updated", &[], &timestamp(newest))?;
            document.empty("link", &[("rel", "self"), ("type", MEDIA_TYPE), ("href", &self.address)])?;
            for (media_type, path) in [("text/html", paths::RESULTS_PAGE), ("application/json", paths::SEARCH)] {
                let address = self.base.join(&format!("{path}?{}", self.search));
                document.empty("link", &[("rel", "alternate"), ("type", media_type), ("href", &address)])?;
            }
            // An entry without authors has the author of the feed (RFC 4287, 4.2.1).
            document.parent("author", &[], |document| document.text("name", &[], &self.name))?;
            document.text("generator", &[("version", env!("CARGO_PKG_VERSION"))], "fichero")?;
            answered.answer.hits.iter().try_for_each(|hit| self.write_entry(document, hit))
        })
    }

    fn write_entry(&self, document: &mut XmlDocument, hit: &Hit) -> io::Result<()> {
        let card = &hit.card;
        document.parent("entry", &[("xml:lang", &card.lang)], |document| {
            document.text("id", &[], &format!("urn:fichero:article:{}", escaped(&card.id)))?;
            document.text("title", &[], &card.heading())?;
            document.text("updated", &[], &timestamp(updated(hit)))?;
            if let Some(at) = &card.published_at {
                document.text("published", &[], &at.to_rfc3339())?;
            }
            let in_api = self.base.join(&format!("{}?id={}", paths::ARTICLES, escaped(&card.id)));
            // The version in the reader's language is the entry; some readers open the last
            // alternate, so that the other versions are related.
            match &card.url {
                Some(url) => link(document, "alternate", "text/html", &card.lang, url)?,
                None => link(document, "alternate", "application/json", &card.lang, &in_api)?,
            }
            for translation in &hit.translations {
                if let Some(url) = &translation.url {
                    link(document, "related", "text/html", &translation.lang, url)?;
                }
            }
            for author in &card.authors {
                document.parent("author", &[], |document| document.text("name", &[], author))?;
            }
            for topic in &card.topics {
                document.empty("category", &[("term", &topic.path), ("label", &topic.label)])?;
            }
            for tag in &card.tags {
                document.empty("category", &[("term", tag)])?;
            }
            document.text("summary", &[("type", "html")], &hit.snippet_html)
        })
    }
}

fn link(document: &mut XmlDocument, rel: &str, media_type: &str, lang: &str, address: &str) -> io::Result<()> {
    document.empty("link", &[("rel", rel), ("type", media_type), ("hreflang", lang), ("href", address)])
}

/// When an entry was last changed, if it has a date.
fn updated(hit: &Hit) -> Option<&Moment> {
    hit.card.updated_at.as_ref().or(hit.card.published_at.as_ref())
}

/// The time in RFC 3339; the Unix epoch where there is no date, because an entry must have one.
fn timestamp(at: Option<&Moment>) -> String {
    at.map_or_else(|| jiff::Timestamp::UNIX_EPOCH.to_string(), Moment::to_rfc3339)
}

/// Percent-encodes every character that has a meaning in an address.
fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
