//! The parts of an article that related works compare.

use std::collections::HashMap;

use crate::analysis::{ArticleTerms, ByZone};
use crate::article::Article;
use crate::engine::related::DocumentProfile;

/// The stems of an entry with their frequency in each zone, and its profile.
pub(crate) struct Comparable {
    pub(crate) stems: ByZone<HashMap<String, u32>>,
    pub(crate) profile: DocumentProfile,
}

impl Comparable {
    pub(crate) fn of(article: &Article, terms: &ArticleTerms) -> Comparable {
        let stems = ByZone::of(|zone| {
            let mut counts = HashMap::new();
            for stem in terms.zones[zone].terms.iter().flat_map(|(_, forms)| &forms.stems) {
                *counts.entry(stem.clone()).or_insert(0) += 1;
            }
            counts
        });
        Comparable { stems, profile: DocumentProfile::of(article, terms) }
    }

    pub(crate) fn has_phrase(&self, stem: &str) -> bool {
        self.profile.terms.phrases.iter().any(|phrase| phrase.stem == stem)
    }
}
