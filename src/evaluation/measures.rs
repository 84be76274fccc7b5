//! Measures of a ranking, computed from the grades of its works in order.

use serde::Serialize;

/// The measures of one query, or their means over many queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Measures {
    /// nDCG of the first six (gain = judgement, discount log2).
    pub ndcg_6: f64,
    /// nDCG of the first ten.
    pub ndcg_10: f64,
    /// The reciprocal rank of the first relevant work among ten, else 0.
    pub mrr_10: f64,
    /// The share of the relevant works among the first ten.
    pub recall_10: f64,
    /// The share of the relevant works among the first hundred.
    pub recall_100: f64,
    /// 1 if the first work is relevant, else 0.
    pub success_1: f64,
    /// 1 if one of the first three is relevant, else 0.
    pub success_3: f64,
    /// 1 if one of the first five is relevant, else 0.
    pub success_5: f64,
}

impl Measures {
    /// Measures one ranking: `ranked` are the grades of the returned works, best first (0 for an
    /// unjudged one), `judged` the grades above 0 of all works judged for the query.
    pub fn of(ranked: &[u32], judged: &[u32]) -> Measures {
        let first = ranked.iter().position(|judgement| *judgement > 0);
        let success = |depth: usize| f64::from(u8::from(first.is_some_and(|rank| rank < depth)));
        let recall = |depth: usize| {
            let found = ranked.iter().take(depth).filter(|judgement| **judgement > 0).count();
            if judged.is_empty() { 0.0 } else { found as f64 / judged.len() as f64 }
        };
        Measures {
            ndcg_6: ndcg(ranked, judged, 6),
            ndcg_10: ndcg(ranked, judged, 10),
            mrr_10: first.filter(|rank| *rank < 10).map_or(0.0, |rank| 1.0 / (rank + 1) as f64),
            recall_10: recall(10),
            recall_100: recall(100),
            success_1: success(1),
            success_3: success(3),
            success_5: success(5),
        }
    }

    /// The means; all 0 if there are none.
    pub fn mean(of: &[Measures]) -> Measures {
        let mean = |value: fn(&Measures) -> f64| of.iter().map(value).sum::<f64>() / of.len().max(1) as f64;
        Measures {
            ndcg_6: mean(|m| m.ndcg_6),
            ndcg_10: mean(|m| m.ndcg_10),
            mrr_10: mean(|m| m.mrr_10),
            recall_10: mean(|m| m.recall_10),
            recall_100: mean(|m| m.recall_100),
            success_1: mean(|m| m.success_1),
            success_3: mean(|m| m.success_3),
            success_5: mean(|m| m.success_5),
        }
    }
}

fn ndcg(ranked: &[u32], judged: &[u32], depth: usize) -> f64 {
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(&ideal, depth);
    if best == 0.0 { 0.0 } else { dcg(ranked, depth) / best }
}

fn dcg(judgements: &[u32], depth: usize) -> f64 {
    judgements.iter().take(depth).zip(2u32..).map(|(gain, rank)| f64::from(*gain) / f64::from(rank).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_match_the_textbook() {
        let perfect = Measures::of(&[3, 1], &[1, 3]);
        assert_eq!((perfect.ndcg_10, perfect.mrr_10, perfect.recall_100, perfect.success_1), (1.0, 1.0, 1.0, 1.0));
        let second = Measures::of(&[0, 1], &[1]);
        assert!((second.ndcg_10 - 1.0 / 3f64.log2()).abs() < 1e-12);
        assert_eq!((second.mrr_10, second.success_1, second.success_3), (0.5, 0.0, 1.0));
        let tenth = Measures::of(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], &[1, 1, 1, 1]);
        assert_eq!((tenth.recall_10, tenth.recall_100, tenth.mrr_10, tenth.success_5), (0.25, 0.5, 0.1, 0.0));
        assert_eq!(Measures::of(&[], &[1]), Measures::default());
    }
}
