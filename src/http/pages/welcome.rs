//! The front page: a short JSON document for programs; the state of the index and a search form for
//! people.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::capitalized;
use super::layout::{PageLayout, SiteFrame, form, lang_query};
use super::locale::{Reader, language_name};
use crate::article::Moment;
use crate::engine::facets::ValueCount;
use crate::engine::query::Query;
use crate::engine::{EngineError, Facet, IndexVersion, SearchEngine, SearchRequest};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{FrontPageErrors, Problems};
use crate::http::paths;
use crate::http::request::clock;
use crate::http::request::negotiation::{self, AcceptLanguage};
use crate::http::request::query::{InAddress, InQuery, Params};
use crate::http::request::registry::{Speaking, UI_LANG};
use crate::http::state::App;
use crate::http::wire::version::IndexVersionJson;

/// What there is here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Welcome {
    /// `fichero`.
    #[schema(example = "fichero")]
    name: &'static str,
    /// The program's version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What is answered from; `null` while the first index is built.
    index_version: Option<IndexVersionJson>,
    /// Where the API is described.
    #[schema(example = "/docs")]
    documentation: &'static str,
    /// The paths of the API.
    routes: Vec<String>,
}

impl Welcome {
    fn of(app: &App) -> Welcome {
        Welcome {
            name: "fichero",
            version: env!("CARGO_PKG_VERSION"),
            index_version: app.current.engine().map(|engine| engine.index_version().into()),
            documentation: paths::DOCS_PAGE,
            routes: app.document.api.paths.paths.keys().cloned().collect(),
        }
    }
}

/// What there is here
///
/// The program, its version and its routes; for who prefers `text/html`, a page with the state of
/// the index, a search box and the lines that put one on a site.
#[utoipa::path(
    get,
    path = paths::FRONT_PAGE,
    operation_id = "welcome",
    tag = "Documentation",
    params(InQuery<Speaking>, AcceptLanguage),
    responses(
        (status = 200, description = "What there is here", content((Welcome = "application/json"), (String = "text/html"))),
        Problems<FrontPageErrors>
    )
)]
pub(crate) async fn welcome(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    address: InAddress<Speaking>,
) -> Result<Response, Problem> {
    if !negotiation::prefers_page(&headers) {
        // A program gets an error for an invalid request, as on every data route.
        Params::from_query::<Speaking>(uri.query())?.one(&UI_LANG)?;
        let vary = [(header::VARY, HeaderValue::from_static("Accept"))];
        return Ok((vary, Json(Welcome::of(&app))).into_response());
    }
    let ui_lang = address.params.one(&UI_LANG)?;
    let site = SiteFrame::of(&app.settings, &uri, &headers);
    let reader = Reader::of(ui_lang.as_deref(), &headers);
    let zone = app.settings.reading.time_zone.clone();
    let index = match app.with_engine(move |engine| Ok(Index::of(engine, zone.as_ref())?)).await {
        Ok(index) => Some(index),
        // The page itself reports that there is no index.
        Err(problem) if problem.is_not_ready() => None,
        Err(problem) => return Err(problem),
    };
    let front = FrontPage { site: &site, reader: &reader, ui_lang: ui_lang.as_deref(), index };
    Ok(front.answer())
}

/// The state of the index, as far as readers see it.
struct Index {
    version: IndexVersion,
    articles: u64,
    works: u64,
    langs: Vec<ValueCount>,
    built_at: Option<Moment>,
}

impl Index {
    fn of(engine: &dyn SearchEngine, zone: Option<&TimeZone>) -> Result<Index, EngineError> {
        let status = engine.status(jiff::Timestamp::now().as_second())?;
        let built_at = Moment::parse_in(&status.built_at, zone).ok();
        let engine = engine.at_present();
        let everything = SearchRequest { limit: 0, ..SearchRequest::new(Query::parse(""), clock::now_s()) };
        let works = engine.search(&SearchRequest { facets: vec![Facet::Lang], ..everything.clone() })?;
        let articles = engine.search(&SearchRequest { group: false, ..everything })?;
        Ok(Index {
            version: works.index_version,
            articles: articles.total.value,
            works: works.total.value,
            langs: works.facets.lang.unwrap_or_default(),
            built_at,
        })
    }
}

