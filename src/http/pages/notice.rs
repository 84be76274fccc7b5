//! What was searched for instead of what was typed, and the way back to that.

use maud::{Markup, PreEscaped, html};

use super::asked::Asked;
use super::facets::Facets;
use super::layout::Site;
use super::reader::Reader;
use crate::engine::{Facet, RecoveryKind};
use crate::http::parameters::TOPIC;
use crate::http::search::SearchBody;

/// The notice; nothing where the search is answered as it was typed.
pub(super) fn notice(site: &Site, reader: &Reader, asked: &Asked, answer: &SearchBody, facets: &Facets<'_>) -> Markup {
    let mut lines: Vec<Markup> = Vec::new();
    let is_newest = answer.recovery.as_ref().is_some_and(|body| body.recovery.kind == RecoveryKind::Newest);
    let strong = |text: String| html! { strong { (text) } };
    if let Some(recovery) = answer.recovery.as_ref().map(|body| &body.recovery) {
        if is_newest {
            lines.push(html! { (reader.label("recent")) ":" });
        } else if recovery.kind == RecoveryKind::AnyWord {
            lines.push(html! { (reader.label("any-word")) });
        } else if recovery.to != recovery.from {
            // Escaped by the engine.
            let to = html! { strong { (PreEscaped(recovery.to_html.as_str())) } };
            lines.push(reader.shown("respelt", &to));
        }
        let mut dropped: Vec<String> = recovery.dropped.iter().map(|what| dropped_label(facets, what)).collect();
        if recovery.kind == RecoveryKind::BroaderTopic {
            dropped.extend(asked.values(TOPIC.name).map(|topic| facets.filter_label(TOPIC.name, topic)));
        }
        if !is_newest && !dropped.is_empty() {
            lines.push(reader.shown("dropped", &strong(reader.list(&dropped))));
        }
    } else if !answer.corrections.is_empty() {
        let searched = answer.corrections.iter().flat_map(|correction| correction.searched.iter().cloned());
        lines.push(reader.shown("respelt", &strong(reader.list(&searched.collect::<Vec<_>>()))));
    }
    html! {
        @if !lines.is_empty() {
            div.notice {
                @for line in &lines { p { (line) } }
                // Of what is not there in any spelling, nothing is there in this one.
                @if !asked.q.is_empty() && !is_newest {
                    p { a href=(site.link("/search", &asked.taken(true).to_query())) rel="nofollow" {
                        (reader.told("literal", &[("q", &asked.q)]))
                    } }
                }
            }
        }
    }
}

/// What was left out: a word, or a filter such as `lang=fr`.
fn dropped_label(facets: &Facets<'_>, what: &str) -> String {
    let filter = what
        .split_once('=')
        .filter(|(name, _)| name.parse::<Facet>().is_ok() || name.starts_with("date_") || name.ends_with("_not"));
    filter.map_or_else(|| what.to_owned(), |(name, value)| facets.filter_label(name, value))
}
