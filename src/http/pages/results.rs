//! The page of results.

use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::{Markup, PreEscaped, html};

use super::card;
use super::facets::Facets;
use super::layout::{PageLayout, SiteFrame, form};
use super::locale::{Reader, language_name, shortened};
use super::recovery_notice::notice;
use super::search_url::SearchUrl;
use crate::engine::{Hit, MAX_OFFSET, Recovery, RecoveryKind, Sort, Translation};
use crate::http::api::search::{AnsweredSearch, Search};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{OfPage, Problems};
use crate::http::formats::atom;
use crate::http::formats::json_ld::{self, ItemList};
use crate::http::paths;
use crate::http::request::negotiation::{self, AcceptLanguage};
use crate::http::request::query::InAddress;
use crate::http::request::registry::{HITS_A_PAGE, Reading, SORT, UI_LANG};
use crate::http::state::App;

/// The page of results
///
/// A search as a page for readers, whole without a script: hits, facets as links, pages, what was
/// searched for instead of a misspelt word. Its parameters are those of the widget's page and the
/// API's other filters; others are passed over.
#[utoipa::path(
    get,
    path = paths::RESULTS_PAGE,
    operation_id = "resultsPage",
    tag = "Pages",
    params(InAddress<Reading>, AcceptLanguage),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Problems<OfPage>)
)]
pub(crate) async fn results(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    InAddress { params, .. }: InAddress<Reading>,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let asked = SearchUrl::read(&params)?;
    let reader = Reader::of(asked.ui_lang.as_deref(), &headers);
    let mut asking = asked.as_search(&params);
    // Page and hits are in the same language, unless all that is told is one that no page is in.
    let is_foreign = reader.told_lang.is_none() && negotiation::language(&headers).is_some();
    if asked.ui_lang.is_none() && !is_foreign {
        asking = asking.with(&UI_LANG, reader.told_lang.as_deref().unwrap_or(reader.lang));
    }
    let search = Search::read(&asking, &SORT, &headers, &app.settings)?;
    let metrics = app.metrics.clone();
    let answered = app.with_engine(move |engine| search.answer(engine, &metrics, begun)).await?;
    let site = SiteFrame::of(&app.settings, &uri, &headers);
    let helped = answered.answer.recovery.as_ref().map(|recovery| asked.as_helped(recovery));
    let shown = helped.as_ref().unwrap_or(&asked);
    let page = Results { site: &site, reader: &reader, asked: &asked, shown, answered: &answered };
    Ok(page.answer())
}

struct Results<'p> {
    site: &'p SiteFrame,
    reader: &'p Reader,
    asked: &'p SearchUrl,
    /// The search that is answered, as far as its filters go.
    shown: &'p SearchUrl,
    answered: &'p AnsweredSearch,
}

