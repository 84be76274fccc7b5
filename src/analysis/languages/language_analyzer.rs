//! Everything that differs from one language to another, in one row of the table.

use pagefind_stem::{Algorithm, Stemmer};

/// The analysis of one language.
pub struct LanguageAnalyzer {
    /// The primary language subtags that the row serves; the first one names it.
    pub(super) subtags: &'static [&'static str],
    /// The Snowball algorithm. Without one, a word is its own stem.
    pub(super) stemmer: Option<fn() -> Algorithm>,
    /// How plurals are unified with their singulars where the stemmer does not do it.
    pub(super) singulars: Singulars,
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

/// A rule that returns the singular of what may be a plural, and `None` for other words.
pub(super) type SingularRule = fn(&str) -> Option<String>;

/// How a rule for singulars is used.
pub(super) enum Singulars {
    /// There is no rule.
    None,
    /// The singular is stemmed instead of the word.
    Stemmed(SingularRule),
    /// The singular is stemmed in addition to the word; both stems are indexed.
    Beside(SingularRule),
}

impl LanguageAnalyzer {
    /// A language without any rules or lists.
    pub(super) const PLAIN: LanguageAnalyzer = LanguageAnalyzer {
        subtags: &[],
        stemmer: None,
        singulars: Singulars::None,
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

    /// The singular to stem instead of a plural.
    pub(crate) fn singular_to_stem(&self, word: &str) -> Option<String> {
        match self.singulars {
            Singulars::Stemmed(singular) => singular(word),
            Singulars::None | Singulars::Beside(_) => None,
        }
    }

    /// The singular to stem in addition to a plural.
    pub(crate) fn singular_beside(&self, word: &str) -> Option<String> {
        match self.singulars {
            Singulars::Beside(singular) => singular(word),
            Singulars::None | Singulars::Stemmed(_) => None,
        }
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
