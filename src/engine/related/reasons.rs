//! The reasons why a work is related, for readers.

use super::{MAX_PHRASES, MAX_WORDS, Shared};
use crate::analysis::{fold, normalize};
use crate::engine::filters::label_key;
use crate::engine::planning::edit_model::begin_alike;
use crate::engine::{Card, Reason, TopicLabel};

/// The maximum number of terms in a reason.
const MAX_NAMED: usize = 4;

/// The surface forms of the source article's words and phrases, by the index of their bits in
/// [`Shared`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SurfaceForms {
    /// The words.
    pub words: Vec<String>,
    /// The phrases.
    pub phrases: Vec<String>,
    /// Whether they are from a translation of the article.
    pub is_translated: bool,
}

/// The reasons for a related work, the strongest first. `asked` is the source article, `topics` are
/// its topics and their ancestors. Words that are not prominent in both, and words of a
/// translation, which the reader may not understand, are a last resort.
pub fn reasons(
    shared: Shared,
    written: &SurfaceForms,
    asked: &Card,
    topics: &[TopicLabel],
    shown: &Card,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if shared.has(Shared::LINKED) {
        reasons.push(Reason::LinkedFromHere);
    }
    if shared.has(Shared::LINKS_HERE) {
        reasons.push(Reason::LinksHere);
    }
    if let Some(series) = asked.series.as_ref().filter(|_| shared.has(Shared::SERIES)) {
        reasons.push(Reason::Series { series: series.clone() });
    }
    let terms = terms(shared, written);
    let mut terms = (!terms.is_empty()).then_some(Reason::Terms { terms });
    if !written.is_translated && !shared.has(Shared::MENTIONED_ONLY) {
        reasons.extend(terms.take());
    }
    let both = topics.iter().filter(|topic| shown.topics.iter().any(|other| is_under(&other.path, &topic.path)));
    if let Some(deepest) = both.max_by_key(|topic| (topic.path.matches('/').count(), std::cmp::Reverse(&topic.path))) {
        reasons.push(Reason::Topic { path: deepest.path.clone(), label: deepest.label.clone() });
    }
    let keys: Vec<String> = shown.authors.iter().map(|author| label_key(author)).collect();
    if let Some(author) = asked.authors.iter().find(|author| keys.contains(&label_key(author))) {
        reasons.push(Reason::Author { author: author.clone() });
    }
    if reasons.is_empty() {
        reasons.extend(terms);
    }
    reasons
}

/// Whether a topic equals another or is below it.
fn is_under(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The shared words and phrases with the highest weights, without words that are part of a listed
/// phrase.
fn terms(shared: Shared, written: &SurfaceForms) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut name = |text: &String| {
        let key = fold(&normalize(text)).into_owned();
        let is_new = !known.iter().any(|known| holds(known, &key));
        if is_new && named.len() < MAX_NAMED {
            named.push(text.clone());
            known.push(key);
        }
    };
    let phrases = written.phrases.iter().take(MAX_PHRASES).enumerate();
    phrases.filter(|(place, _)| shared.has(Shared::phrase(*place))).for_each(|(_, phrase)| name(phrase));
    let words = written.words.iter().take(MAX_WORDS).enumerate();
    words.filter(|(place, _)| shared.has(Shared::word(*place))).for_each(|(_, word)| name(word));
    named
}

/// Whether a phrase contains all words of another text, allowing longer or shorter forms.
fn holds(phrase: &str, text: &str) -> bool {
    text.split_whitespace().all(|word| phrase.split_whitespace().any(|other| begin_alike(word, other)))
}
