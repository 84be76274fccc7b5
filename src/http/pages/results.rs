//! The results page.

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
use crate::http::error::responses::{PageErrors, Problems};
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
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Problems<PageErrors>)
)]
pub(crate) async fn results(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    InAddress { params, .. }: InAddress<Reading>,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let requested = SearchUrl::read(&params)?;
    let reader = Reader::of(requested.ui_lang.as_deref(), &headers);
    let mut search_params = requested.as_search(&params);
    // Page and hits use the same language, except where the headers only name languages that no
    // page has.
    let is_foreign = reader.requested_lang.is_none() && negotiation::language(&headers).is_some();
    if requested.ui_lang.is_none() && !is_foreign {
        search_params = search_params.with(&UI_LANG, reader.requested_lang.as_deref().unwrap_or(reader.lang));
    }
    let search = Search::read(&search_params, &SORT, &headers, &app.settings)?;
    let metrics = app.metrics.clone();
    let answered = app.with_engine(move |engine| search.answer(engine, &metrics, begun)).await?;
    let site = SiteFrame::of(&app.settings, &uri, &headers);
    let relaxed = answered.answer.recovery.as_ref().map(|recovery| requested.as_relaxed(recovery));
    let shown = relaxed.as_ref().unwrap_or(&requested);
    let page = Results { site: &site, reader: &reader, requested: &requested, shown, answered: &answered };
    Ok(page.answer())
}

struct Results<'p> {
    site: &'p SiteFrame,
    reader: &'p Reader,
    requested: &'p SearchUrl,
    /// The search that was run, as far as its filters differ.
    shown: &'p SearchUrl,
    answered: &'p AnsweredSearch,
}

