//! The formulas, free of any index: what a word weighs, how well an article holds it, and when
//! an article matches.

use crate::analysis::Zone;

// The weights below were measured together, with `fichero evaluate` on keywords-debian (language
// filtered) and on 800 questions each of squad-en, squad-es, xquad-en and xquad-tr. Beside each
// stands what its neighbours gave.

/// BM25's saturation of repeated words. squad-en / squad-es nDCG@10: 0.9 .865 / .848,
/// 1.2 .860 / .846, 2.0 .848 / .836.
const K1: f32 = 0.9;

/// How much a word counts in a zone, by [`Zone::ALL`]. keywords-debian nDCG@10 by the title's
/// weight: 2 .810, 3 .817, 5 .820.
const ZONE_WEIGHTS: [f32; 4] = [5.0, 1.5, 1.0, 0.5];

/// How much a zone's length is held against it (BM25's b), by [`Zone::ALL`].
const LENGTH_WEIGHTS: [f32; 4] = [0.5, 0.5, 0.75, 0.3];

/// The share of the query's weight that an article must hold, for queries of over two words.
///
/// nDCG@10 of xquad-en / xquad-tr: none .971 / .927, 0.1 .971 / .927, 0.2 .970 / .919,
/// 0.3 .952 / .871, 0.4 .915 / .758. The long questions of these sets hold many words that no
/// answer has.
pub const MATCH_SHARE: f32 = 0.15;

/// What is left of a stop word's weight. squad-en / xquad-tr nDCG@10: 1 .870 / .928,
/// 0.5 .879 / .931, 0.2 .881 / .933, 0.05 .881 / .933.
pub const STOP_WORD_FACTOR: f32 = 0.2;

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

/// What holding a word in one zone is worth, before the word's weight (BM25, each zone saturated
/// by itself): `count` occurrences in a zone of `length` words, where the language's mean is
/// `mean`.
///
/// Summing the frequencies of all zones before saturating them (BM25F) was measured too: a title
/// then hardly counts in long articles (keywords-debian nDCG@10 .781).
pub fn zone_score(zone: Zone, count: u32, length: u32, mean: f32) -> f32 {
    let b = LENGTH_WEIGHTS[zone.ordinal()];
    let frequency = count as f32 / (1.0 - b + b * length as f32 / mean);
    ZONE_WEIGHTS[zone.ordinal()] * saturate(frequency)
}

fn saturate(frequency: f32) -> f32 {
    frequency * (K1 + 1.0) / (frequency + K1)
}

/// How far apart two neighbours of the query may stand in an article, in words.
const PAIR_WINDOW: u32 = 6;

/// How often two words that stand side by side in the query stand near each other in a zone,
/// given their positions there, in order: once for each place of the first, divided by the
/// distance, half of that where the order is turned round.
pub fn pair_frequency(first: &[u32], second: &[u32]) -> f32 {
    let mut frequency = 0.0;
    for at in first {
        let next = second.partition_point(|position| position <= at);
        let after = second.get(next).map(|position| position - at).filter(|gap| *gap <= PAIR_WINDOW);
        let before = next.checked_sub(1).and_then(|last| second.get(last)).map(|position| at - position);
        let before = before.filter(|gap| (1..=PAIR_WINDOW).contains(gap));
        let in_order = after.map_or(0.0, |gap| 1.0 / gap as f32);
        let turned = before.map_or(0.0, |gap| 0.5 / gap as f32);
        frequency += f32::max(in_order, turned);
    }
    frequency
}

/// What it is worth that two words of these weights stand near each other in a zone.
pub fn pair_score(zone: Zone, weights: (f32, f32), frequency: f32) -> f32 {
    PAIR_WEIGHTS[zone.ordinal()] * f32::min(weights.0, weights.1) * saturate(frequency)
}

/// The zones in which nearness counts.
pub const PAIR_ZONES: [Zone; 2] = [Zone::Title, Zone::Body];

/// What a pair is worth in a zone, against one of its words in the body, by [`Zone::ALL`].
/// squad-en / keywords-debian nDCG@10: none .865 / .814, half of these .870 / .817,
/// these .880 / .820 (the last with stop words weighed down).
const PAIR_WEIGHTS: [f32; 4] = [1.0, 0.0, 0.35, 0.0];

/// The best works whose words' nearness is looked at; those behind them cannot come before.
pub const PAIR_DEPTH: usize = 64;

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
        assert!(matches(3, 1, 3.0, 2.0) && !matches(3, 1, 3.0, 0.3) && !matches(3, 0, 0.0, 0.0));
    }

    #[test]
    fn the_language_that_knows_the_words_is_expected() {
        let posterior = language_posterior(&[100, 100], &[vec![90, 20], vec![0, 20]], &[false, false]);
        assert!(posterior[0] > 0.9);
        let even = language_posterior(&[100, 100], &[vec![5], vec![5]], &[false, true]);
        assert!(even[1] > even[0]);
    }
}
