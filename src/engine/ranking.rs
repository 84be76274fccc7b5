//! The formulas, free of any index: what a word weighs, how well an article holds it, and when
//! an article matches.

use crate::analysis::Zone;

/// BM25's saturation of repeated words. The textbook's value (Robertson and Zaragoza, 2009).
const K1: f32 = 1.2;

/// How much a word counts in a zone, by [`Zone::ALL`].
pub const ZONE_WEIGHTS: [f32; 4] = [3.0, 1.5, 1.0, 1.0];

/// How much a zone's length is held against it (BM25's b), by [`Zone::ALL`].
const LENGTH_WEIGHTS: [f32; 4] = [0.5, 0.5, 0.75, 0.3];

/// The share of the query's weight that an article must hold, for queries of over two words.
pub const MATCH_SHARE: f32 = 0.4;

/// What the articles of one language group have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageStats {
    /// The group's name, see [`crate::analysis::language_group`].
    pub lang: String,
    /// How many articles there are.
    pub articles: u64,
    /// Words of each zone over all of them, by [`Zone::ALL`].
    pub words: [u64; 4],
}

impl LanguageStats {
    /// The mean length of a zone in words; at least 1.
    pub fn mean_words(&self, zone: Zone) -> f32 {
        let mean = self.words[zone.ordinal()] as f64 / self.articles.max(1) as f64;
        mean.max(1.0) as f32
    }
}

/// The inverse document frequency of a word that `matching` of `articles` hold (Lucene's form of
/// BM25's: never negative).
pub fn idf(articles: u64, matching: u64) -> f32 {
    let matching = matching.min(articles) as f64;
    let rest = articles as f64 - matching;
    (1.0 + (rest + 0.5) / (matching + 0.5)).ln() as f32
}

/// What one zone adds to a word's frequency in an article (BM25F): `count` occurrences in a zone
/// of `length` words, where the language's mean is `mean`.
pub fn zone_frequency(zone: Zone, count: u32, length: u32, mean: f32) -> f32 {
    let b = LENGTH_WEIGHTS[zone.ordinal()];
    ZONE_WEIGHTS[zone.ordinal()] * count as f32 / (1.0 - b + b * length as f32 / mean)
}

/// A word's part of an article's score, of its weight and its frequency over all zones.
pub fn word_score(weight: f32, frequency: f32) -> f32 {
    weight * frequency * (K1 + 1.0) / (frequency + K1)
}

/// Whether an article matches that holds `held` of a query's `words` words and `held_weight` of
/// their `weight`: all of them up to two, beyond that a share of the weight.
pub fn matches(words: usize, held: usize, weight: f32, held_weight: f32) -> bool {
    held > 0 && if words <= 2 { held == words } else { held_weight >= MATCH_SHARE * weight - f32::EPSILON * weight }
}

/// How likely each language is the one that the query was typed in, from how well the articles
/// of each know its words: a naive Bayes over document frequencies. Sums to 1.
///
/// `frequencies[l][w]` is how many of the `articles[l]` articles of language `l` hold word `w`.
pub fn language_posterior(articles: &[u64], frequencies: &[Vec<u64>], reader: &[bool]) -> Vec<f32> {
    let mut logs: Vec<f64> = Vec::with_capacity(articles.len());
    for ((articles, frequencies), is_readers) in articles.iter().zip(frequencies).zip(reader) {
        let log: f64 = frequencies
            .iter()
            .map(|matching| ((*matching as f64 + 0.5) / (*articles as f64 + 1.0)).min(1.0).ln())
            .sum();
        logs.push(log + if *is_readers { READER_LOG_PRIOR } else { 0.0 });
    }
    let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - best).exp()).sum();
    logs.iter().map(|log| ((log - best).exp() / sum) as f32).collect()
}

/// How much the reader's own language is expected before a word is read (a factor of e).
const READER_LOG_PRIOR: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_two_words_all_must_be_held_beyond_a_share() {
        assert!(matches(1, 1, 1.0, 1.0) && matches(2, 2, 2.0, 2.0) && !matches(2, 1, 2.0, 1.9));
        assert!(matches(3, 1, 3.0, 2.0) && !matches(3, 1, 3.0, 0.5) && !matches(3, 0, 0.0, 0.0));
    }

    #[test]
    fn the_language_that_knows_the_words_is_expected() {
        let posterior = language_posterior(&[100, 100], &[vec![90, 20], vec![0, 20]], &[false, false]);
        assert!(posterior[0] > 0.9);
        let even = language_posterior(&[100, 100], &[vec![5], vec![5]], &[false, true]);
        assert!(even[1] > even[0]);
    }
}