impl Results<'_> {
    fn answer(&self) -> Response {
        let (site, reader, requested) = (self.site, self.reader, self.requested);
        let page = match requested.page {
            1 => String::new(),
            page => format!(" – {}", self.page_label("page-of", page)),
        };
        let title = match requested.q.as_str() {
            "" => format!("{}{page}", reader.label("all")),
            q => format!("{}{page} – {}", shortened(q), reader.label("search")),
        };
        let feed = self.feed();
        let page = PageLayout {
            site,
            reader,
            path: Some(paths::RESULTS_PAGE),
            ui_lang: requested.ui_lang.as_deref(),
            title: &title,
            is_front: false,
            head: self.head(feed.as_deref()),
            in_lang: &|lang| requested.in_lang(lang).to_query(),
            main: self.main(),
            foot: html! {
                @if let Some(feed) = &feed {
                    a href=(feed) type=(atom::MEDIA_TYPE) rel="nofollow" { (reader.label("feed")) }
                }
            },
        };
        page.answer(StatusCode::OK)
    }

    /// The address of the feed. A feed runs the search as typed, so a relaxed search has no feed
    /// unless only its spelling was corrected.
    fn feed(&self) -> Option<String> {
        let requested = match &self.answered.answer.recovery {
            Some(Recovery { kind, to, .. }) if kind.is_respelling() => {
                SearchUrl { q: to.clone(), ..self.shown.clone() }
            }
            _ if self.is_as_typed() => self.requested.clone(),
            _ => return None,
        };
        Some(self.site.link(paths::FEED, &requested.to_feed_query()))
    }

    /// Whether the search was run as typed.
    fn is_as_typed(&self) -> bool {
        self.answered.answer.recovery.is_none() && self.answered.answer.corrections.is_empty()
    }

    fn head(&self, feed: Option<&str>) -> Markup {
        let (site, reader, requested) = (self.site, self.reader, self.requested);
        let total = reader.number(self.answered.answer.total.value);
        let about = match requested.q.as_str() {
            "" => reader.label_with("about-all", &[("site", site.name())]),
            q => reader.label_with("about-results", &[("site", site.name()), ("n", &total), ("q", &shortened(q))]),
        };
        html! {
            meta name="description" content=(about);
            // Result pages are kept out of indexes: queries, filters and orders give endlessly many
            // pages whose texts stand elsewhere. Crawlers may follow their links.
            @if !requested.is_plain() { meta name="robots" content="noindex, follow"; }
            link rel="canonical" href=(site.address(paths::RESULTS_PAGE, &requested.to_query()));
            @if let Some(before) = self.previous_page() { link rel="prev" href=(self.to(&requested.on_page(before))); }
            @if let Some(after) = self.next_page() { link rel="next" href=(self.to(&requested.on_page(after))); }
            @if let Some(feed) = feed {
                link rel="alternate" type=(atom::MEDIA_TYPE) href=(feed) title=(reader.label("feed"));
            }
        }
    }

    fn main(&self) -> Markup {
        let (site, reader, requested, answer) = (self.site, self.reader, self.requested, &self.answered.answer);
        let facets = Facets { site, reader, requested: self.shown, counts: &answer.facets };
        html! {
            (form(site, reader, &requested.q, self.shown.form_fields()))
            h1 { (self.heading()) }
            @if !answer.hits.is_empty() {
                p.total {
                    (reader.count("results", answer.total.value))
                    @if requested.page > 1 { " · " (self.page_label("page-of", requested.page)) }
                }
            }
            (notice(site, reader, requested, self.answered, &facets))
            (facets.chosen())
            div.columns {
                @if self.has_true_counts() { (facets.whole()) }
                div.found {
                    @if self.answered.is_newest() {
                        p.newest { (reader.label("recent")) }
                        (self.hits(&answer.newest))
                    } @else if answer.hits.is_empty() {
                        (self.empty_state())
                    } @else {
                        (self.orders())
                        @let (coming, rest) = answer.hits.split_at(self.first_past_event());
                        (self.hits(coming))
                        @if !rest.is_empty() { p.past { (reader.label("over")) } }
                        (self.hits(rest))
                        (self.pages())
                    }
                }
            }
            (self.json_ld())
        }
    }

    /// Whether selecting a facet value gives its count. It does not where words were dropped and
    /// filters are set, because another filter may match all words; nor after a newest-articles
    /// fallback.
    fn has_true_counts(&self) -> bool {
        match self.answered.answer.recovery.as_ref().map(|recovery| recovery.kind) {
            Some(RecoveryKind::Newest) => false,
            Some(RecoveryKind::FewerWords | RecoveryKind::AnyWord) => self.requested.filters.is_empty(),
            _ => true,
        }
    }

    fn heading(&self) -> String {
        let q = self.requested.q.as_str();
        let key = match (q, self.answered.answer.total.value) {
            ("", 0) => "nothing",
            ("", _) => "all",
            (_, 0) => "none",
            _ => "results-for",
        };
        self.reader.label_with(key, &[("q", &shortened(q))])
    }

    fn to(&self, requested: &SearchUrl) -> String {
        self.site.link(paths::RESULTS_PAGE, &requested.to_query())
    }

    /// The number of the last page.
    fn last_page(&self) -> usize {
        let hits = usize::try_from(self.answered.answer.total.value).unwrap_or(usize::MAX);
        hits.div_ceil(HITS_A_PAGE).min(MAX_OFFSET / HITS_A_PAGE + 1)
    }

    fn previous_page(&self) -> Option<usize> {
        (self.requested.page > 1 && self.requested.page <= self.last_page()).then(|| self.requested.page - 1)
    }

    fn next_page(&self) -> Option<usize> {
        (self.requested.page < self.last_page()).then(|| self.requested.page + 1)
    }

    fn page_label(&self, key: &str, page: usize) -> String {
        let number = |page: usize| self.reader.number(page as u64);
        self.reader.label_with(key, &[("n", &number(page)), ("last", &number(self.last_page()))])
    }

    fn orders(&self) -> Markup {
        // Without words to match, the newest come first by default.
        let is_by_date = self.requested.q.is_empty();
        let mut orders = match is_by_date {
            true => vec![(Sort::Relevance, "sort-newest"), (Sort::Oldest, "sort-oldest")],
            false => {
                vec![(Sort::Relevance, "sort-relevance"), (Sort::Newest, "sort-newest"), (Sort::Oldest, "sort-oldest")]
            }
        };
        let has_event = self.answered.answer.hits.iter().any(|hit| hit.card.starts_at.is_some());
        if has_event || self.requested.sort == Sort::Events {
            orders.push((Sort::Events, "sort-events"));
        }
        let present = match self.requested.sort {
            Sort::Newest if is_by_date => Sort::Relevance,
            sort => sort,
        };
        html! {
            nav.orders aria-label=(self.reader.label("sort")) {
                @for (sort, label) in orders {
                    a href=(self.to(&self.requested.sorted(sort))) rel="nofollow"
                        aria-current=[(present == sort).then_some("true")] { (self.reader.label(label)) }
                }
            }
        }
    }

    /// The index of the first event that is over, in the order of events; without one, the number of hits.
    fn first_past_event(&self) -> usize {
        let AnsweredSearch { answer, events_seen_s, .. } = self.answered;
        let is_over = |hit: &Hit| self.requested.sort == Sort::Events && hit.card.is_over(*events_seen_s);
        answer.hits.iter().position(is_over).unwrap_or(answer.hits.len())
    }

    fn hits(&self, hits: &[Hit]) -> Markup {
        html! {
            @if !hits.is_empty() {
                ol.hits role="list" {
                    @for hit in hits { li { (self.hit(hit)) } }
                }
            }
        }
    }

    fn hit(&self, hit: &Hit) -> Markup {
        let (reader, card) = (self.reader, &hit.card);
        // Escaped by the engine, with `<mark>` as the only element.
        let snippet = PreEscaped(hit.snippet_html.as_str());
        let title = match hit.title_html.as_str() {
            "" => html! { (card.heading()) },
            title => PreEscaped(title.to_owned()),
        };
        html! {
            @if let Some(picture) = card::picture(card) { img src=(picture) alt="" loading="lazy"; }
            h2 lang=(card.lang) dir="auto" { (card::link(card.url.as_deref(), &card.lang, None, &title)) }
            p.facts { (card::facts(reader, card, Some(&self.site.kind_label(&card.kind, reader)))) }
            @if !snippet.0.is_empty() { p lang=(card.lang) dir="auto" { (snippet) } }
            @if !card.topics.is_empty() { p.aside lang=(card.lang) dir="auto" { (card::topics(&card.topics)) } }
            @if !hit.translations.is_empty() {
                p.aside { (reader.label_with_html("also", &self.translations(&hit.translations))) }
            }
        }
    }

    fn translations(&self, translations: &[Translation]) -> Markup {
        html! {
            @for (index, other) in translations.iter().enumerate() {
                @if index > 0 { ", " }
                span lang=(other.lang) dir="auto" {
                    (card::link(other.url.as_deref(), &other.lang, None, &html! { (language_name(&other.lang)) }))
                }
            }
        }
    }

    fn pages(&self) -> Markup {
        let (last, page) = (self.last_page(), self.requested.page);
        let mut near = vec![1, page.saturating_sub(1), page, page + 1, last];
        near.retain(|number| (1..=last).contains(number));
        near.dedup();
        html! {
            @if last > 1 {
                nav.pages aria-label=(self.reader.label("pages")) {
                    @if let Some(before) = self.previous_page() {
                        a rel="prev" href=(self.to(&self.requested.on_page(before))) { (self.reader.label("previous")) }
                    }
                    @for (index, number) in near.iter().enumerate() {
                        @if index.checked_sub(1).and_then(|at| near.get(at)).is_some_and(|before| before + 1 < *number) { span { "…" } }
                        a href=(self.to(&self.requested.on_page(*number))) aria-label=(self.page_label("page", *number))
                            aria-current=[(*number == page).then_some("page")] { (self.reader.number(*number as u64)) }
                    }
                    @if let Some(after) = self.next_page() {
                        a rel="next" href=(self.to(&self.requested.on_page(after))) { (self.reader.label("next")) }
                    }
                }
            }
        }
    }

    /// Suggestions for a reader without hits on this page.
    fn empty_state(&self) -> Markup {
        let (reader, requested) = (self.reader, self.requested);
        if self.answered.answer.total.value > 0 {
            return html! {
                p { (self.page_label("no-page", requested.page)) }
                p { a href=(self.to(&requested.on_page(self.last_page()))) { (reader.label("last-page")) } }
            };
        }
        let newest = SearchUrl { ui_lang: requested.ui_lang.clone(), ..SearchUrl::default() };
        html! {
            @if requested.literal { p { (reader.label("exactly")) } }
            @else if !requested.q.is_empty() { p { (reader.label("check")) } }
            ul.ways {
                @if requested.literal {
                    li { a href=(self.to(&requested.with_literal(false))) rel="nofollow" { (reader.label("similar")) } }
                }
                @if !requested.filters.is_empty() {
                    li { a href=(self.to(&requested.unfiltered())) rel="nofollow" { (reader.label("without-filters")) } }
                }
                li { a href=(self.to(&newest)) { (reader.label("newest")) } }
            }
        }
    }

    /// The hits as JSON-LD, as `Accept: application/ld+json` gives them; of two words also the hits that
    /// hold one of them, as on the page. JSON-LD cannot say that the query was changed, so it is left out
    /// then.
    fn json_ld(&self) -> Markup {
        let AnsweredSearch { query, answer, .. } = self.answered;
        if answer.hits.is_empty() || !self.is_as_typed() {
            return Markup::default();
        }
        let cards = answer.hits.iter().map(|hit| hit.card.clone());
        let list = ItemList::of(query.clone(), answer.total.value, answer.place, cards);
        // With `<` escaped, the JSON cannot end the element.
        let json = serde_json::to_string(&list).unwrap_or_default().replace('<', "\\u003c");
        html! { script type=(json_ld::MEDIA_TYPE) { (PreEscaped(json)) } }
    }
}
