//! The OpenSearch description of the search (1.1, draft 6, <https://github.com/dewitt/opensearch>),
//! for browsers and other search clients.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;

use super::atom;
use super::icon::ICON;
use super::xml;
use crate::config::base_url::BaseUrl;
use crate::engine::query::Query;
use crate::engine::{Facet, SearchRequest};
use crate::http::api::suggest;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{DescriptionErrors, Problems};
use crate::http::pages::locale::Reader;
use crate::http::paths;
use crate::http::request::clock;
use crate::http::request::query::InQuery;
use crate::http::request::registry::{Nothing, Q};
use crate::http::state::App;

/// The media type.
const MEDIA_TYPE: &str = "application/opensearchdescription+xml";

/// The OpenSearch description
///
/// Tells a browser how to search here (OpenSearch 1.1): link to it with `<link rel="search"
/// type="application/opensearchdescription+xml" href="/opensearch.xml">`.
#[utoipa::path(
    get,
    path = paths::OPENSEARCH,
    operation_id = "openSearchDescription",
    tag = "Search",
    responses(
        (status = 200, description = "The description", body = String, content_type = "application/opensearchdescription+xml"),
        Problems<DescriptionErrors>
    )
)]
pub(crate) async fn description(
    State(app): State<App>,
    headers: HeaderMap,
    base: BaseUrl,
    _: InQuery<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let reader = Reader::of(None, &headers);
    let name = app.settings.name_at(&base);
    let langs = languages(&app).await;
    let searches = [
        ("text/html", "results", paths::RESULTS_PAGE),
        ("application/json", "results", paths::SEARCH),
        (atom::MEDIA_TYPE, "results", paths::FEED),
        (suggest::MEDIA_TYPE, "suggestions", paths::BROWSER_SUGGESTIONS),
    ];
    let written = xml::document(|document| {
        document.parent("OpenSearchDescription", &[("xmlns", "http://a9.com/-/spec/opensearch/1.1/")], |document| {
            document.text("ShortName", &[], short_name(name))?;
            document.text("Description", &[], &reader.label_with("search-in", &[("site", name)]))?;
            document.text("Image", &[("width", "16"), ("height", "16"), ("type", "image/svg+xml")], ICON)?;
            langs.iter().try_for_each(|lang| document.text("Language", &[], lang))?;
            for (media_type, rel, path) in searches {
                let template = format!("{}?{}={{searchTerms}}", base.join(path), Q.name);
                document.empty("Url", &[("type", media_type), ("rel", rel), ("template", &template)])?;
            }
            let own = base.join(paths::OPENSEARCH);
            document.empty("Url", &[("type", MEDIA_TYPE), ("rel", "self"), ("template", &own)])?;
            document.text("InputEncoding", &[], "UTF-8")?;
            document.text("OutputEncoding", &[], "UTF-8")
        })
    });
    let bytes = written.map_err(|error| Problem::internal(&error))?;
    let content_type = (header::CONTENT_TYPE, format!("{MEDIA_TYPE}; charset=utf-8"));
    Ok(([content_type, (header::VARY, "Accept-Language".to_owned())], bytes))
}

/// The languages of the site's articles; none while they cannot be had.
async fn languages(app: &App) -> Vec<String> {
    let langs = app.with_engine(|engine| {
        let facets = Vec::from([Facet::Lang]);
        let everything = SearchRequest { limit: 0, facets, ..SearchRequest::new(Query::parse(""), clock::now_s()) };
        Ok(engine.search(&everything)?.facets.lang.unwrap_or_default())
    });
    langs.await.unwrap_or_default().into_iter().map(|of| of.value).collect()
}

/// The beginning of the site's name that has at most the 16 characters that the specification allows:
/// whole words, if there are any.
fn short_name(name: &str) -> &str {
    const MAX_CHARS: usize = 16;
    let name = name.strip_prefix("www.").unwrap_or(name);
    let Some((end, next)) = name.char_indices().nth(MAX_CHARS) else { return name };
    let begin = &name[..end];
    let is_cut = !next.is_whitespace();
    let words = begin.rsplit_once(char::is_whitespace).map(|(words, _)| words).filter(|_| is_cut);
    words.unwrap_or(begin).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_name_has_at_most_16_characters() {
        for (name, expected) in [
            ("Biblioteca", "Biblioteca"),
            ("Universidad de la Costa", "Universidad de"),
            ("Biblioteca sueño del mar", "Biblioteca sueño"),
            ("Hochschulbibliothekszentrum", "Hochschulbibliot"),
            ("www.example.org", "example.org"),
        ] {
            assert_eq!(short_name(name), expected);
        }
    }
}
