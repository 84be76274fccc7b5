//! What a query may cost. A query of many frequent words would read the postings of most articles
//! for each of them: of one that would read too much, the words that say least are left out. What
//! is left out follows from the query and the articles, never from the clock: the same request has
//! the same answer.

use super::{PlannedWord, Variant};

/// How many postings a query reads for every article of the site, about.
const MAX_READS_PER_ARTICLE: u64 = 16;
/// So many a query may always read, however small the site.
const ALWAYS_READ: u64 = 50_000;
/// What reading a posting costs where words must stand one after the other, of one that is counted.
const IN_A_ROW: u64 = 4;

/// How many postings are read for a variant that so many articles of each language hold, about: those
/// of the stem and those of the word itself.
pub(super) fn reads(variant: &Variant, holders: &[u64]) -> u64 {
    let articles: u64 = holders.iter().sum();
    match variant.sequence.len() {
        0 | 1 => 2 * articles,
        words => IN_A_ROW * 2 * words as u64 * articles,
    }
}

/// Leaves words out until what is read for the others is affordable, those that weigh least first;
/// what is left out, in the order of the query. A word that is left out stays in its place, and
/// nothing stands for it.
pub(super) fn leave_out(words: &mut [PlannedWord], reads: &[u64], articles: u64) -> Vec<String> {
    let most = articles.saturating_mul(MAX_READS_PER_ARTICLE).max(ALWAYS_READ);
    let mut sum: u64 = reads.iter().sum();
    let is_read = |place: &usize| reads.get(*place).is_some_and(|reads| *reads > 0);
    let mut order: Vec<usize> = (0..words.len()).filter(is_read).collect();
    order.sort_by(|a, b| words[*a].weight.total_cmp(&words[*b].weight).then(b.cmp(a)));
    let mut left_out = Vec::new();
    // The weightiest word is looked for whatever it costs.
    order.pop();
    for place in order {
        if sum <= most {
            break;
        }
        let Some(word) = words.get_mut(place) else { continue };
        sum = sum.saturating_sub(reads.get(place).copied().unwrap_or(0));
        word.variants.clear();
        word.weight = 0.0;
        left_out.push(place);
    }
    left_out.sort_unstable();
    left_out.into_iter().filter_map(|place| words.get(place)).map(|word| word.text.clone()).collect()
}
