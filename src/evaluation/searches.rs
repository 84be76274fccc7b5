//! Evaluates searches with judged queries.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use super::baseline::Baseline;
use super::corpus::Site;
use super::figures::{AnswerMeasures, figures};
use super::judgements::{self, Grades, Judgement};
use super::queries::{self, JudgedQuery};
use super::{Evaluation, EvaluationOptions, MeasuredAnswer, RankedHit};
use crate::engine::query::Query;
use crate::engine::{Filters, Hit, MAX_LIMIT, SearchEngine, SearchRequest};

/// Judged queries and their search options.
#[derive(Debug, Clone)]
pub struct Searches {
    /// The queries: JSON lines with `_id`, `text` and `lang`, TREC topics, or lines of id and text.
    pub queries: PathBuf,
    /// The judgements: query, article, grade, separated by tabs, or those of TREC.
    pub qrels: PathBuf,
    /// Answer only articles in the query's language.
    pub filter_lang: bool,
    /// Pass the query's language as the reader's.
    pub ui_lang: bool,
    /// The preference for newer articles.
    pub recency: f32,
}

/// Queries with graded articles.
#[derive(Debug)]
pub struct JudgedSet {
    queries: Vec<JudgedQuery>,
    judgements: Vec<Judgement>,
}

/// Runs the queries and measures the answers.
pub(super) fn evaluate(
    site: &Site,
    searches: &Searches,
    options: &EvaluationOptions,
) -> Result<(Evaluation, Vec<MeasuredAnswer>)> {
    let set = JudgedSet::read(&searches.queries, &searches.qrels)?;
    let mut works: HashMap<String, String> = HashMap::new();
    let mut baseline = options.baseline.then(Baseline::default);
    site.each_article(|article| {
        works.insert(article.id.clone(), article.work.clone());
        if let Some(baseline) = &mut baseline {
            baseline.add(article);
        }
        Ok(())
    })?;
    let grades = set.by_work(|article| works.get(article).cloned());
    let options = SearchOptions::of(searches, options.depth);
    let mut answered = Vec::new();
    let mut outcomes = Vec::new();
    for (query, judged) in set.measurable(&grades) {
        let begun = Instant::now();
        let hits = options.ask(site.engine.as_ref(), query, &query.text)?.hits;
        let took_ms = begun.elapsed().as_secs_f64() * 1e3;
        let outcome = AnswerMeasures::of(&query.lang, hits.iter().map(|hit| hit.work.as_str()), judged, took_ms);
        answered.push(MeasuredAnswer {
            id: query.id.clone(),
            text: query.text.clone(),
            ranking: hits,
            ndcg_10: outcome.measures.ndcg_10,
        });
        outcomes.push(outcome);
    }
    if outcomes.is_empty() {
        bail!(
            "{}: no article is judged relevant for any query of {}; do they have the same query ids?",
            searches.qrels.display(),
            searches.queries.display()
        );
    }
    let measured: HashSet<&str> = answered.iter().map(|answer| answer.id.as_str()).collect();
    let without_relevant = set.queries.iter().map(|query| &query.id).filter(|id| !measured.contains(id.as_str()));
    let without_relevant = without_relevant.cloned().collect();
    let mut evaluation = Evaluation { figures: figures(&outcomes), without_relevant, ..Evaluation::default() };
    if let Some(baseline) = baseline {
        let mut outcomes = Vec::new();
        for (query, judged) in set.measurable(&grades) {
            let words: Vec<String> = Query::parse(&query.text).words.into_iter().map(|word| word.text).collect();
            let begun = Instant::now();
            let found = baseline.search(&words, &query.lang, searches.filter_lang, options.depth);
            let took_ms = begun.elapsed().as_secs_f64() * 1e3;
            outcomes.push(AnswerMeasures::of(&query.lang, found.into_iter(), judged, took_ms));
        }
        evaluation.baseline = figures(&outcomes);
    }
    Ok((evaluation, answered))
}

/// Search options of the queries.
#[derive(Clone, Copy)]
pub(super) struct SearchOptions {
    pub(super) depth: usize,
    pub(super) filter_lang: bool,
    pub(super) ui_lang: bool,
    pub(super) recency: f32,
    /// Whether to search for exactly what was typed.
    pub(super) literal: bool,
}

/// The answer to a query.
pub(super) struct QueryAnswer {
    /// The works, best first.
    pub(super) hits: Vec<RankedHit>,
    /// Whether the engine searched for something else than what was typed.
    pub(super) is_helped: bool,
    /// The suggested spelling of the query.
    pub(super) suggestion: Option<String>,
}

