//! Selects which similar works are shown: no near-duplicates, and not all with the same shared
//! terms.

use super::{Shared, Similarity};
use crate::analysis::MinHash;

/// From how many of the most similar works `shown` works are selected: the same number for all
/// short lists, so that a longer list begins with the shorter one.
pub fn choice(shown: usize) -> usize {
    const LEAST: usize = 20;
    shown.saturating_mul(3).max(LEAST)
}

/// How much a work is held down that shares the same with the article as one that is shown
/// already. More readers then find something among the first five, and the order is as good:
/// experiment `related.sameness`.
const SAMENESS: f32 = 0.1;

/// Detects near-duplicates of texts that are already shown.
#[derive(Debug, Clone, Default)]
pub struct NearDuplicates {
    shown: Vec<MinHash>,
}

impl NearDuplicates {
    /// Adds a shown text.
    pub fn show(&mut self, sketch: Option<MinHash>) {
        self.shown.extend(sketch);
    }

    /// Whether a near-duplicate of a text is shown.
    pub fn has(&self, sketch: Option<MinHash>) -> bool {
        sketch.is_some_and(|sketch| self.shown.iter().any(|shown| shown.is_copy_of(&sketch)))
    }
}

/// The order in which to show works, given in the order of [`Similarity::order`]: within each tier,
/// repeatedly the work with the best balance of similarity and difference from those before it
/// (maximal marginal relevance). The difference is measured by what the works share with the source
/// article.
pub fn in_order(nearest: &[Similarity]) -> Vec<usize> {
    let top = nearest.iter().map(|near| near.score).fold(f32::MIN_POSITIVE, f32::max);
    let mut left: Vec<(usize, &Similarity, f32)> =
        nearest.iter().enumerate().map(|(place, near)| (place, near, 0.0)).collect();
    let mut order = Vec::with_capacity(left.len());
    let gain = |near: &Similarity, sameness: f32| near.score / top - SAMENESS * sameness;
    while let Some((_, first, sameness)) = left.first() {
        let tier = first.tier();
        let in_tier = left.iter().take_while(|(_, near, _)| near.tier() == tier);
        let (mut best, mut most) = (0, gain(first, *sameness));
        for (at, (_, near, sameness)) in in_tier.enumerate().skip(1) {
            let gain = gain(near, *sameness);
            if gain > most {
                (best, most) = (at, gain);
            }
        }
        let (chosen, shown, _) = left.remove(best);
        order.push(chosen);
        for (_, near, sameness) in &mut left {
            *sameness = sameness.max(alike(near.shared, shown.shared));
        }
    }
    order
}

/// The cosine similarity of what two works share with the source article, from 0 to 1.
fn alike(a: Shared, b: Shared) -> f32 {
    let (a, b) = (a.terms().0, b.terms().0);
    let common = (a & b).count_ones() as f32;
    let size = (a.count_ones() * b.count_ones()) as f32;
    if size > 0.0 { common / size.sqrt() } else { 0.0 }
}
