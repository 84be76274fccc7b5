//! Everything that differs from one language to another, in one row of the table.

use pagefind_stem::{Algorithm, Stemmer};

/// The analysis of one language.
pub struct LanguageAnalyzer {
    /// The primary language subtags that the row serves; the first one names it.
    pub(super) subtags: &'static [&'static str],
    /// The Snowball algorithm. Without one, a word is its own stem.
    pub(super) stemmer: Option<fn() -> Algorithm>,
    /// The form to stem instead of a word: one that its inflections have in common, where the
    /// stemmer does not unify them.
    pub(super) common_form: Option<FormRule>,
    /// A form to stem in addition to the word, where an ending has two readings. Both stems are
    /// indexed.
    pub(super) other_form: Option<FormRule>,
    /// Whether the stemmer often takes a word without its accent for a form of a verb: *materias* for
    /// one of *matar*. The stem of the folded word is then not indexed where it is the shorter one.
    pub(super) cuts_folded_words_short: bool,
    /// The paradigms of nouns, adjectives and regular verbs, see
    /// [`inflections`](super::inflections::inflections). Without any, every word of a stem counts as
    /// an inflection.
    pub(super) paradigms: &'static [&'static [&'static str]],
    /// The forms that no paradigm has, each with its word.
    pub(super) irregular_forms: &'static [(&'static str, &'static str)],
    /// The groups of suffixes that replace each other, see
    /// [`derivations`](super::derivations::derivations).
    pub(super) derivations: &'static [&'static str],
    /// The letters that two spellings of one word have in each other's place, see
    /// [`is_other_spelling`](super::other_spellings::is_other_spelling).
    pub(super) other_spellings: &'static [(&'static str, &'static str)],
    /// Our own list of stop words, which replaces the one of the NLTK (the crate `stop-words`):
    /// with accents, separated by spaces.
    ///
    /// A list of our own is not used for language detection, see
    /// [`detect`](crate::analysis::detect): every further list changes the weights of the words of
    /// all others there.
    pub(super) own_stop_words: Option<&'static str>,
    /// Words that nobody searches for on their own, besides the stop words: folded, separated by
    /// spaces.
    pub(super) low_information_words: &'static str,
    /// Stop words and low-information words that connect the parts of a name: folded, separated by
    /// spaces. Without a list, every stop word does.
    pub(super) connectors: Option<&'static str>,
    /// The revision of the rules and lists of the row. A new number forces a rebuild of the
    /// indexes.
    pub(super) revision: u32,
}

/// A rule that returns another form of a word, and `None` for words that it does not apply to.
pub(super) type FormRule = fn(&str) -> Option<String>;

/// The first of the endings that a word has, replaced by its counterpart. Each ending stands with
/// the shortest word to which it applies, in characters.
pub(super) fn replace_ending(word: &str, endings: &[(&str, &str, usize)]) -> Option<String> {
    let chars = word.chars().count();
    let mut endings = endings.iter().filter(|(_, _, shortest)| chars >= *shortest);
    endings.find_map(|(ending, other, _)| Some(format!("{}{other}", word.strip_suffix(ending)?)))
}

/// The counterpart of a word in a list of irregular forms: the form, then the word for it.
pub(super) fn irregular(word: &str, forms: &[(&str, &str)]) -> Option<String> {
    forms.iter().find(|(form, _)| *form == word).map(|(_, word)| (*word).to_owned())
}

impl LanguageAnalyzer {
    /// A language without any rules or lists.
    pub(super) const PLAIN: LanguageAnalyzer = LanguageAnalyzer {
        subtags: &[],
        stemmer: None,
        common_form: None,
        other_form: None,
        cuts_folded_words_short: false,
        paradigms: &[],
        irregular_forms: &[],
        derivations: &[],
        other_spellings: &[],
        own_stop_words: None,
        low_information_words: "",
        connectors: None,
        revision: 0,
    };

    /// A language that only has a stemmer.
    pub(super) const fn with_stemmer(
        subtags: &'static [&'static str],
        algorithm: fn() -> Algorithm,
    ) -> LanguageAnalyzer {
        LanguageAnalyzer { subtags, stemmer: Some(algorithm), ..LanguageAnalyzer::PLAIN }
    }

    /// The name of the language group that the row serves.
    pub fn name(&self) -> &'static str {
        self.subtags.first().copied().unwrap_or_default()
    }

    /// What the row adds to the fingerprint of the analysis.
    pub(crate) fn fingerprint(&self) -> String {
        match self.revision {
            0 => self.name().to_owned(),
            revision => format!("{}/{revision}", self.name()),
        }
    }

    /// The language's stemmer, if it has one.
    pub(crate) fn stemmer(&self) -> Option<Stemmer> {
        self.stemmer.map(|algorithm| Stemmer::create(algorithm()))
    }

    /// The form to stem instead of a word.
    pub(crate) fn common_form(&self, word: &str) -> Option<String> {
        self.common_form.and_then(|rule| rule(word))
    }

    /// The form to stem in addition to a word.
    pub(crate) fn other_form(&self, word: &str) -> Option<String> {
        self.other_form.and_then(|rule| rule(word))
    }

    /// Whether the stemmer often cuts a word too short that lacks its accent.
    pub(crate) fn cuts_folded_words_short(&self) -> bool {
        self.cuts_folded_words_short
    }

    /// The stop words as they are published, with their accents; `None` without a list.
    pub(crate) fn stop_words(&self) -> Option<Vec<&'static str>> {
        match self.own_stop_words {
            Some(words) => Some(words.split_whitespace().collect()),
            None => self.nltk_stop_words().map(<[&str]>::to_vec),
        }
    }

    /// The words that detect this language; `None` where there are none.
    pub(crate) fn detection_words(&self) -> Option<&'static [&'static str]> {
        self.nltk_stop_words().filter(|_| self.own_stop_words.is_none())
    }

    fn nltk_stop_words(&self) -> Option<&'static [&'static str]> {
        stop_words::lookup(self.name())
    }
}
