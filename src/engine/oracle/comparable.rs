//! What of an article is compared with others.

use std::collections::HashMap;

use crate::analysis::{ArticleTerms, ByZone};
use crate::article::Article;
use crate::engine::related::DocumentProfile;

/// What an entry is compared by: how often each stem stands in each zone, and its subject.
pub(crate) struct Comparable {
    pub(crate) stems: ByZone<HashMap<String, u32>>,
    pub(crate) subject: DocumentProfile,
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
        Comparable { stems, subject: DocumentProfile::of(article, terms) }
    }

    pub(crate) fn has_phrase(&self, stem: &str) -> bool {
        self.subject.terms.phrases.iter().any(|phrase| phrase.stem == stem)
    }
}
