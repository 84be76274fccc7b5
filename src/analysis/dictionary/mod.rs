//! Which words are words of a language: what is spelt right is no misspelling of another word, even
//! where no article contains it.
//!
//! The word lists are finite-state transducers that are read where they lie in the program; nothing
//! is allocated or unpacked for them. `README.md` in this folder says where the words come from, under
//! which licences, and how the lists are made (`build.rs`).

#[cfg(test)]
mod build;

use tantivy_fst::raw::Fst;

/// The shortest word of the lists, in characters: shorter ones are never corrected.
pub(crate) const MIN_CHARS: usize = 4;
/// The shortest English word that counts as a word in other languages, in characters. Shorter ones are
/// too often what a slip makes of another word.
const MIN_LOAN_CHARS: usize = 6;
/// The language whose words are used in all others as they are: *bullying*, *software*.
const LENDER: &str = "en";

/// The word lists, folded, by the names of their languages.
const LISTS: [(&str, &[u8]); 4] = [
    ("en", include_bytes!("en.fst")),
    ("es", include_bytes!("es.fst")),
    ("fr", include_bytes!("fr.fst")),
    ("pt", include_bytes!("pt.fst")),
];

/// Whether a folded word is in the word list of one of these languages, given by the names of their
/// groups, or is an English word long enough to be used in any.
pub(crate) fn is_dictionary_word<'l>(folded: &str, langs: impl IntoIterator<Item = &'l str>) -> bool {
    let chars = folded.chars().count();
    let is_loan = chars >= MIN_LOAN_CHARS && is_listed(folded, LENDER);
    chars >= MIN_CHARS && (is_loan || langs.into_iter().any(|lang| is_listed(folded, lang)))
}

/// Whether two folded words are in the word list of a language, given by the name of its group; `true` where
/// the language has none.
pub(crate) fn shares_dictionary(one: &str, other: &str, lang: &str) -> bool {
    let is_without_list = LISTS.iter().all(|(name, _)| *name != lang);
    is_without_list || (is_listed(one, lang) && is_listed(other, lang))
}

/// Whether two folded words are in the word list of one language, or the second is in none: a list does not
/// have every word.
pub(crate) fn may_be_of_one_language(one: &str, other: &str) -> bool {
    let mut lists = LISTS.iter().filter(|(lang, _)| is_listed(other, lang)).peekable();
    lists.peek().is_none() || lists.any(|(lang, _)| is_listed(one, lang))
}

/// The word lists of some languages, to tell which of them a word belongs to.
pub(crate) struct WordLists(Vec<Fst<&'static [u8]>>);

impl WordLists {
    /// The lists of these language groups; `None` where one of them has no list, since nothing could be
    /// told for it.
    pub(crate) fn of(groups: &[String]) -> Option<WordLists> {
        let list =
            |group: &String| LISTS.iter().find(|(name, _)| name == group).and_then(|(_, list)| Fst::new(*list).ok());
        groups.iter().map(list).collect::<Option<Vec<_>>>().map(WordLists)
    }

    /// For each language in the order given, whether its list has a folded word. The lists have no short
    /// words.
    pub(crate) fn having(&self, folded: &str) -> Vec<bool> {
        self.0.iter().map(|list| list.contains_key(folded)).collect()
    }
}

/// Whether a folded word is in the list of a language; `false` where there is no list.
fn is_listed(folded: &str, lang: &str) -> bool {
    let list = LISTS.iter().find(|(name, _)| *name == lang);
    let list = list.and_then(|(_, list)| Fst::new(*list).ok());
    list.is_some_and(|list| list.contains_key(folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words_of_their_language_and_slips_are_not() {
        for (lang, words, slips) in [
            (
                "es",
                "pregrado embarazo cuarentena astronomia suicidio bullying",
                "universdad educasion ingenieria3 vecas",
            ),
            ("pt", "gravidez quarentena vestibular mestrado software", "univercidade educasao gravides exemlo"),
            ("fr", "grossesse quarantaine vaccins retraite marketing", "universitee formatoin etudiiant"),
            ("en", "pregnancy quarantine mortgage webinar", "univeristy recieve goverment"),
        ] {
            for word in words.split(' ') {
                assert!(is_dictionary_word(word, [lang]), "{lang}: {word}");
            }
            for slip in slips.split(' ') {
                assert!(!is_dictionary_word(slip, [lang]), "{lang}: {slip}");
            }
        }
    }

    #[test]
    fn short_words_count_in_their_own_language_only() {
        assert!(is_dictionary_word("past", ["en"]) && !is_dictionary_word("past", ["es"]));
        assert!(is_dictionary_word("marketing", []) && !is_dictionary_word("haus", ["de"]));
        assert!(!is_dictionary_word("el", ["es"]), "too short to be corrected");
    }
}
