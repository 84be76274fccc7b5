//! The counts of an answer as links: each leads to as many works as it says, and a chosen one to
//! the search without it.

use maud::{Markup, html};

use super::asked::Asked;
use super::layout::Site;
use super::reader::{Reader, capitalized, language_name};
use crate::article::Moment;
use crate::engine::FacetCounts;
use crate::engine::facets::{TopicCount, ValueCount};
use crate::http::parameters::{DATE_FROM, DATE_TO, KIND, KIND_NOT, LANG, TAG_NOT, TOPIC, TOPIC_NOT, YEAR};

/// How many values stand open; what is beyond opens.
const MAX_OPEN: usize = 8;

/// What the facets of a page are made of.
pub(super) struct Facets<'p> {
    pub(super) site: &'p Site,
    pub(super) reader: &'p Reader,
    pub(super) asked: &'p Asked,
    pub(super) counts: &'p FacetCounts,
}

/// One value of a facet, as it is shown.
struct Choice<'c> {
    value: &'c str,
    label: String,
    lang: Option<&'c str>,
    count: u64,
    below: &'c [TopicCount],
}

impl Facets<'_> {
    /// The facets, behind one word where the screen is small.
    pub(super) fn whole(&self) -> Markup {
        let plain = |values: &'_ Option<Vec<ValueCount>>, named: fn(&Self, &str) -> String| {
            let choices = values.iter().flatten();
            choices.map(|of| (of.value.clone(), named(self, &of.value), of.count)).collect::<Vec<_>>()
        };
        let kinds = plain(&self.counts.kind, |facets, kind| facets.reader.label(kind).to_owned());
        let langs = plain(&self.counts.lang, |_, lang| capitalized(&language_name(lang)));
        let years = self.counts.year.iter().flatten().map(|of| (of.value.clone(), of.value.clone(), of.count));
        let years: Vec<_> = years.collect();
        let topics = self.counts.topic.as_deref().unwrap_or_default();
        let facets = [
            self.facet(TOPIC.name, topics.iter().map(topic_choice).collect()),
            self.facet(KIND.name, kinds.iter().map(|of| choice(of, None)).collect()),
            self.facet(YEAR.name, years.iter().map(|of| choice(of, None)).collect()),
            self.facet(LANG.name, langs.iter().map(|of| choice(of, Some(&of.0))).collect()),
        ];
        let chosen = self.asked.filters.len();
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

    fn facet(&self, name: &'static str, choices: Vec<Choice<'_>>) -> Option<Markup> {
        let chosen = self.asked.values(name).count();
        // One value that all have is nothing to choose from.
        if choices.len() + chosen < 2 {
            return None;
        }
        let (open, beyond) = choices.split_at(choices.len().min(MAX_OPEN));
        Some(html! {
            h2 { (self.reader.label(name)) }
            (self.choices(name, open))
            @if !beyond.is_empty() {
                @let is_open = |choice: &Choice<'_>| self.asked.has(name, choice.value) || self.is_chosen_below(name, choice.value);
                details open[beyond.iter().any(is_open)] {
                    summary { (self.reader.label("more")) }
                    (self.choices(name, beyond))
                }
            }
        })
    }

    fn choices(&self, name: &'static str, choices: &[Choice<'_>]) -> Markup {
        html! {
            ul role="list" {
                @for choice in choices {
                    @let is_chosen = self.asked.has(name, choice.value);
                    li {
                        (self.choice(name, choice, is_chosen))
                        @if !choice.below.is_empty() && (is_chosen || self.is_chosen_below(name, choice.value)) {
                            (self.choices(name, &choice.below.iter().map(topic_choice).collect::<Vec<_>>()))
                        }
                    }
                }
            }
        }
    }

    fn choice(&self, name: &'static str, choice: &Choice<'_>, is_chosen: bool) -> Markup {
        let there = match is_chosen {
            true => self.asked.without(name, choice.value),
            false => self.asked.only(name, choice.value),
        };
        html! {
            a href=(self.link(&there)) rel="nofollow" aria-current=[is_chosen.then_some("true")] {
                span lang=[choice.lang] { (choice.label) }
                " "
                span.count { (self.reader.number(choice.count)) }
            }
        }
    }

    /// Whether a topic below one is chosen.
    fn is_chosen_below(&self, name: &str, above: &str) -> bool {
        self.asked.values(name).any(|chosen| chosen.strip_prefix(above).is_some_and(|rest| rest.starts_with('/')))
    }

    fn link(&self, asked: &Asked) -> String {
        self.site.link("/search", &asked.to_query())
    }

    /// All filters that are chosen, each with the way out of it, whatever the screen.
    pub(super) fn chosen(&self) -> Markup {
        html! {
            @if !self.asked.filters.is_empty() {
                ul.chosen role="list" aria-label=(self.reader.label("chosen")) {
                    @for (name, value) in &self.asked.filters {
                        @let label = self.filter_label(name, value);
                        li {
                            a href=(self.link(&self.asked.without(name, value))) rel="nofollow"
                                aria-label=(self.reader.told("remove", &[("what", &label)])) {
                                span { (label) } span aria-hidden="true" { "×" }
                            }
                        }
                    }
                    @if self.asked.filters.len() > 1 {
                        li { a href=(self.link(&self.asked.unfiltered())) rel="nofollow" { (self.reader.label("clear")) } }
                    }
                }
            }
        }
    }

    /// A filter in words.
    pub(super) fn filter_label(&self, name: &str, value: &str) -> String {
        let named = |name: &str| self.value_label(name, value);
        match name {
            _ if name == DATE_FROM.name || name == DATE_TO.name => {
                let day = Moment::parse(value).map_or_else(|_| value.to_owned(), |day| self.reader.day(&day));
                self.reader.told(name, &[("what", &day)])
            }
            _ if name == TOPIC_NOT.name => self.reader.told("without", &[("what", &named(TOPIC.name))]),
            _ if name == KIND_NOT.name => self.reader.told("without", &[("what", &named(KIND.name))]),
            _ if name == TAG_NOT.name => self.reader.told("without", &[("what", value)]),
            _ => named(name),
        }
    }

    fn value_label(&self, name: &str, value: &str) -> String {
        match name {
            _ if name == KIND.name => self.reader.label(value).to_owned(),
            _ if name == LANG.name => capitalized(&language_name(value)),
            _ if name == TOPIC.name => {
                let topics = self.counts.topic.as_deref().unwrap_or_default();
                topic_label(topics, value).unwrap_or_else(|| value.rsplit('/').next().unwrap_or(value)).to_owned()
            }
            _ => value.to_owned(),
        }
    }
}

fn choice<'c>((value, label, count): &'c (String, String, u64), lang: Option<&'c str>) -> Choice<'c> {
    Choice { value, label: label.clone(), lang, count: *count, below: &[] }
}

fn topic_choice(topic: &TopicCount) -> Choice<'_> {
    Choice { value: &topic.value, label: topic.label.clone(), lang: None, count: topic.count, below: &topic.children }
}

fn topic_label<'t>(topics: &'t [TopicCount], path: &str) -> Option<&'t str> {
    topics.iter().find_map(|topic| match topic.value == path {
        true => Some(topic.label.as_str()),
        false => topic_label(&topic.children, path),
    })
}