impl Results<'_> {
    fn answer(&self) -> Response {
        let (site, reader, asked) = (self.site, self.reader, self.asked);
        let title = match asked.q.as_str() {
            "" => reader.label("all").to_owned(),
            q => format!("{} – {}", shortened(q), reader.label("search")),
        };
        let feed = self.feed();
        let page = PageLayout {
            site,
            reader,
            path: Some(paths::RESULTS_PAGE),
            ui_lang: asked.ui_lang.as_deref(),
            title: &title,
            is_front: false,
            head: self.head(feed.as_deref()),
            in_lang: &|lang| asked.in_lang(lang).to_query(),
            main: self.main(),
            foot: html! {
                @if let Some(feed) = &feed {
                    a href=(feed) type=(atom::MEDIA_TYPE) rel="nofollow" { (reader.label("feed")) }
                }
            },
        };
        page.answer(StatusCode::OK)
    }

    /// The address of its feed. That answers what it is asked for as it is written: where more was done
    /// for a search than to spell it otherwise, it has none.
    fn feed(&self) -> Option<String> {
        let asked = match &self.answered.answer.recovery {
            Some(Recovery { kind, to, .. }) if kind.is_respelling() => {
                SearchUrl { q: to.clone(), ..self.shown.clone() }
            }
            _ if self.is_as_typed() => self.asked.clone(),
            _ => return None,
        };
        Some(self.site.link(paths::FEED, &asked.to_feed_query()))
    }

    /// Whether what was typed is answered, and nothing else.
    fn is_as_typed(&self) -> bool {
        self.answered.answer.recovery.is_none() && self.answered.answer.corrections.is_empty()
    }

    fn head(&self, feed: Option<&str>) -> Markup {
        let (site, reader, asked) = (self.site, self.reader, self.asked);
        let total = reader.number(self.answered.answer.total.value);
        let about = match asked.q.as_str() {
            "" => reader.told("about-all", &[("site", site.name())]),
            q => reader.told("about-results", &[("site", site.name()), ("n", &total), ("q", &shortened(q))]),
        };
        html! {
            meta name="description" content=(about);
            // Results of a search are no page of a site: each query, filter and order would be one
            // more, without end, of texts that stand elsewhere. Crawlers may follow their links.
            @if !asked.is_plain() { meta name="robots" content="noindex, follow"; }
            link rel="canonical" href=(site.address(paths::RESULTS_PAGE, &asked.to_query()));
            @if let Some(before) = self.before() { link rel="prev" href=(self.to(&asked.on_page(before))); }
            @if let Some(after) = self.after() { link rel="next" href=(self.to(&asked.on_page(after))); }
            @if let Some(feed) = feed {
                link rel="alternate" type=(atom::MEDIA_TYPE) href=(feed) title=(reader.label("feed"));
            }
        }
    }

    fn main(&self) -> Markup {
        let (site, reader, asked, answer) = (self.site, self.reader, self.asked, &self.answered.answer);
        let facets = Facets { site, reader, asked: self.shown, counts: &answer.facets };
        html! {
            (form(site, reader, &asked.q, self.shown.kept()))
            h1 { (self.heading()) }
            @if !self.answered.is_newest() && !answer.hits.is_empty() {
                p.total {
                    (reader.count("results", answer.total.value))
                    @if asked.page > 1 { " · " (self.place("page-of", asked.page)) }
                }
            }
            (notice(site, reader, asked, self.answered, &facets))
            (facets.chosen())
            div.columns {
                @if self.has_true_counts() { (facets.whole()) }
                div.found {
                    @if answer.hits.is_empty() {
                        (self.ways_on())
                    } @else {
                        (self.orders())
                        ol.hits role="list" {
                            @for hit in &answer.hits { li { (self.hit(hit)) } }
                        }
                        (self.pages())
                    }
                }
            }
            (self.as_data())
        }
    }

    /// Whether facets lead to what they count: where words were left out under filters, other ones
    /// can find what holds all words, and what is newest was not searched for.
    fn has_true_counts(&self) -> bool {
        match self.answered.answer.recovery.as_ref().map(|recovery| recovery.kind) {
            Some(RecoveryKind::Newest) => false,
            Some(RecoveryKind::FewerWords | RecoveryKind::AnyWord) => self.asked.filters.is_empty(),
            _ => true,
        }
    }

    fn heading(&self) -> String {
        let q = self.asked.q.as_str();
        let key = match (q, self.answered.answer.total.value) {
            ("", 0) => "nothing",
            ("", _) => "all",
            (_, 0) => "none",
            _ if self.answered.is_newest() => "none",
            _ => "results-for",
        };
        self.reader.told(key, &[("q", &shortened(q))])
    }

    fn to(&self, asked: &SearchUrl) -> String {
        self.site.link(paths::RESULTS_PAGE, &asked.to_query())
    }

    /// How many pages there are.
    fn last(&self) -> usize {
        let hits = usize::try_from(self.answered.answer.total.value).unwrap_or(usize::MAX);
        hits.div_ceil(HITS_A_PAGE).min(MAX_OFFSET / HITS_A_PAGE + 1)
    }

    fn before(&self) -> Option<usize> {
        (self.asked.page > 1 && self.asked.page <= self.last()).then(|| self.asked.page - 1)
    }

    fn after(&self) -> Option<usize> {
        (self.asked.page < self.last()).then(|| self.asked.page + 1)
    }

    fn place(&self, key: &str, page: usize) -> String {
        let number = |page: usize| self.reader.number(page as u64);
        self.reader.told(key, &[("n", &number(page)), ("last", &number(self.last()))])
    }

    fn orders(&self) -> Markup {
        // Of what matches no words, what is newest comes first.
        let is_by_date = self.asked.q.is_empty() || self.answered.is_newest();
        let orders: &[(Sort, &str)] = match is_by_date {
            true => &[(Sort::Relevance, "sort-newest"), (Sort::Oldest, "sort-oldest")],
            false => {
                &[(Sort::Relevance, "sort-relevance"), (Sort::Newest, "sort-newest"), (Sort::Oldest, "sort-oldest")]
            }
        };
        let present = match self.asked.sort {
            Sort::Newest if is_by_date => Sort::Relevance,
            sort => sort,
        };
        html! {
            nav.orders aria-label=(self.reader.label("sort")) {
                @for (sort, label) in orders {
                    a href=(self.to(&self.asked.sorted(*sort))) rel="nofollow"
                        aria-current=[(present == *sort).then_some("true")] { (self.reader.label(label)) }
                }
            }
        }
    }

    fn hit(&self, hit: &Hit) -> Markup {
        let (reader, card) = (self.reader, &hit.card);
        // Escaped by the engine, with `<mark>` as the only element.
        let (title, snippet) = (PreEscaped(hit.title_html.clone()), PreEscaped(hit.snippet_html.as_str()));
        html! {
            @if let Some(picture) = card::picture(card) { img src=(picture) alt="" loading="lazy"; }
            h2 lang=(card.lang) dir="auto" { (card::link(card.url.as_deref(), &card.lang, None, &title)) }
            p.facts { (card::facts(reader, card, Some(card.kind.as_str()))) }
            @if !snippet.0.is_empty() { p lang=(card.lang) dir="auto" { (snippet) } }
            @if !card.topics.is_empty() { p.aside lang=(card.lang) dir="auto" { (card::topics(&card.topics)) } }
            @if !hit.translations.is_empty() {
                p.aside { (reader.shown("also", &self.translations(&hit.translations))) }
            }
        }
    }

    fn translations(&self, translations: &[Translation]) -> Markup {
        html! {
            @for (place, other) in translations.iter().enumerate() {
                @if place > 0 { ", " }
                span lang=(other.lang) dir="auto" {
                    (card::link(other.url.as_deref(), &other.lang, None, &html! { (language_name(&other.lang)) }))
                }
            }
        }
    }

    fn pages(&self) -> Markup {
        let (last, page) = (self.last(), self.asked.page);
        let mut near = vec![1, page.saturating_sub(1), page, page + 1, last];
        near.retain(|number| (1..=last).contains(number));
        near.dedup();
        html! {
            @if last > 1 {
                nav.pages aria-label=(self.reader.label("pages")) {
                    @if let Some(before) = self.before() {
                        a rel="prev" href=(self.to(&self.asked.on_page(before))) { (self.reader.label("previous")) }
                    }
                    @for (place, number) in near.iter().enumerate() {
                        @if place.checked_sub(1).and_then(|at| near.get(at)).is_some_and(|before| before + 1 < *number) { span { "…" } }
                        a href=(self.to(&self.asked.on_page(*number)))
                            aria-current=[(*number == page).then_some("page")] { (self.reader.number(*number as u64)) }
                    }
                    @if let Some(after) = self.after() {
                        a rel="next" href=(self.to(&self.asked.on_page(after))) { (self.reader.label("next")) }
                    }
                }
            }
        }
    }

    /// What a reader can do who has no hits here.
    fn ways_on(&self) -> Markup {
        let (reader, asked) = (self.reader, self.asked);
        if self.answered.answer.total.value > 0 {
            return html! {
                p { (self.place("no-page", asked.page)) }
                p { a href=(self.to(&asked.on_page(self.last()))) { (reader.label("last-page")) } }
            };
        }
        let newest = SearchUrl { ui_lang: asked.ui_lang.clone(), ..SearchUrl::default() };
        html! {
            @if asked.literal { p { (reader.label("exactly")) } }
            @else if !asked.q.is_empty() { p { (reader.label("check")) } }
            ul.ways {
                @if asked.literal {
                    li { a href=(self.to(&asked.taken(false))) rel="nofollow" { (reader.label("similar")) } }
                }
                @if !asked.filters.is_empty() {
                    li { a href=(self.to(&asked.unfiltered())) rel="nofollow" { (reader.label("without-filters")) } }
                }
                li { a href=(self.to(&newest)) { (reader.label("newest")) } }
            }
        }
    }

    /// The hits for programs, as `Accept: application/ld+json` answers them. That says nothing of how
    /// a search was helped, so that it stands where it was not.
    fn as_data(&self) -> Markup {
        let AnsweredSearch { query, answer, .. } = self.answered;
        if answer.hits.is_empty() || !self.is_as_typed() {
            return Markup::default();
        }
        let cards = answer.hits.iter().map(|hit| hit.card.clone());
        let list = ItemList::of(query.clone(), answer.total.value, answer.place, cards);
        // Nothing in it can end the element.
        let json = serde_json::to_string(&list).unwrap_or_default().replace('<', "\\u003c");
        html! { script type=(json_ld::MEDIA_TYPE) { (PreEscaped(json)) } }
    }
}
