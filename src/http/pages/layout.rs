//! The layout of all pages: head, header, form, footer, and their Content Security Policy.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::labels::{self, capitalized};
use super::locale::{LANGS, Reader, language_name};
use crate::article::{Kind, Kinds};
use crate::config::base_url::BaseUrl;
use crate::http::formats::html_assets;
use crate::http::formats::icon::ICON;
use crate::http::paths;
use crate::http::request::registry::{Q, UI_LANG};
use crate::http::state::settings::Settings;

const STYLE: &str = include_str!("pages.css");

/// Pages load their script and data from this server, and pictures from anywhere.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let own = "script-src 'self'; connect-src 'self'; img-src http: https: data:; form-action 'self'";
    let policy = format!("{}; {own}", html_assets::with_style(STYLE));
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The `Vary` header of a page; caching of pages from the index sets the same.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Language, Accept");

/// The site: its name and its base address.
pub(crate) struct SiteFrame {
    base: Option<BaseUrl>,
    name: String,
    is_configured: bool,
    /// The prefix of every path: the path of the public address.
    root: String,
    kinds: Kinds,
}

impl SiteFrame {
    /// The site according to the settings, or else to the request.
    pub(crate) fn of(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> SiteFrame {
        let root = settings.public_url.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
        let base = BaseUrl::of(settings, uri, headers);
        let name = base.as_ref().map_or("fichero", |base| settings.name_at(base)).to_owned();
        let kinds = settings.reading.kinds.clone();
        SiteFrame { base, name, is_configured: settings.public_url.is_some(), root, kinds }
    }

    /// Whether its address is configured rather than taken from the request.
    pub(crate) fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// Its human-readable name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The label of a kind in the reader's language.
    pub(crate) fn kind_label<'k>(&'k self, kind: &'k Kind, reader: &Reader) -> Cow<'k, str> {
        labels::kind_label(&self.kinds, kind, reader.lang)
    }

    /// A link from a page to a path and a query.
    pub(crate) fn link(&self, path: &str, query: &str) -> String {
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{separator}{query}", self.root)
    }

    /// The absolute address of a path and a query, where the host is known.
    pub(crate) fn address(&self, path: &str, query: &str) -> String {
        let separator = if query.is_empty() { "" } else { "?" };
        match &self.base {
            Some(base) => base.join(&format!("{path}{separator}{query}")),
            None => self.link(path, query),
        }
    }
}

/// A page to be rendered.
pub(crate) struct PageLayout<'p> {
    /// The site.
    pub(crate) site: &'p SiteFrame,
    /// The reader.
    pub(crate) reader: &'p Reader,
    /// Its path; `None` for a page that replaces another one, such as an error.
    pub(crate) path: Option<&'static str>,
    /// The language that the reader has chosen.
    pub(crate) ui_lang: Option<&'p str>,
    /// The title, before the name of the site.
    pub(crate) title: &'p str,
    /// Whether it is the front page: the name of the site is no link there.
    pub(crate) is_front: bool,
    /// Additional content of the `head` element.
    pub(crate) head: Markup,
    /// The query string of the same page in another language.
    pub(crate) in_lang: &'p dyn Fn(&str) -> String,
    /// The main content.
    pub(crate) main: Markup,
    /// Content of the footer, before that of all pages.
    pub(crate) foot: Markup,
}

impl PageLayout<'_> {
    /// The page as a response.
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

    /// The link to the same page with another query.
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

/// The query string that only gives a language.
pub(crate) fn lang_query(lang: Option<&str>) -> String {
    lang.map(|lang| format!("{}={lang}", UI_LANG.name)).unwrap_or_default()
}

/// The search form. It works without a script; the widget adds suggestions.
pub(crate) fn form<'k>(
    site: &SiteFrame,
    reader: &Reader,
    q: &str,
    fields: impl Iterator<Item = (&'static str, &'k str)>,
) -> Markup {
    let label = reader.label_with("search-in", &[("site", site.name())]);
    html! {
        fichero-search {
            form.search role="search" action=(site.link(paths::RESULTS_PAGE, "")) {
                // Correctors of phones turn names and acronyms into words.
                input type="search" name=(Q.name) value=(q) aria-label=(label) placeholder=(label)
                    autocapitalize="none" autocorrect="off" enterkeyhint="search" inputmode="search";
                button { (reader.label("search")) }
                @for (name, value) in fields {
                    input type="hidden" name=(name) value=(value);
                }
            }
        }
    }
}

/// The headers of an HTML page. The policy allows only our own scripts and data, and no framing.
pub(crate) fn guarded() -> [(HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
    ]
}
