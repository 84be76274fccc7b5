//! Facet counts as links: a value leads to the search with it, a selected one to the search without
//! it.

use maud::{Markup, html};

use super::labels::capitalized;
use super::layout::SiteFrame;
use super::locale::{Reader, language_name};
use super::search_url::SearchUrl;
use crate::article::{Kind, Moment};
use crate::engine::FacetCounts;
use crate::engine::facets::{TopicCount, ValueCount};
use crate::http::paths;
use crate::http::request::registry::{DATE_FROM, DATE_TO, KIND, KIND_NOT, LANG, TAG_NOT, TOPIC, TOPIC_NOT, YEAR};

/// How many values are visible; the others are collapsed.
const MAX_OPEN: usize = 8;

/// The input of a page's facets.
pub(crate) struct Facets<'p> {
    pub(crate) site: &'p SiteFrame,
    pub(crate) reader: &'p Reader,
    pub(crate) requested: &'p SearchUrl,
    pub(crate) counts: &'p FacetCounts,
}

/// One value of a facet, as displayed.
struct FacetChoice<'c> {
    value: &'c str,
    label: String,
    lang: Option<&'c str>,
    count: u64,
    below: &'c [TopicCount],
}

impl Facets<'_> {
    /// The facets, collapsed under one label on a small screen.
    pub(crate) fn whole(&self) -> Markup {
        // The page has no lists of tags and authors: they are long, and a hit links its own.
        let FacetCounts { topic, kind, year, lang, tag: _, author: _ } = self.counts;
        let facets = [
            self.facet(TOPIC.name, topic.iter().flatten().map(topic_choice).collect()),
            self.facet(KIND.name, self.plain(KIND.name, kind.iter().flatten().map(value_count))),
            self.facet(YEAR.name, self.plain(YEAR.name, year.iter().flatten().map(|of| (of.value.as_str(), of.count)))),
            self.facet(LANG.name, self.plain(LANG.name, lang.iter().flatten().map(value_count))),
        ];
        let chosen = self.requested.filters.len();
        html! {
            @if facets.iter().any(Option::is_some) {
                nav.facets aria-label=(self.reader.label("filters")) {
                    details {
                        summary {
                            (self.reader.label("filters"))
                            @if chosen > 0 { " (" (chosen) ")" }
                        }
                        @for facet in facets.iter().flatten() { (facet) }
                    }
                }
            }
        }
    }

    /// The values of a flat facet, with the number of works of each.
    fn plain<'c>(&self, name: &str, counts: impl Iterator<Item = (&'c str, u64)>) -> Vec<FacetChoice<'c>> {
        let choice = |(value, count): (&'c str, u64)| FacetChoice {
            value,
            label: self.value_label(name, value),
            lang: (name == LANG.name).then_some(value),
            count,
            below: &[],
        };
        counts.map(choice).collect()
    }

    fn facet(&self, name: &'static str, choices: Vec<FacetChoice<'_>>) -> Option<Markup> {
        let chosen = self.requested.values(name).count();
        // A single value that all works have is no choice.
        if choices.len() + chosen < 2 {
            return None;
        }
        let (open, beyond) = choices.split_at(choices.len().min(MAX_OPEN));
        Some(html! {
            h2 { (self.reader.label(name)) }
            (self.choices(name, open))
            @if !beyond.is_empty() {
                details open[beyond.iter().any(|choice| self.leads_to_chosen(name, choice.value))] {
                    summary { (self.reader.label("more")) }
                    (self.choices(name, beyond))
                }
            }
        })
    }

    fn choices(&self, name: &'static str, choices: &[FacetChoice<'_>]) -> Markup {
        html! {
            ul role="list" {
                @for choice in choices {
                    li {
                        (self.choice(name, choice))
                        @if !choice.below.is_empty() && self.leads_to_chosen(name, choice.value) {
                            (self.choices(name, &choice.below.iter().map(topic_choice).collect::<Vec<_>>()))
                        }
                    }
                }
            }
        }
    }

    fn choice(&self, name: &'static str, choice: &FacetChoice<'_>) -> Markup {
        let is_chosen = self.requested.has(name, choice.value);
        let there = match is_chosen {
            true => self.requested.without(name, choice.value),
            false => self.requested.only(name, choice.value),
        };
        html! {
            a href=(self.link(&there)) rel="nofollow" aria-current=[is_chosen.then_some("true")] {
                span lang=[choice.lang] dir=[choice.lang.map(|_| "auto")] { (choice.label) }
                " "
                span.count { (self.reader.number(choice.count)) }
            }
        }
    }

    /// Whether a value or a topic below it is selected.
    fn leads_to_chosen(&self, name: &str, value: &str) -> bool {
        let is_below = |chosen: &str| chosen.strip_prefix(value).is_some_and(|rest| rest.starts_with('/'));
        self.requested.has(name, value) || self.requested.values(name).any(is_below)
    }

    fn link(&self, requested: &SearchUrl) -> String {
        self.site.link(paths::RESULTS_PAGE, &requested.to_query())
    }

    /// All selected filters, each with a link that removes it, on any screen.
    pub(crate) fn chosen(&self) -> Markup {
        html! {
            @if !self.requested.filters.is_empty() {
                ul.chosen role="list" aria-label=(self.reader.label("chosen")) {
                    @for (name, value) in &self.requested.filters {
                        @let label = self.filter_label(name, value);
                        li {
                            a href=(self.link(&self.requested.without(name, value))) rel="nofollow"
                                aria-label=(self.reader.label_with("remove", &[("what", &label)])) {
                                span { (label) } span aria-hidden="true" { "×" }
                            }
                        }
                    }
                    @if self.requested.filters.len() > 1 {
                        li { a href=(self.link(&self.requested.unfiltered())) rel="nofollow" { (self.reader.label("clear")) } }
                    }
                }
            }
        }
    }

    /// The label of a filter.
    pub(crate) fn filter_label(&self, name: &str, value: &str) -> String {
        let named = |name: &str| self.value_label(name, value);
        match name {
            _ if name == DATE_FROM.name || name == DATE_TO.name => {
                let day = Moment::parse(value).map_or_else(|_| value.to_owned(), |day| self.reader.day(&day));
                self.reader.label_with(name, &[("what", &day)])
            }
            _ if name == TOPIC_NOT.name => self.reader.label_with("without", &[("what", &named(TOPIC.name))]),
            _ if name == KIND_NOT.name => self.reader.label_with("without", &[("what", &named(KIND.name))]),
            _ if name == TAG_NOT.name => self.reader.label_with("without", &[("what", value)]),
            _ => named(name),
        }
    }

    fn value_label(&self, name: &str, value: &str) -> String {
        match name {
            _ if name == KIND.name => match Kind::named(value) {
                Some(kind) => self.site.kind_label(&kind, self.reader).into_owned(),
                None => value.to_owned(),
            },
            _ if name == LANG.name => capitalized(&language_name(value)),
            _ if name == TOPIC.name => {
                let topics = self.counts.topic.as_deref().unwrap_or_default();
                topic_label(topics, value).unwrap_or_else(|| value.rsplit('/').next().unwrap_or(value)).to_owned()
            }
            _ => value.to_owned(),
        }
    }
}

fn value_count(of: &ValueCount) -> (&str, u64) {
    (&of.value, of.count)
}

fn topic_choice(topic: &TopicCount) -> FacetChoice<'_> {
    FacetChoice {
        value: &topic.value,
        label: topic.label.clone(),
        lang: None,
        count: topic.count,
        below: &topic.children,
    }
}

fn topic_label<'t>(topics: &'t [TopicCount], path: &str) -> Option<&'t str> {
    topics.iter().find_map(|topic| match topic.value == path {
        true => Some(topic.label.as_str()),
        false => topic_label(&topic.children, path),
    })
}
