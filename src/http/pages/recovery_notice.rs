//! What was searched for instead of what was typed, and the way back to that; and that not all of it
//! was looked for.

use maud::{Markup, PreEscaped, html};

use super::facets::Facets;
use super::layout::SiteFrame;
use super::locale::{Reader, shortened};
use super::search_url::SearchUrl;
use crate::engine::RecoveryKind;
use crate::http::api::search::AnsweredSearch;
use crate::http::paths;

/// The notice; nothing where the search is answered as it was typed.
pub(crate) fn notice(
    site: &SiteFrame,
    reader: &Reader,
    asked: &SearchUrl,
    answered: &AnsweredSearch,
    facets: &Facets<'_>,
) -> Markup {
    let mut lines: Vec<Markup> = Vec::new();
    let is_newest = answered.is_newest();
    let strong = |text: String| html! { strong { (text) } };
    if let Some(recovery) = &answered.answer.recovery {
        if is_newest {
            lines.push(html! { (reader.label("recent")) });
        } else if recovery.kind == RecoveryKind::AnyWord {
            lines.push(html! { (reader.label("any-word")) });
        } else if recovery.to != recovery.from {
            // Escaped by the engine.
            let to = html! { strong { (PreEscaped(recovery.to_html.as_str())) } };
            lines.push(reader.shown("respelt", &to));
        }
        // Of what is newest no word was asked for, but filters were.
        let words = if is_newest { &[] } else { recovery.dropped_words.as_slice() };
        let filters = recovery.dropped_filters.iter();
        let filters = filters.map(|dropped| facets.filter_label(dropped.name, &dropped.value));
        let dropped: Vec<String> = words.iter().cloned().chain(filters).collect();
        if !dropped.is_empty() {
            lines.push(reader.shown("dropped", &strong(reader.list(&dropped))));
        }
    } else if !answered.answer.corrections.is_empty() {
        let searched = answered.answer.corrections.iter().flat_map(|correction| correction.searched.iter().cloned());
        lines.push(reader.shown("respelt", &strong(reader.list(&searched.collect::<Vec<_>>()))));
    }
    let is_helped = !lines.is_empty();
    if answered.is_partial {
        lines.push(html! { (reader.label("partial")) });
    }
    html! {
        @if !lines.is_empty() {
            div.notice {
                @for line in &lines { p { (line) } }
                // Of what is not there in any spelling, nothing is there in this one.
                @if is_helped && !asked.q.is_empty() && !is_newest {
                    p { a href=(site.link(paths::RESULTS_PAGE, &asked.taken(true).to_query())) rel="nofollow" {
                        (reader.told("literal", &[("q", &shortened(&asked.q))]))
                    } }
                }
            }
        }
    }
}
