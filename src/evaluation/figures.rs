//! Aggregates the measures of single answers into figures of groups.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::Measures;

/// The figures of one system over one group of queries. When related articles are evaluated, a
/// query is a source article.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// The number of queries.
    pub queries: usize,
    /// The number of queries without results.
    pub zero_results: usize,
    /// The mean of each measure.
    #[serde(flatten)]
    pub measures: Measures,
    /// The response times.
    #[serde(flatten)]
    pub times: Times,
}

/// Response times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// The median.
    pub median_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
}

impl Times {
    /// Computes the percentiles of times in any order; all 0 if there are none.
    pub(super) fn of(mut took_ms: Vec<f64>) -> Times {
        took_ms.sort_by(f64::total_cmp);
        let at =
            |share: f64| took_ms.get(((took_ms.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0);
        Times { median_ms: at(0.5), p99_ms: at(0.99) }
    }
}

/// The measures of one answer.
pub(super) struct AnswerMeasures {
    /// The language group of the answer; if empty, it counts for `all` only.
    lang: String,
    pub(super) measures: Measures,
    is_empty: bool,
    took_ms: f64,
}

impl AnswerMeasures {
    /// Measures an answer from its works, best first, and the grades of the judged works.
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

/// The figures by language, and for `all`.
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
