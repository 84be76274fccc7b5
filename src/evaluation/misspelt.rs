//! Evaluates misspelt queries: whether their answers are still found, and whether the suggested
//! spelling is correct.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use fastrand::Rng;
use serde::Serialize;

use super::figures::{AnswerMeasures, figures};
use super::judgements::Grades;
use super::misspelling::misspell;
use super::queries::{self, JudgedQuery};
use super::searches::{JudgedSet, QueryAnswer, SearchOptions};
use super::{Evaluation, EvaluationOptions, MeasuredAnswer, Searches, Site};
use crate::analysis::fold;
use crate::engine::query::Query;

/// The answer must be among this many first works.
const DEPTH: usize = 10;

/// The trait of a query that is already misspelt: it is left out.
const MISSPELT_TRAIT: &str = "typo";

/// Queries that are run both as written and misspelt.
#[derive(Debug, Clone)]
pub struct Misspelt {
    /// The correctly spelt queries and their search options.
    pub searches: Searches,
    /// The source of the misspellings.
    pub slips: Slips,
}

/// The source of misspelt queries.
#[derive(Debug, Clone)]
pub enum Slips {
    /// Generated: neighbouring keys, doubled, missing or swapped letters, missing accents.
    Made {
        /// How many typing errors per query.
        slips: usize,
        /// The random seed: the same number makes the same errors.
        seed: u64,
    },
    /// Read from a file: JSON lines with `_id` and `text`, with the ids of the correctly spelt
    /// queries.
    File(PathBuf),
}

/// The figures of one group of queries.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MisspeltFigures {
    /// The number of correctly spelt queries whose answer is among the first ten works.
    pub found: usize,
    /// How many of these were misspelt.
    pub misspelt: usize,
    /// The share of the misspelt queries whose answer is still found; 1 if there are none.
    pub kept: f64,
    /// For how many misspelt queries another spelling was suggested.
    pub suggestions: usize,
    /// The share of the suggestions that equal the correctly spelt query, ignoring case and
    /// accents; 1 if there are none.
    pub right: f64,
    /// The share of the correctly spelt queries that were corrected or relaxed although their
    /// answer is among the first ten works without that; 0 if there are none.
    pub false_alarms: f64,
}

/// The outcome of one query.
struct QueryOutcome {
    lang: String,
    is_alarmed: bool,
    /// For the misspelt query: whether the answer is still found, and whether the suggestion is
    /// correct.
    misspelt: Option<(bool, Option<bool>)>,
}

