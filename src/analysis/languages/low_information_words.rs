//! Low-information words: besides the function words, words that nobody searches for on their own.
//! They are numerals, days and months, and adverbs, verbs and adjectives of any subject. The lists
//! also name the connectors, the function words that connect the parts of a name (*calidad de la
//! educación*) rather than begin a clause.
//!
//! Most languages have no list. We made the lists in English, French, Portuguese and Spanish by
//! reading which completions the sites in `corpus/` and a site of 18,000 articles gave without
//! them.
//! without them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::language_analyzers;
use super::stop_words::is_stop_word;

/// The lists of one language.
struct Lists {
    low_information: HashSet<&'static str>,
    connectors: Option<HashSet<&'static str>>,
}

static LISTS: LazyLock<HashMap<&'static str, Lists>> = LazyLock::new(|| {
    let set = |words: &'static str| words.split_whitespace().collect();
    let lists = language_analyzers().map(|language| {
        let lists =
            Lists { low_information: set(language.low_information_words), connectors: language.connectors.map(set) };
        (language.name(), lists)
    });
    lists.collect()
});

/// What a word can do in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhraseRole {
    /// It is meaningful by itself.
    Content,
    /// It connects the parts of a phrase.
    Connector,
    /// It means little by itself, or begins a clause.
    LowInformation,
}

impl PhraseRole {
    /// The role of a folded word in a language group.
    pub fn of(group: &str, folded: &str) -> PhraseRole {
        let lists = LISTS.get(group);
        let is_stop = is_stop_word(group, folded);
        let is_low_information = is_stop || lists.is_some_and(|lists| lists.low_information.contains(folded));
        // In languages without a list of connectors, every stop word is one.
        let connectors = lists.and_then(|lists| lists.connectors.as_ref());
        let is_connector = is_low_information && connectors.map_or(is_stop, |connectors| connectors.contains(folded));
        // Texts in all languages contain English.
        match (is_connector, is_low_information || is_stop_word("en", folded)) {
            (true, _) => PhraseRole::Connector,
            (false, true) => PhraseRole::LowInformation,
            (false, false) => PhraseRole::Content,
        }
    }
}
