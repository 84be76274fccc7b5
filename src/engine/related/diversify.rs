//! Which of the works that are near are shown: no copies, and not six of one theme.

use super::{Shared, Similarity};
use crate::analysis::MinHash;

/// How many of the nearest works so many shown ones are chosen from: the same for all short lists,
/// so that a longer one begins with the shorter.
pub fn choice(shown: usize) -> usize {
    const LEAST: usize = 20;
    shown.saturating_mul(3).max(LEAST)
}

/// How much a work is held down that shares the same with the article as one that is shown
/// already. More readers then find something among the first five, and the order is as good:
/// experiment `related.sameness`.
const SAMENESS: f32 = 0.1;

/// Tells works whose text is shown already.
#[derive(Debug, Clone, Default)]
pub struct NearDuplicates {
    shown: Vec<MinHash>,
}

impl NearDuplicates {
    /// Takes note of a text that is shown.
    pub fn show(&mut self, sketch: Option<MinHash>) {
        self.shown.extend(sketch);
    }

    /// Whether a copy of a text is shown.
    pub fn has(&self, sketch: Option<MinHash>) -> bool {
        sketch.is_some_and(|sketch| self.shown.iter().any(|shown| shown.is_copy_of(&sketch)))
    }
}

/// The order in which to show works, given in the order of [`Similarity::order`]: on each rung, at each
/// place the one that is near and does not say the same as those before it (maximal marginal
/// relevance). What two works share with the article tells how alike they are.
pub fn in_order(nearest: &[Similarity]) -> Vec<usize> {
    let top = nearest.iter().map(|near| near.score).fold(f32::MIN_POSITIVE, f32::max);
    let mut left: Vec<(usize, &Similarity, f32)> =
        nearest.iter().enumerate().map(|(place, near)| (place, near, 0.0)).collect();
    let mut order = Vec::with_capacity(left.len());
    let gain = |near: &Similarity, sameness: f32| near.score / top - SAMENESS * sameness;
    while let Some((_, first, sameness)) = left.first() {
        let rung = first.rung();
        let on_rung = left.iter().take_while(|(_, near, _)| near.rung() == rung);
        let (mut best, mut most) = (0, gain(first, *sameness));
        for (at, (_, near, sameness)) in on_rung.enumerate().skip(1) {
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

/// How alike two works are in what they share with the article: 1 for the same, 0 for nothing.
fn alike(a: Shared, b: Shared) -> f32 {
    let (a, b) = (a.terms().0, b.terms().0);
    let common = (a & b).count_ones() as f32;
    let size = (a.count_ones() * b.count_ones()) as f32;
    if size > 0.0 { common / size.sqrt() } else { 0.0 }
}
