//! Words that nobody looks for by themselves, besides the function words: numerals, days and months,
//! adverbs, verbs and adjectives that go with everything. And the function words that hold the parts
//! of a name together (*calidad de la educación*), rather than those that begin a clause.
//!
//! Most languages have no list. The lists in English, French, Portuguese and Spanish are our own,
//! made by reading what completions the sites in `corpus/` and a site of 18,000 articles gave
//! without them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::language_analyzers;
use super::stop_words::is_stop_word;

/// The lists of one language.
struct Lists {
    vague: HashSet<&'static str>,
    connectors: Option<HashSet<&'static str>>,
}

static LISTS: LazyLock<HashMap<&'static str, Lists>> = LazyLock::new(|| {
    let set = |words: &'static str| words.split_whitespace().collect();
    let lists = language_analyzers().map(|language| {
        let lists = Lists { vague: set(language.low_information_words), connectors: language.connectors.map(set) };
        (language.name(), lists)
    });
    lists.collect()
});

/// What a word does in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It says something by itself.
    Telling,
    /// It holds a phrase together.
    Linking,
    /// It says little, or begins a clause.
    Vague,
}

impl Part {
    /// What a folded word does in a language group.
    pub fn of(group: &str, folded: &str) -> Part {
        let lists = LISTS.get(group);
        let is_stop = is_stop_word(group, folded);
        let is_vague = is_stop || lists.is_some_and(|lists| lists.vague.contains(folded));
        // In languages without a list, any function word can.
        let connectors = lists.and_then(|lists| lists.connectors.as_ref());
        let is_linking = is_vague && connectors.map_or(is_stop, |connectors| connectors.contains(folded));
        // English stands in texts of all languages.
        match (is_linking, is_vague || is_stop_word("en", folded)) {
            (true, _) => Part::Linking,
            (false, true) => Part::Vague,
            (false, false) => Part::Telling,
        }
    }
}
