//! Plain BM25 over one field, to show what our ranking is worth.

use std::collections::HashMap;

use crate::analysis::{ArticleTerms, FormsCache, QueryForms, Zone, language_group};
use crate::article::{Article, language_is_under};

/// BM25 with the textbook's k1 1.2 and b 0.75 over title, summary and body as one field, stemmed
/// by each article's own language, an article matching when it holds any word.
#[derive(Default)]
pub(super) struct Baseline {
    /// For every stem, the articles that hold it and how often.
    postings: HashMap<String, Vec<(usize, u32)>>,
    lengths: Vec<u32>,
    articles: Vec<(String, String)>,
}

impl Baseline {
    /// Takes up an article.
    pub(super) fn add(&mut self, article: &Article, caches: &mut HashMap<String, FormsCache>) {
        let terms = ArticleTerms::of(article, caches);
        let mut counts: HashMap<&str, u32> = HashMap::new();
        let mut length = 0;
        for zone in [Zone::Title, Zone::Summary, Zone::Body] {
            let zone = &terms.zones[zone.ordinal()];
            length += zone.length;
            for stem in zone.terms.iter().filter_map(|(_, forms)| forms.stems.first()) {
                *counts.entry(stem).or_insert(0) += 1;
            }
        }
        for (stem, count) in counts {
            self.postings.entry(stem.to_owned()).or_default().push((self.lengths.len(), count));
        }
        self.lengths.push(length);
        self.articles.push((article.id.clone(), article.lang.clone()));
    }

    /// The ids of the best articles for a query, in order. `lang` is the query's own language,
    /// whose stemmer is used; with `only` nothing else is answered.
    pub(super) fn search(&self, words: &[String], lang: &str, only: bool, depth: usize) -> Vec<String> {
        let mean = self.lengths.iter().map(|length| f64::from(*length)).sum::<f64>() / self.lengths.len().max(1) as f64;
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for word in words {
            let Some(stem) = QueryForms::of(word, &language_group(lang)).stems.into_iter().next() else { continue };
            let Some(postings) = self.postings.get(&stem) else { continue };
            let (all, holders) = (self.lengths.len() as f64, postings.len() as f64);
            let idf = (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
            for (article, count) in postings {
                let count = f64::from(*count);
                let length = self.lengths.get(*article).copied().map_or(0.0, f64::from);
                *scores.entry(*article).or_insert(0.0) +=
                    idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean.max(1.0)));
            }
        }
        let mut ranked: Vec<(f64, &str)> = scores
            .into_iter()
            .filter_map(|(article, score)| Some((score, self.articles.get(article)?)))
            .filter(|(_, (_, of))| !only || language_is_under(of, lang))
            .map(|(score, (id, _))| (score, id.as_str()))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        ranked.into_iter().take(depth).map(|(_, id)| id.to_owned()).collect()
    }
}
