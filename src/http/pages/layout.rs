//! What all pages have in common: head, header, form, footer, and what a browser may do with them.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::locale::{LANGS, Reader, capitalized, language_name};
use crate::config::base_url::BaseUrl;
use crate::http::formats::html_assets;
use crate::http::formats::icon::ICON;
use crate::http::paths;
use crate::http::request::registry::{Q, UI_LANG};
use crate::http::state::settings::Settings;

const STYLE: &str = include_str!("pages.css");

/// Pages take their script and their answers from here, and pictures from wherever articles have them.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let own = "script-src 'self'; connect-src 'self'; img-src http: https: data:; form-action 'self'";
    let policy = format!("{}; {own}", html_assets::with_style(STYLE));
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// What a page varies with; caches of pages that come from the index are told the same.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Language, Accept");

/// Where the server stands.
pub(crate) struct SiteFrame {
    base: Option<BaseUrl>,
    name: String,
    is_configured: bool,
    /// What stands before every path: the path of the public address.
    root: String,
}

impl SiteFrame {
    /// As the settings say, or else a request.
    pub(crate) fn of(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> SiteFrame {
        let root = settings.public_url.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
        let base = BaseUrl::of(settings, uri, headers);
        let name = base.as_ref().map_or("fichero", |base| settings.name_at(base)).to_owned();
        SiteFrame { base, name, is_configured: settings.public_url.is_some(), root }
    }

    /// Whether its address is known, and not only guessed by the request.
    pub(crate) fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// Its name for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A link from a page to a path and a query.
    pub(crate) fn link(&self, path: &str, query: &str) -> String {
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{separator}{query}", self.root)
    }

    /// The whole address of a path and a query, as far as the host is known.
    pub(crate) fn address(&self, path: &str, query: &str) -> String {
        let separator = if query.is_empty() { "" } else { "?" };
        match &self.base {
            Some(base) => base.join(&format!("{path}{separator}{query}")),
            None => self.link(path, query),
        }
    }
}

/// A page to be written.
pub(crate) struct PageLayout<'p> {
    /// Where it stands.
    pub(crate) site: &'p SiteFrame,
    /// Who reads it.
    pub(crate) reader: &'p Reader,
    /// Its path; none where it stands in the place of another one.
    pub(crate) path: Option<&'static str>,
    /// The language that the reader has chosen.
    pub(crate) ui_lang: Option<&'p str>,
    /// What it is, before the name of the site.
    pub(crate) title: &'p str,
    /// Whether it is the front door: its name stands in its heading, and is no link to itself.
    pub(crate) is_front: bool,
    /// What else its head says.
    pub(crate) head: Markup,
    /// The query string of the same page in another language.
    pub(crate) in_lang: &'p dyn Fn(&str) -> String,
    /// What stands in it.
    pub(crate) main: Markup,
    /// What stands at its foot before what stands there on all pages.
    pub(crate) foot: Markup,
}

impl PageLayout<'_> {
    /// The page as an answer.
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        let lang = HeaderValue::from_static(self.reader.lang);
        let html = self.write().into_string();
        (status, [(header::CONTENT_LANGUAGE, lang), (header::VARY, VARY)], guarded(), html).into_response()
    }

    fn write(self) -> Markup {
        let PageLayout { site, reader, title, .. } = self;
        html! {
            (DOCTYPE)
            html lang=(reader.lang) dir="ltr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " – " (site.name()) }
                    (self.head)
                    @if let Some(path) = self.path {
                        @for lang in LANGS {
                            link rel="alternate" hreflang=(lang) href=(site.address(path, &(self.in_lang)(lang)));
                        }
                    }
                    link rel="icon" href=(ICON);
                    link rel="search" type="application/opensearchdescription+xml" title=(site.name()) href=(site.link(paths::OPENSEARCH, ""));
                    style { (PreEscaped(STYLE)) }
                    script type="module" src=(site.link(paths::WIDGETS, "")) {}
                }
                body {
                    a.skip href="#content" { (reader.label("skip")) }
                    header.top {
                        @if self.is_front {
                            span.name { (site.name()) }
                        } @else {
                            a.name href=(site.link(paths::FRONT_PAGE, &lang_query(self.ui_lang))) { (site.name()) }
                        }
                        (self.languages())
                    }
                    main #content { (self.main) }
                    footer {
                        (self.foot)
                        a href=(site.link(paths::DOCS_PAGE, "")) { (reader.label("docs")) }
                    }
                }
            }
        }
    }

    /// The link to the same place with another query.
    fn in_place(&self, query: String) -> String {
        match self.path {
            Some(path) => self.site.link(path, &query),
            None => format!("?{query}"),
        }
    }

    fn languages(&self) -> Markup {
        html! {
            nav.languages aria-label=(self.reader.label("languages")) {
                @for lang in LANGS {
                    a href=(self.in_place((self.in_lang)(lang))) hreflang=(lang) lang=(lang) rel="nofollow"
                        aria-current=[(lang == self.reader.lang).then_some("true")] {
                        (capitalized(&language_name(lang)))
                    }
                }
            }
        }
    }
}

/// The query string that only names a language.
pub(crate) fn lang_query(lang: Option<&str>) -> String {
    lang.map(|lang| format!("{}={lang}", UI_LANG.name)).unwrap_or_default()
}

/// The search form. It works by itself; around it, the widget offers suggestions.
pub(crate) fn form<'k>(
    site: &SiteFrame,
    reader: &Reader,
    q: &str,
    kept: impl Iterator<Item = (&'static str, &'k str)>,
) -> Markup {
    let label = reader.told("search-in", &[("site", site.name())]);
    html! {
        fichero-search {
            form.search role="search" action=(site.link(paths::RESULTS_PAGE, "")) {
                input type="search" name=(Q.name) value=(q) aria-label=(label) placeholder=(label) enterkeyhint="search";
                button { (reader.label("search")) }
                @for (name, value) in kept {
                    input type="hidden" name=(name) value=(value);
                }
            }
        }
    }
}

/// HTML, and what keeps it from being misused: nothing runs or loads in it but what is ours, and
/// nobody frames it.
pub(crate) fn guarded() -> [(HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
    ]
}
