//! The language table: which stemmer a language has.

pub(crate) mod endings;
pub(crate) mod function_words;
pub(crate) mod low_information_words;
pub(crate) mod stop_words;

use pagefind_stem::{Algorithm, Stemmer};

/// How the words of one language are brought to their stems.
pub struct Chain {
    /// Primary language subtags that the chain serves; the first one names it.
    subtags: &'static [&'static str],
    /// The Snowball algorithm.
    algorithm: fn() -> Algorithm,
}

impl Chain {
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
static TABLE: &[Chain] = &[
    Chain { subtags: &["ar"], algorithm: || Algorithm::Arabic },
    Chain { subtags: &["ca"], algorithm: || Algorithm::Catalan },
    Chain { subtags: &["da"], algorithm: || Algorithm::Danish },
    Chain { subtags: &["de"], algorithm: || Algorithm::German },
    Chain { subtags: &["el"], algorithm: || Algorithm::Greek },
    Chain { subtags: &["en"], algorithm: || Algorithm::English },
    Chain { subtags: &["eo"], algorithm: || Algorithm::Esperanto },
    Chain { subtags: &["es"], algorithm: || Algorithm::Spanish },
    Chain { subtags: &["et"], algorithm: || Algorithm::Estonian },
    Chain { subtags: &["eu"], algorithm: || Algorithm::Basque },
    Chain { subtags: &["fi"], algorithm: || Algorithm::Finnish },
    Chain { subtags: &["fr"], algorithm: || Algorithm::French },
    Chain { subtags: &["ga"], algorithm: || Algorithm::Irish },
    Chain { subtags: &["hi"], algorithm: || Algorithm::Hindi },
    Chain { subtags: &["hu"], algorithm: || Algorithm::Hungarian },
    Chain { subtags: &["hy"], algorithm: || Algorithm::Armenian },
    Chain { subtags: &["id"], algorithm: || Algorithm::Indonesian },
    Chain { subtags: &["it"], algorithm: || Algorithm::Italian },
    Chain { subtags: &["lt"], algorithm: || Algorithm::Lithuanian },
    Chain { subtags: &["ne"], algorithm: || Algorithm::Nepali },
    Chain { subtags: &["nl"], algorithm: || Algorithm::Dutch },
    Chain { subtags: &["no", "nb", "nn"], algorithm: || Algorithm::Norwegian },
    Chain { subtags: &["pl"], algorithm: || Algorithm::Polish },
    Chain { subtags: &["pt"], algorithm: || Algorithm::Portuguese },
    Chain { subtags: &["ro"], algorithm: || Algorithm::Romanian },
    Chain { subtags: &["ru"], algorithm: || Algorithm::Russian },
    Chain { subtags: &["sr"], algorithm: || Algorithm::Serbian },
    Chain { subtags: &["sv"], algorithm: || Algorithm::Swedish },
    Chain { subtags: &["ta"], algorithm: || Algorithm::Tamil },
    Chain { subtags: &["tr"], algorithm: || Algorithm::Turkish },
    Chain { subtags: &["yi"], algorithm: || Algorithm::Yiddish },
];

/// All stemming chains.
pub fn chains() -> impl Iterator<Item = &'static Chain> {
    TABLE.iter()
}

/// The stemming chain of a language, given as BCP 47; `None` for one that is only folded.
pub fn chain_of(lang: &str) -> Option<&'static Chain> {
    let primary = primary_subtag(lang);
    TABLE.iter().find(|chain| chain.subtags.contains(&primary.as_str()))
}

/// The group of languages whose stems are one: named after the chain (`no` for `nb`), or after
/// the primary subtag where there is none (`zh` for `zh-Hant`).
pub fn language_group(lang: &str) -> String {
    chain_of(lang).map_or_else(|| primary_subtag(lang), |chain| chain.name().to_owned())
}

fn primary_subtag(lang: &str) -> String {
    lang.split('-').next().unwrap_or_default().to_ascii_lowercase()
}
