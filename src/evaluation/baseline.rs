//! Plain BM25 over one field, as a baseline for our ranking.

use std::collections::{HashMap, HashSet};

use crate::analysis::{ArticleTerms, QueryVariants, TokenVariantsCache, Zone, language_group};
use crate::article::{Article, language_is_under};

/// BM25 with the textbook's k1 1.2 and b 0.75 over title, summary and body as one field, stemmed in
/// each article's language. An article matches if it contains any query word.
#[derive(Default)]
pub(super) struct Baseline {
    /// For every stem, the articles that contain it and the term frequency.
    postings: HashMap<String, Vec<(usize, u32)>>,
    articles: Vec<PlainArticle>,
    caches: HashMap<String, TokenVariantsCache>,
}

struct PlainArticle {
    id: String,
    work: String,
    lang: String,
    /// In words.
    length: u32,
}

impl Baseline {
    /// Indexes an article; returns the frequency of each stem.
    pub(super) fn add(&mut self, article: &Article) -> HashMap<String, u32> {
        let terms = ArticleTerms::of(article, &mut self.caches);
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut length = 0;
        for zone in [Zone::Title, Zone::Summary, Zone::Body] {
            let zone = &terms.zones[zone];
            length += zone.length;
            for stem in zone.terms.iter().filter_map(|(_, forms)| forms.stems.first()) {
                *counts.entry(stem.clone()).or_insert(0) += 1;
            }
        }
        for (stem, count) in &counts {
            self.postings.entry(stem.clone()).or_default().push((self.articles.len(), *count));
        }
        let Article { id, work, lang, .. } = article;
        self.articles.push(PlainArticle { id: id.clone(), work: work.clone(), lang: lang.clone(), length });
        counts
    }

    /// The works of the best articles for a query, best first. `lang` is the query's language,
    /// whose stemmer is used; with `only`, other languages are filtered out.
    pub(super) fn search(&self, words: &[String], lang: &str, only: bool, depth: usize) -> Vec<&str> {
        let group = language_group(lang);
        let stems: Vec<String> =
            words.iter().filter_map(|word| QueryVariants::of(word, &group).stems.into_iter().next()).collect();
        let ranked = self.ranked(stems.iter().map(String::as_str));
        let of_lang = ranked.into_iter().filter(|article| !only || language_is_under(&article.lang, lang));
        of_lang.take(depth).map(|article| article.work.as_str()).collect()
    }

    fn idf_of(&self, stem: &str) -> f64 {
        self.idf(self.postings.get(stem).map_or(0, Vec::len))
    }

    fn idf(&self, doc_freq: usize) -> f64 {
        let (all, doc_freq) = (self.articles.len() as f64, doc_freq as f64);
        (1.0 + (all - doc_freq + 0.5) / (doc_freq + 0.5)).ln()
    }

    /// The articles that contain any of the stems, best first.
    fn ranked<'a>(&self, stems: impl Iterator<Item = &'a str>) -> Vec<&PlainArticle> {
        let words: f64 = self.articles.iter().map(|article| f64::from(article.length)).sum();
        let mean = (words / self.articles.len().max(1) as f64).max(1.0);
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for postings in stems.filter_map(|stem| self.postings.get(stem)) {
            let idf = self.idf(postings.len());
            for (article, count) in postings {
                let count = f64::from(*count);
                let length = self.articles.get(*article).map_or(0.0, |article| f64::from(article.length));
                *scores.entry(*article).or_insert(0.0) +=
                    idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean));
            }
        }
        let mut ranked: Vec<(f64, &PlainArticle)> =
            scores.into_iter().filter_map(|(article, score)| Some((score, self.articles.get(article)?))).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        ranked.into_iter().map(|(_, article)| article).collect()
    }
}

/// How many terms of an article plain more-like-this searches for, as in Lucene.
const TERMS: usize = 25;

/// Plain more-like-this: searches for the terms of an article with the highest tf·idf, with plain
/// BM25, among the articles of its language.
pub(super) struct MoreLikeThis<'s> {
    by_group: HashMap<String, Baseline>,
    /// The source articles, with the frequency of each stem.
    sources: HashMap<&'s str, (String, HashMap<String, u32>)>,
}

impl<'s> MoreLikeThis<'s> {
    /// An empty index; `ids` are the source articles of later queries.
    pub(super) fn new(ids: impl Iterator<Item = &'s str>) -> MoreLikeThis<'s> {
        MoreLikeThis { by_group: HashMap::new(), sources: ids.map(|id| (id, Default::default())).collect() }
    }

    /// Indexes an article.
    pub(super) fn add(&mut self, article: &Article) {
        let group = language_group(&article.lang);
        let counts = self.by_group.entry(group.clone()).or_default().add(article);
        if let Some(sources) = self.sources.get_mut(article.id.as_str()) {
            *sources = (group, counts);
        }
    }

    /// The works most similar to an article of the work `own`, best first.
    pub(super) fn related(&self, id: &str, own: &str, depth: usize) -> Vec<&str> {
        let Some((group, counts)) = self.sources.get(id) else { return Vec::new() };
        let Some(baseline) = self.by_group.get(group) else { return Vec::new() };
        let mut terms: Vec<(f64, &str)> =
            counts.iter().map(|(stem, count)| (f64::from(*count) * baseline.idf_of(stem), stem.as_str())).collect();
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let ranked = baseline.ranked(terms.into_iter().take(TERMS).map(|(_, stem)| stem));
        let mut seen = HashSet::from([own]);
        let works = ranked.into_iter().map(|article| article.work.as_str());
        works.filter(|work| seen.insert(*work)).take(depth).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn more_like_this_ranks_works_of_the_same_language_by_shared_terms() {
        let articles = [
            ("a-en", "a", "en", "granite quarry basalt"),
            ("a-gb", "a", "en-GB", "granite quarry basalt"),
            ("b-en", "b", "en", "granite quarry orchard"),
            ("b-gb", "b", "en-GB", "granite quarry orchard"),
            ("c-en", "c", "en", "basalt orchard violin"),
            ("d-en", "d", "en", "violin orchard"),
            ("e-pt", "e", "pt", "granite quarry basalt"),
        ];
        let mut more_like_this = MoreLikeThis::new(["a-en", "e-pt", "gone"].into_iter());
        for (id, work, lang, body) in articles {
            let article = json!({ "id": id, "work": work, "lang": lang, "title": "", "body": body });
            more_like_this.add(&serde_json::from_value(article).unwrap());
        }
        assert_eq!(more_like_this.related("a-en", "a", 10), ["b", "c"]);
        assert_eq!(more_like_this.related("a-en", "a", 1), ["b"]);
        assert!(more_like_this.related("e-pt", "e", 10).is_empty());
        assert!(more_like_this.related("gone", "gone", 10).is_empty());
    }
}
