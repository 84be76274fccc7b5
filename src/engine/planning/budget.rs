//! Limits the cost of a query. A query of many frequent words would read the postings of most
//! articles for each of them, so the words with the lowest weight are left out. The choice depends
//! only on the query and the articles, never on the clock: the same request has the same answer.

use super::plan::{PlannedWord, Variant};

/// How many postings a query reads for every article of the site, about: a question of twelve words,
/// half of them in most articles, reads seven. Above it the costliest queries that can be found take too
/// many times as long as a median one: experiment `planning.reads`.
const MAX_READS_PER_ARTICLE: u64 = 7;
/// So many a query may always read, however small the site. The answers are then as good as without a
/// bound: experiment `planning.always-read`.
const ALWAYS_READ: u64 = 50_000;
/// The cost of reading a posting of a phrase, relative to one that is only counted.
const SEQUENCE_COST: u64 = 4;

/// An estimate of the postings read for a variant with these document frequencies by language:
/// those of its stem and of the word itself.
pub(crate) fn reads(variant: &Variant, doc_freqs: &[u64]) -> u64 {
    let articles: u64 = doc_freqs.iter().sum();
    match variant.sequence.len() {
        0 | 1 => 2 * articles,
        words => SEQUENCE_COST * 2 * words as u64 * articles,
    }
}

/// How many postings a query may read on a site with this many articles.
pub(crate) fn most_reads(articles: u64) -> u64 {
    articles.saturating_mul(MAX_READS_PER_ARTICLE).max(ALWAYS_READ)
}

/// Leaves out the words with the lowest weights until the cost is within the limit; returns them in
/// query order. A word that is left out keeps its position, without variants.
pub(crate) fn leave_out(words: &mut [PlannedWord], most: u64) -> Vec<String> {
    let mut sum: u64 = words.iter().map(|word| word.reads).sum();
    let read = words.iter().enumerate().filter(|(_, word)| word.reads > 0);
    let mut order: Vec<(f32, usize)> = read.map(|(place, word)| (word.weight, place)).collect();
    order.sort_by(|(a_weight, a), (b_weight, b)| a_weight.total_cmp(b_weight).then(b.cmp(a)));
    // Always keep the word with the highest weight.
    order.pop();
    let mut left_out = Vec::new();
    for (_, place) in order {
        if sum <= most {
            break;
        }
        let Some(word) = words.get_mut(place) else { continue };
        sum -= word.reads;
        word.variants.clear();
        (word.weight, word.reads) = (0.0, 0);
        left_out.push(place);
    }
    left_out.sort_unstable();
    left_out.into_iter().filter_map(|place| words.get(place)).map(|word| word.text.clone()).collect()
}
