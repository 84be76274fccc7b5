//! The notice that the query was changed, with a link to the search as typed; and that a part of it
//! was skipped.

use maud::{Markup, PreEscaped, html};

use super::facets::Facets;
use super::layout::SiteFrame;
use super::locale::{Reader, shortened};
use super::search_url::SearchUrl;
use crate::engine::RecoveryKind;
use crate::http::api::search::AnsweredSearch;
use crate::http::paths;

/// The notice; empty where the search was run as typed.
pub(crate) fn notice(
    site: &SiteFrame,
    reader: &Reader,
    requested: &SearchUrl,
    answered: &AnsweredSearch,
    facets: &Facets<'_>,
) -> Markup {
    let mut lines: Vec<Markup> = Vec::new();
    let is_newest = answered.is_newest();
    let strong = |text: String| html! { strong { (text) } };
    if let Some(recovery) = &answered.answer.recovery {
        if is_newest {
            if !requested.q.is_empty() {
                lines.push(html! { (reader.label("check")) });
            }
        } else if recovery.kind == RecoveryKind::AnyWord {
            lines.push(html! { (reader.label("any-word")) });
        } else if recovery.to != recovery.from {
            // Escaped by the engine.
            let to = html! { strong { (PreEscaped(recovery.to_html.as_str())) } };
            lines.push(reader.label_with_html("respelt", &to));
        }
        // The newest-articles fallback drops no words, but it may drop filters.
        let words = if is_newest { &[] } else { recovery.dropped_words.as_slice() };
        let filters = recovery.dropped_filters.iter();
        let filters = filters.map(|dropped| facets.filter_label(dropped.name, &dropped.value));
        let dropped: Vec<String> = words.iter().cloned().chain(filters).collect();
        if !dropped.is_empty() {
            lines.push(reader.label_with_html("dropped", &strong(reader.list(&dropped))));
        }
    } else if !answered.answer.corrections.is_empty() {
        let searched = answered.answer.corrections.iter().flat_map(|correction| correction.searched.iter().cloned());
        lines.push(reader.label_with_html("respelt", &strong(reader.list(&searched.collect::<Vec<_>>()))));
    }
    let is_changed = !lines.is_empty();
    if answered.is_partial {
        lines.push(html! { (reader.label("partial")) });
    }
    html! {
        @if !lines.is_empty() {
            div.notice {
                @for line in &lines { p { (line) } }
                // After a newest-articles fallback, the search as typed has no results either.
                @if is_changed && !requested.q.is_empty() && !is_newest {
                    p { a href=(site.link(paths::RESULTS_PAGE, &requested.with_literal(true).to_query())) rel="nofollow" {
                        (reader.label_with("literal", &[("q", &shortened(&requested.q))]))
                    } }
                }
            }
        }
    }
}
