//! The outcomes of single questions become the figures of groups of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::Measures;

/// The figures of one system over one group of questions: queries, or articles that are asked
/// for related ones.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// How many questions there are.
    pub queries: usize,
    /// How many of them found nothing.
    pub zero_results: usize,
    /// The mean of each measure.
    #[serde(flatten)]
    pub measures: Measures,
    /// How long the answers took.
    #[serde(flatten)]
    pub times: Times,
}

/// How long answers took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// Half of them took at most this long.
    pub median_ms: f64,
    /// All but one in a hundred took at most this long.
    pub p99_ms: f64,
}

impl Times {
    /// Of the milliseconds that each answer took, in any order; all 0 of none.
    pub(super) fn of(mut took_ms: Vec<f64>) -> Times {
        took_ms.sort_by(f64::total_cmp);
        let at =
            |share: f64| took_ms.get(((took_ms.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0);
        Times { median_ms: at(0.5), p99_ms: at(0.99) }
    }
}

/// The measures of one answer.
pub(super) struct AnswerMeasures {
    /// The language that it is counted under; empty for `all` only.
    lang: String,
    pub(super) measures: Measures,
    is_empty: bool,
    took_ms: f64,
}

impl AnswerMeasures {
    /// Measures an answer: its works, best first, by the grades of the works that are judged.
    pub(super) fn of<'a>(
        lang: &str,
        works: impl Iterator<Item = &'a str>,
        judged: &HashMap<String, u32>,
        took_ms: f64,
    ) -> AnswerMeasures {
        let mut seen = HashSet::new();
        let ranked: Vec<u32> =
            works.filter(|work| seen.insert(*work)).map(|work| judged.get(work).copied().unwrap_or(0)).collect();
        let relevant: Vec<u32> = judged.values().copied().filter(|grade| *grade > 0).collect();
        AnswerMeasures {
            lang: lang.to_owned(),
            measures: Measures::of(&ranked, &relevant),
            is_empty: ranked.is_empty(),
            took_ms,
        }
    }
}

/// The figures of outcomes by language, and of `all`.
pub(super) fn figures(outcomes: &[AnswerMeasures]) -> BTreeMap<String, Figures> {
    let mut groups: BTreeMap<String, Vec<&AnswerMeasures>> = BTreeMap::new();
    for outcome in outcomes {
        groups.entry("all".to_owned()).or_default().push(outcome);
        if !outcome.lang.is_empty() {
            groups.entry(outcome.lang.clone()).or_default().push(outcome);
        }
    }
    groups
        .into_iter()
        .map(|(name, group)| {
            let measures: Vec<Measures> = group.iter().map(|outcome| outcome.measures).collect();
            let figures = Figures {
                queries: group.len(),
                zero_results: group.iter().filter(|outcome| outcome.is_empty).count(),
                measures: Measures::mean(&measures),
                times: Times::of(group.iter().map(|outcome| outcome.took_ms).collect()),
            };
            (name, figures)
        })
        .collect()
}
