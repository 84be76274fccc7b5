//! What becomes of queries that are misspelt: whether their answers are still found, and whether
//! what is suggested is what was meant.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use fastrand::Rng;
use serde::Serialize;

use super::figures::{AnswerMeasures, figures};
use super::judgements::Grades;
use super::misspelling::misspell;
use super::searches::{Asking, JudgedQuery, JudgedSet, QueryAnswer, read_queries};
use super::{Evaluation, EvaluationOptions, MeasuredAnswer, Searches, Site};
use crate::analysis::fold;
use crate::engine::query::Query;

/// The works of an answer among which what was wanted must be.
const DEPTH: usize = 10;

/// What a query that is misspelt as it stands has among its `traits`: it is left out.
const MISSPELT_TRAIT: &str = "typo";

/// Queries that are asked as they are, and misspelt.
#[derive(Debug, Clone)]
pub struct Misspelt {
    /// The queries spelt right, and how they are asked.
    pub searches: Searches,
    /// How they are misspelt.
    pub slips: Slips,
}

/// Where misspelt queries come from.
#[derive(Debug, Clone)]
pub enum Slips {
    /// Made: neighbouring keys, letters doubled, left out or changed over, missing accents.
    Made {
        /// How many a query.
        slips: usize,
        /// What they are drawn by: the same number makes the same slips.
        seed: u64,
    },
    /// Of a file: JSON lines with `_id` and `text`, of the same ids as the queries spelt right.
    File(PathBuf),
}

/// What became of one group of queries.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MisspeltFigures {
    /// The queries spelt right whose answer is among the first ten works.
    pub found: usize,
    /// How many of these were misspelt.
    pub misspelt: usize,
    /// The share of them whose answer is still there; 1 of none.
    pub kept: f64,
    /// For how many of them another spelling was suggested.
    pub suggestions: usize,
    /// The share of the suggestions that are the query spelt right, case and accents aside; 1 of
    /// none.
    pub right: f64,
    /// The share of the queries spelt right that were corrected or helped though their answer is
    /// among the first ten works without that; 0 of none.
    pub false_alarms: f64,
}

/// What became of one query.
struct Fate {
    lang: String,
    is_alarmed: bool,
    /// Of the query misspelt: whether the answer is still there, and whether what was suggested
    /// is right.
    misspelt: Option<(bool, Option<bool>)>,
}

/// Asks the queries as they are and misspelt, and measures the answers.
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
    let asking = Asking::of(searches, options.depth);
    let literal = Asking { literal: true, ..asking };
    let (mut fates, mut outcomes, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    let is_right = |query: &&JudgedQuery| !query.traits.iter().any(|of| of == MISSPELT_TRAIT);
    for query in set.queries().iter().filter(is_right) {
        let judged = grades.get(&query.id).unwrap_or(&none);
        let is_answer = |work: &str| judged.get(work).is_some_and(|grade| *grade > 0);
        let has_answer = |asked: &QueryAnswer| asked.hits.iter().take(DEPTH).any(|(_, work)| is_answer(work));
        let right = asking.ask(site.engine.as_ref(), query, &query.text)?;
        if !has_answer(&right) {
            continue;
        }
        let needs_none = || -> Result<bool> { Ok(has_answer(&literal.ask(site.engine.as_ref(), query, &query.text)?)) };
        let is_alarmed = right.is_helped && needs_none()?;
        let mut fate = Fate { lang: query.lang.clone(), is_alarmed, misspelt: None };
        if let Some(text) = texts.get(query.id.as_str()).filter(|text| **text != query.text) {
            let begun = Instant::now();
            let asked = asking.ask(site.engine.as_ref(), query, text)?;
            let took_ms = begun.elapsed().as_secs_f64() * 1e3;
            let is_right = asked.suggestion.as_ref().map(|suggestion| is_same(suggestion, &query.text));
            fate.misspelt = Some((has_answer(&asked), is_right));
            let works = asked.hits.iter().map(|(_, work)| work.as_str());
            let outcome = AnswerMeasures::of(&query.lang, works, judged, took_ms);
            answered.push(MeasuredAnswer {
                id: query.id.clone(),
                text: text.clone(),
                ranking: asked.hits.into_iter().map(|(id, _)| id).collect(),
                ndcg_10: outcome.measures.ndcg_10,
            });
            outcomes.push(outcome);
        }
        fates.push(fate);
    }
    let evaluation =
        Evaluation { figures: figures(&outcomes), misspelt: Some(by_lang(&fates)), ..Evaluation::default() };
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
        read_queries(path)?.into_iter().map(|query| (query.id, query.text)).collect();
    let known = queries.iter().filter_map(|query| Some((query.id.as_str(), given.remove(&query.id)?)));
    let texts: HashMap<&str, String> = known.collect();
    if texts.is_empty() {
        bail!("{}: none of the queries are in it", path.display());
    }
    Ok(texts)
}

/// Whether two texts are the same query, case and accents aside.
fn is_same(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        Query::parse(text).words.into_iter().map(|word| fold(&word.text).into_owned()).collect()
    };
    words(one) == words(other)
}

/// The figures by language, and of `all`.
fn by_lang(fates: &[Fate]) -> BTreeMap<String, MisspeltFigures> {
    let mut groups: BTreeMap<&str, Vec<&Fate>> = BTreeMap::new();
    for fate in fates {
        groups.entry("all").or_default().push(fate);
        if !fate.lang.is_empty() {
            groups.entry(&fate.lang).or_default().push(fate);
        }
    }
    groups.into_iter().map(|(name, fates)| (name.to_owned(), MisspeltFigures::of(&fates))).collect()
}

impl MisspeltFigures {
    fn of(fates: &[&Fate]) -> MisspeltFigures {
        let share = |part: usize, whole: usize, of_none: f64| {
            if whole == 0 { of_none } else { part as f64 / whole as f64 }
        };
        let misspelt: Vec<_> = fates.iter().filter_map(|fate| fate.misspelt).collect();
        let suggestions: Vec<bool> = misspelt.iter().filter_map(|(_, suggestion)| *suggestion).collect();
        MisspeltFigures {
            found: fates.len(),
            misspelt: misspelt.len(),
            kept: share(misspelt.iter().filter(|(is_kept, _)| *is_kept).count(), misspelt.len(), 1.0),
            suggestions: suggestions.len(),
            right: share(suggestions.iter().filter(|is_right| **is_right).count(), suggestions.len(), 1.0),
            false_alarms: share(fates.iter().filter(|fate| fate.is_alarmed).count(), fates.len(), 0.0),
        }
    }
}
