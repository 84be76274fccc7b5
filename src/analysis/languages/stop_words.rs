//! Stop words: words that carry grammar and little else. They are indexed like any other word; a
//! query gives them little weight.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::language_analyzers;
use crate::analysis::normalizer::fold;
use crate::analysis::tokenizer::words;

/// The stop words of each language group that has a list, folded.
static LISTS: LazyLock<HashMap<&'static str, HashSet<String>>> = LazyLock::new(|| {
    let lists = language_analyzers().filter_map(|language| Some((language.name(), language.stop_words()?)));
    lists.map(|(group, list)| (group, list.into_iter().flat_map(folded).collect())).collect()
});

fn folded(entry: &str) -> Vec<String> {
    words(entry).iter().map(|word| fold(&word.text).into_owned()).collect()
}

/// Whether a folded word is a stop word of a language group.
pub fn is_stop_word(group: &str, folded_word: &str) -> bool {
    LISTS.get(group).is_some_and(|list| list.contains(folded_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_distinguished_from_content_words() {
        for (group, stop, content) in [
            ("es", "para", "educacion"),
            ("en", "which", "university"),
            ("pt", "nao", "ensino"),
            ("fr", "dans", "bourse"),
        ] {
            assert!(is_stop_word(group, stop) && !is_stop_word(group, content), "{group}");
        }
        assert!(!is_stop_word("zh", "的"));
    }
}
