//! What a query may cost. A query of many frequent words would read the postings of most articles
//! for each of them: of one that would read too much, the words that say least are left out. What
//! is left out follows from the query and the articles, never from the clock: the same request has
//! the same answer.

use super::plan::{PlannedWord, Variant};

/// How many postings a query reads for every article of the site, about: a question of twelve words,
/// half of them in most articles, reads seven. Above it the costliest queries that can be found take too
/// many times as long as a median one: experiment `planning.reads`.
const MAX_READS_PER_ARTICLE: u64 = 7;
/// So many a query may always read, however small the site. The answers are then as good as without a
/// bound: experiment `planning.always-read`.
const ALWAYS_READ: u64 = 50_000;
/// What reading a posting costs where words must stand one after the other, of one that is counted.
const IN_A_ROW: u64 = 4;

/// How many postings are read for a variant that so many articles of each language hold, about: those
/// of the stem and those of the word itself.
pub(crate) fn reads(variant: &Variant, holders: &[u64]) -> u64 {
    let articles: u64 = holders.iter().sum();
    match variant.sequence.len() {
        0 | 1 => 2 * articles,
        words => IN_A_ROW * 2 * words as u64 * articles,
    }
}

/// How many postings a query may read on a site of so many articles.
pub(crate) fn most_reads(articles: u64) -> u64 {
    articles.saturating_mul(MAX_READS_PER_ARTICLE).max(ALWAYS_READ)
}

/// Leaves words out until no more postings are read than may be, those that weigh least first; what
/// is left out, in the order of the query. A word that is left out stays in its place, and nothing
/// stands for it.
pub(crate) fn leave_out(words: &mut [PlannedWord], most: u64) -> Vec<String> {
    let mut sum: u64 = words.iter().map(|word| word.reads).sum();
    let read = words.iter().enumerate().filter(|(_, word)| word.reads > 0);
    let mut order: Vec<(f32, usize)> = read.map(|(place, word)| (word.weight, place)).collect();
    order.sort_by(|(a_weight, a), (b_weight, b)| a_weight.total_cmp(b_weight).then(b.cmp(a)));
    // The weightiest word is looked for whatever it costs.
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