impl SearchOptions {
    /// The options of `searches`, with `depth` works per query.
    pub(super) fn of(searches: &Searches, depth: usize) -> SearchOptions {
        let Searches { filter_lang, ui_lang, recency, .. } = *searches;
        SearchOptions { depth, filter_lang, ui_lang, recency, literal: false }
    }

    /// Searches for a text in the language of a query.
    pub(super) fn ask(&self, engine: &dyn SearchEngine, query: &JudgedQuery, text: &str) -> Result<QueryAnswer> {
        let lang = Some(query.lang.clone()).filter(|lang| !lang.is_empty());
        let mut request = SearchRequest {
            filters: Filters {
                langs: lang.clone().filter(|_| self.filter_lang).into_iter().collect(),
                ..Filters::default()
            },
            ui_lang: lang.filter(|_| self.ui_lang || self.filter_lang),
            recency: self.recency,
            literal: self.literal,
            ..SearchRequest::new(Query::parse(text), jiff::Timestamp::now().as_second())
        };
        let mut asked = QueryAnswer { hits: Vec::new(), is_helped: false, suggestion: None };
        while asked.hits.len() < self.depth {
            request.limit = (self.depth - asked.hits.len()).min(MAX_LIMIT);
            let answer = engine.search(&request)?;
            asked.is_helped = answer.recovery.is_some() || !answer.corrections.is_empty();
            asked.suggestion =
                answer.recovery.filter(|recovery| recovery.kind.is_respelling()).map(|recovery| recovery.to);
            let found = answer.hits.len();
            let ranked = |hit: Hit| RankedHit { id: hit.card.id, work: hit.card.work, score: hit.score };
            asked.hits.extend(answer.hits.into_iter().map(ranked));
            request.offset += found;
            if found < request.limit {
                break;
            }
        }
        Ok(asked)
    }
}

/// How many works the mean nDCG@10 needs.
const NDCG_DEPTH: usize = 10;

impl JudgedSet {
    /// Reads the queries and the judgements, in the forms that [`Searches`] names.
    pub fn read(queries: &Path, qrels: &Path) -> Result<JudgedSet> {
        let set =
            JudgedSet { queries: queries::read(queries)?, judgements: judgements::read(qrels, ["query", "article"])? };
        if set.queries.is_empty() {
            bail!("{}: no queries in it", queries.display());
        }
        Ok(set)
    }

    /// The distinct judged articles.
    pub fn articles(&self) -> HashSet<&str> {
        self.judgements.iter().map(|judgement| judgement.article.as_str()).collect()
    }

    /// The mean nDCG@10 (0 to 1) of an engine's answers to the queries with a relevant article, without
    /// filters; 0 where there are none. `work_of` returns an article's work.
    pub fn ndcg_10(
        &self,
        engine: &dyn SearchEngine,
        recency: f32,
        work_of: impl Fn(&str) -> Option<String>,
    ) -> Result<f64> {
        let grades = self.by_work(work_of);
        let options = SearchOptions { depth: NDCG_DEPTH, filter_lang: false, ui_lang: false, recency, literal: false };
        let (mut sum, mut count) = (0.0, 0usize);
        for (query, judged) in self.measurable(&grades) {
            let hits = options.ask(engine, query, &query.text)?.hits;
            let works = hits.iter().map(|hit| hit.work.as_str());
            sum += AnswerMeasures::of(&query.lang, works, judged, 0.0).measures.ndcg_10;
            count += 1;
        }
        Ok(sum / count.max(1) as f64)
    }

    /// The queries for which an article is judged relevant, and the grades of its works: nothing could
    /// be found for another one.
    pub(super) fn measurable<'s>(
        &'s self,
        grades: &'s Grades,
    ) -> impl Iterator<Item = (&'s JudgedQuery, &'s HashMap<String, u32>)> {
        let is_relevant = |judged: &&HashMap<String, u32>| judged.values().any(|grade| *grade > 0);
        self.queries.iter().filter_map(move |query| Some((query, grades.get(&query.id).filter(is_relevant)?)))
    }

    /// The queries, in file order.
    pub(super) fn queries(&self) -> &[JudgedQuery] {
        &self.queries
    }

    pub(super) fn by_work(&self, work_of: impl Fn(&str) -> Option<String>) -> Grades {
        judgements::by_work(&self.judgements, work_of)
    }
}
