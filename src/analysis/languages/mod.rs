//! The language table: which stemmer a language has.

pub(crate) mod endings;
pub(crate) mod function_words;
pub(crate) mod low_information_words;
pub(crate) mod stop_words;

use pagefind_stem::{Algorithm, Stemmer};

/// How the words of one language are brought to their stems.
pub struct LanguageAnalyzer {
    /// Primary language subtags that the chain serves; the first one names it.
    subtags: &'static [&'static str],
    /// The Snowball algorithm.
    algorithm: fn() -> Algorithm,
}

impl LanguageAnalyzer {
    /// A stemmer of the chain.
    pub(crate) fn stemmer(&self) -> Stemmer {
        Stemmer::create((self.algorithm)())
    }

    /// The name of the language group that the chain serves.
    pub fn name(&self) -> &'static str {
        self.subtags.first().copied().unwrap_or_default()
    }
}

/// One row a stemmer: the primary subtags it serves. A language that is not here is folded and
/// segmented, and its words stand for themselves.
static TABLE: &[LanguageAnalyzer] = &[
    LanguageAnalyzer { subtags: &["ar"], algorithm: || Algorithm::Arabic },
    LanguageAnalyzer { subtags: &["ca"], algorithm: || Algorithm::Catalan },
    LanguageAnalyzer { subtags: &["da"], algorithm: || Algorithm::Danish },
    LanguageAnalyzer { subtags: &["de"], algorithm: || Algorithm::German },
    LanguageAnalyzer { subtags: &["el"], algorithm: || Algorithm::Greek },
    LanguageAnalyzer { subtags: &["en"], algorithm: || Algorithm::English },
    LanguageAnalyzer { subtags: &["eo"], algorithm: || Algorithm::Esperanto },
    LanguageAnalyzer { subtags: &["es"], algorithm: || Algorithm::Spanish },
    LanguageAnalyzer { subtags: &["et"], algorithm: || Algorithm::Estonian },
    LanguageAnalyzer { subtags: &["eu"], algorithm: || Algorithm::Basque },
    LanguageAnalyzer { subtags: &["fi"], algorithm: || Algorithm::Finnish },
    LanguageAnalyzer { subtags: &["fr"], algorithm: || Algorithm::French },
    LanguageAnalyzer { subtags: &["ga"], algorithm: || Algorithm::Irish },
    LanguageAnalyzer { subtags: &["hi"], algorithm: || Algorithm::Hindi },
    LanguageAnalyzer { subtags: &["hu"], algorithm: || Algorithm::Hungarian },
    LanguageAnalyzer { subtags: &["hy"], algorithm: || Algorithm::Armenian },
    LanguageAnalyzer { subtags: &["id"], algorithm: || Algorithm::Indonesian },
    LanguageAnalyzer { subtags: &["it"], algorithm: || Algorithm::Italian },
    LanguageAnalyzer { subtags: &["lt"], algorithm: || Algorithm::Lithuanian },
    LanguageAnalyzer { subtags: &["ne"], algorithm: || Algorithm::Nepali },
    LanguageAnalyzer { subtags: &["nl"], algorithm: || Algorithm::Dutch },
    LanguageAnalyzer { subtags: &["no", "nb", "nn"], algorithm: || Algorithm::Norwegian },
    LanguageAnalyzer { subtags: &["pl"], algorithm: || Algorithm::Polish },
    LanguageAnalyzer { subtags: &["pt"], algorithm: || Algorithm::Portuguese },
    LanguageAnalyzer { subtags: &["ro"], algorithm: || Algorithm::Romanian },
    LanguageAnalyzer { subtags: &["ru"], algorithm: || Algorithm::Russian },
    LanguageAnalyzer { subtags: &["sr"], algorithm: || Algorithm::Serbian },
    LanguageAnalyzer { subtags: &["sv"], algorithm: || Algorithm::Swedish },
    LanguageAnalyzer { subtags: &["ta"], algorithm: || Algorithm::Tamil },
    LanguageAnalyzer { subtags: &["tr"], algorithm: || Algorithm::Turkish },
    LanguageAnalyzer { subtags: &["yi"], algorithm: || Algorithm::Yiddish },
];

/// All stemming chains.
pub fn language_analyzers() -> impl Iterator<Item = &'static LanguageAnalyzer> {
    TABLE.iter()
}

/// The stemming chain of a language, given as BCP 47; `None` for one that is only folded.
pub fn language_analyzer(lang: &str) -> Option<&'static LanguageAnalyzer> {
    let primary = primary_subtag(lang);
    TABLE.iter().find(|chain| chain.subtags.contains(&primary.as_str()))
}

/// The group of languages whose stems are one: named after the chain (`no` for `nb`), or after
/// the primary subtag where there is none (`zh` for `zh-Hant`).
pub fn language_group(lang: &str) -> String {
    language_analyzer(lang).map_or_else(|| primary_subtag(lang), |chain| chain.name().to_owned())
}

fn primary_subtag(lang: &str) -> String {
    lang.split('-').next().unwrap_or_default().to_ascii_lowercase()
}
