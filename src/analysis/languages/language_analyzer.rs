//! All that differs from one language to another, in one row.

use pagefind_stem::{Algorithm, Stemmer};

/// What is done with the words of one language.
pub struct LanguageAnalyzer {
    /// The primary language subtags that the row serves; the first one names it.
    pub(super) subtags: &'static [&'static str],
    /// The Snowball algorithm. Without one, a word is its own stem.
    pub(super) stemmer: Option<fn() -> Algorithm>,
    /// How plurals that the stemmer leaves apart from their singulars are brought to them.
    pub(super) singulars: Singulars,
    /// The words that carry grammar: a list of our own in place of the NLTK's (the crate
    /// `stop-words`), with accents and with spaces between the words.
    ///
    /// No text is told to be in the language by a list of our own, see
    /// [`detect`](crate::analysis::detect): every further list changes what the words of all others
    /// weigh there.
    pub(super) own_stop_words: Option<&'static str>,
    /// Words that nobody looks for by themselves, besides the stop words: folded, with spaces
    /// between them.
    pub(super) low_information_words: &'static str,
    /// Stop words and low-information words that hold the parts of a name together: folded, with
    /// spaces between them. Without a list, every stop word can.
    pub(super) connectors: Option<&'static str>,
    /// How often the rules and lists of the row have changed. A new number makes indexes be built
    /// anew.
    pub(super) revision: u32,
}

/// A rule that gives the singular of what may be a plural, and `None` for other words.
pub(super) type SingularRule = fn(&str) -> Option<String>;

/// What a rule for singulars is used for.
pub(super) enum Singulars {
    /// There is no rule.
    None,
    /// The singular is stemmed in place of the word.
    Stemmed(SingularRule),
    /// The singular is stemmed, too, and its stem stands beside that of the word.
    Beside(SingularRule),
}

impl LanguageAnalyzer {
    /// A language without anything of its own.
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

    /// The word that is to be stemmed in place of a plural.
    pub(crate) fn singular_to_stem(&self, word: &str) -> Option<String> {
        match self.singulars {
            Singulars::Stemmed(singular) => singular(word),
            Singulars::None | Singulars::Beside(_) => None,
        }
    }

    /// The word whose stem is to stand beside that of a plural.
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

    /// The words by which texts are told to be in this language; `None` where none are.
    pub(crate) fn telling_words(&self) -> Option<&'static [&'static str]> {
        self.nltk_stop_words().filter(|_| self.own_stop_words.is_none())
    }

    fn nltk_stop_words(&self) -> Option<&'static [&'static str]> {
        stop_words::lookup(self.name())
    }
}