struct FrontPage<'p> {
    site: &'p SiteFrame,
    reader: &'p Reader,
    ui_lang: Option<&'p str>,
    index: Option<Index>,
}

impl FrontPage<'_> {
    fn answer(&self) -> Response {
        let (site, reader) = (self.site, self.reader);
        let title = reader.label_with("welcome", &[("site", site.name())]);
        let page = PageLayout {
            site,
            reader,
            path: Some(paths::FRONT_PAGE),
            ui_lang: self.ui_lang,
            title: reader.label("search"),
            is_front: true,
            head: html! {
                meta name="description" content=(reader.label("about-welcome"));
                link rel="canonical" href=(site.address(paths::FRONT_PAGE, &lang_query(self.ui_lang)));
            },
            in_lang: &|lang| lang_query(Some(lang)),
            main: html! {
                div.plain {
                    h1 { (title) }
                    p.lead { (reader.label("about-welcome")) }
                    (form(site, reader, "", self.ui_lang.map(|lang| (UI_LANG.name, lang)).into_iter()))
                    h2 { (reader.label("state")) }
                    (self.state())
                    h2 { (reader.label("on-your-site")) }
                    p { (reader.label("about-widgets")) }
                    @if !site.is_configured() { p { (reader.label("guessed")) " " code { "public_url" } } }
                    (self.snippets())
                }
            },
            foot: html! {
                a href=(site.link(paths::RESULTS_PAGE, &lang_query(self.ui_lang))) { (reader.label("results-page")) }
                a href=(site.link(paths::OPENAPI, "")) { (reader.label("openapi")) }
            },
        };
        page.answer(StatusCode::OK)
    }

    fn state(&self) -> Markup {
        let reader = self.reader;
        let Some(index) = &self.index else { return html! { p { (reader.label("no-index")) } } };
        html! {
            dl.facts-list {
                dt { (reader.label("n-articles")) } dd { (reader.number(index.articles)) }
                dt { (reader.label("n-works")) } dd { (reader.number(index.works)) }
                dt { (reader.label("n-languages")) }
                dd {
                    @for (position, of) in index.langs.iter().enumerate() {
                        @if position > 0 { " · " }
                        span lang=(of.value) dir="auto" { (capitalized(&language_name(&of.value))) } " " (reader.number(of.count))
                    }
                }
                @if let Some(moment) = &index.built_at {
                    dt { (reader.label("since")) } dd { time datetime=(moment.as_str()) { (reader.day(moment)) } }
                }
                dt { (reader.label("version")) } dd { (index.version) }
                dt { (reader.label("program")) } dd { "fichero " (env!("CARGO_PKG_VERSION")) }
            }
        }
    }

    /// The HTML that embeds the widgets, with the addresses of this server.
    fn snippets(&self) -> Markup {
        let (site, reader) = (self.site, self.reader);
        let script = html! { script type="module" src=(site.address(paths::WIDGETS, "")) {} };
        let search = html! {
            fichero-search { "\n  "
                form role="search" action=(site.address(paths::RESULTS_PAGE, "")) { "\n    "
                    input type="search" name="q" aria-label=(reader.label("search")); "\n    "
                    input type="hidden" name=(UI_LANG.name) value=(reader.lang); "\n    "
                    button { (reader.label("search")) } "\n  "
                } "\n"
            }
        };
        let related = html! { fichero-related {} };
        let recent = html! { fichero-recent kind="press-release" {} };
        let all = [("w-script", script), ("w-search", search), ("w-related", related), ("w-recent", recent)];
        html! {
            @for (label, lines) in all {
                h3 { (reader.label(label)) }
                // Rendered as text, not as markup.
                pre tabindex="0" { code { (lines.into_string()) } }
            }
        }
    }
}