/// Runs the queries as written and misspelt, and measures the answers.
pub(super) fn evaluate(
    site: &Site,
    misspelt: &Misspelt,
    options: &EvaluationOptions,
) -> Result<(Evaluation, Vec<MeasuredAnswer>)> {
    let Misspelt { searches, slips } = misspelt;
    let set = JudgedSet::read(&searches.queries, &searches.qrels)?;
    let texts = texts(set.queries(), slips)?;
    let mut works: HashMap<String, String> = HashMap::new();
    site.each_article(|article| {
        works.insert(article.id.clone(), article.work.clone());
        Ok(())
    })?;
    let grades: Grades = set.by_work(|article| works.get(article).cloned());
    let none = HashMap::new();
    let search = SearchOptions::of(searches, options.depth);
    let literal = SearchOptions { literal: true, ..search };
    let (mut query_outcomes, mut outcomes, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    let is_right = |query: &&JudgedQuery| !query.traits.iter().any(|of| of == MISSPELT_TRAIT);
    for query in set.queries().iter().filter(is_right) {
        let judged = grades.get(&query.id).unwrap_or(&none);
        let is_answer = |work: &str| judged.get(work).is_some_and(|grade| *grade > 0);
        let has_answer = |answer: &QueryAnswer| answer.hits.iter().take(DEPTH).any(|hit| is_answer(&hit.work));
        let right = search.ask(site.engine.as_ref(), query, &query.text)?;
        if !has_answer(&right) {
            continue;
        }
        let needs_none = || -> Result<bool> { Ok(has_answer(&literal.ask(site.engine.as_ref(), query, &query.text)?)) };
        let is_alarmed = right.is_helped && needs_none()?;
        let mut query_outcome = QueryOutcome { lang: query.lang.clone(), is_alarmed, misspelt: None };
        if let Some(text) = texts.get(query.id.as_str()).filter(|text| **text != query.text) {
            let begun = Instant::now();
            let answer = search.ask(site.engine.as_ref(), query, text)?;
            let took_ms = begun.elapsed().as_secs_f64() * 1e3;
            let is_right = answer.suggestion.as_ref().map(|suggestion| is_same(suggestion, &query.text));
            query_outcome.misspelt = Some((has_answer(&answer), is_right));
            let works = answer.hits.iter().map(|hit| hit.work.as_str());
            let outcome = AnswerMeasures::of(&query.lang, works, judged, took_ms);
            answered.push(MeasuredAnswer {
                id: query.id.clone(),
                text: text.clone(),
                ranking: answer.hits,
                ndcg_10: outcome.measures.ndcg_10,
            });
            outcomes.push(outcome);
        }
        query_outcomes.push(query_outcome);
    }
    let evaluation =
        Evaluation { figures: figures(&outcomes), misspelt: Some(by_lang(&query_outcomes)), ..Evaluation::default() };
    Ok((evaluation, answered))
}

/// The misspelt texts by the ids of the queries.
fn texts<'q>(queries: &'q [JudgedQuery], slips: &Slips) -> Result<HashMap<&'q str, String>> {
    let path = match slips {
        Slips::File(path) => path,
        Slips::Made { slips, seed } => {
            let made = (0u64..).zip(queries).filter_map(|(place, query)| {
                let mut rng = Rng::with_seed(seed.wrapping_add(place));
                Some((query.id.as_str(), misspell(&query.text, *slips, &mut rng)?))
            });
            return Ok(made.collect());
        }
    };
    let mut given: HashMap<String, String> =
        queries::read(path)?.into_iter().map(|query| (query.id, query.text)).collect();
    let known = queries.iter().filter_map(|query| Some((query.id.as_str(), given.remove(&query.id)?)));
    let texts: HashMap<&str, String> = known.collect();
    if texts.is_empty() {
        bail!("{}: none of the queries are in it", path.display());
    }
    Ok(texts)
}

/// Whether two texts are the same query, ignoring case and accents.
fn is_same(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        Query::parse(text).words.into_iter().map(|word| fold(&word.text).into_owned()).collect()
    };
    words(one) == words(other)
}

/// The figures by language, and for `all`.
fn by_lang(query_outcomes: &[QueryOutcome]) -> BTreeMap<String, MisspeltFigures> {
    let mut groups: BTreeMap<&str, Vec<&QueryOutcome>> = BTreeMap::new();
    for query_outcome in query_outcomes {
        groups.entry("all").or_default().push(query_outcome);
        if !query_outcome.lang.is_empty() {
            groups.entry(&query_outcome.lang).or_default().push(query_outcome);
        }
    }
    groups.into_iter().map(|(name, query_outcomes)| (name.to_owned(), MisspeltFigures::of(&query_outcomes))).collect()
}

impl MisspeltFigures {
    fn of(query_outcomes: &[&QueryOutcome]) -> MisspeltFigures {
        let share = |part: usize, whole: usize, of_none: f64| {
            if whole == 0 { of_none } else { part as f64 / whole as f64 }
        };
        let misspelt: Vec<_> = query_outcomes.iter().filter_map(|query_outcome| query_outcome.misspelt).collect();
        let suggestions: Vec<bool> = misspelt.iter().filter_map(|(_, suggestion)| *suggestion).collect();
        MisspeltFigures {
            found: query_outcomes.len(),
            misspelt: misspelt.len(),
            kept: share(misspelt.iter().filter(|(is_kept, _)| *is_kept).count(), misspelt.len(), 1.0),
            suggestions: suggestions.len(),
            right: share(suggestions.iter().filter(|is_right| **is_right).count(), suggestions.len(), 1.0),
            false_alarms: share(
                query_outcomes.iter().filter(|query_outcome| query_outcome.is_alarmed).count(),
                query_outcomes.len(),
                0.0,
            ),
        }
    }
}
