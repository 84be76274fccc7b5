//! Evaluates the quality and speed of answers against judgements.
//!
//! [`Searches`] are measured with judged queries, spelt correctly or [`Misspelt`]; [`Related`]
//! articles with hand-picked lists; [`KnownItems`] with queries made out of the articles. The unit is the work: its grade is the highest of its
//! versions', and it counts once.

pub(crate) mod baseline;
pub(crate) mod corpus;
pub(crate) mod figures;
pub(crate) mod judgements;
pub(crate) mod known_items;
pub(crate) mod measures;
pub(crate) mod misspelling;
pub(crate) mod misspelt;
pub(crate) mod queries;
pub(crate) mod related;
pub(crate) mod searches;

pub use self::corpus::Site;
pub use self::figures::{Figures, Times};
pub use self::known_items::{KnownItemFigures, KnownItems};
pub use self::measures::Measures;
pub use self::misspelt::{Misspelt, MisspeltFigures, Slips};
pub use self::related::{Blocks, MostShown, Related, RelatedFindings};
pub use self::searches::{JudgedSet, Searches};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Options of an evaluation.
#[derive(Debug, Clone)]
pub struct EvaluationOptions {
    /// The articles; without them the published generation is evaluated.
    pub corpus: Option<Corpus>,
    /// What to evaluate.
    pub task: EvaluationTask,
    /// How many works of an answer are evaluated.
    pub depth: usize,
    /// Also measure plain BM25, or plain more-like-this.
    pub baseline: bool,
    /// Write the ranking as a TREC run.
    pub run: Option<PathBuf>,
    /// An earlier evaluation's JSON to compare with, answer by answer.
    pub against: Option<PathBuf>,
}

/// What an evaluation measures.
#[derive(Debug, Clone)]
pub enum EvaluationTask {
    /// Judged queries.
    Searches(Searches),
    /// The articles related to others.
    Related(Related),
    /// Judged queries, misspelt.
    Misspelt(Misspelt),
    /// Queries made out of the articles.
    KnownItems(KnownItems),
}

/// Articles that are indexed for an evaluation.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// A folder, read like a source, or a file of JSON lines.
    pub path: PathBuf,
    /// Index the articles without their topics, tags and series, so that only the text counts.
    pub without_topics: bool,
}

/// The result of an evaluation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evaluation {
    /// The number of articles in the index.
    pub articles: u64,
    /// Figures by language of the query or source article, and for `all`.
    pub figures: BTreeMap<String, Figures>,
    /// The same figures for plain BM25, or plain more-like-this.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline: BTreeMap<String, Figures>,
    /// nDCG@10 by the id of the query or source article.
    pub per_query: BTreeMap<String, f64>,
    /// Where nDCG@10 differs from an earlier evaluation, the greatest losses first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Queries for which no article is judged relevant; they are not measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_relevant: Vec<String>,
    /// Further findings about related articles.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedFindings>,
    /// Findings about misspelt queries, by language of the query and for `all`; the other figures
    /// are those of the misspelt queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misspelt: Option<BTreeMap<String, MisspeltFigures>>,
    /// Findings about queries that were made out of the articles, by their class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_items: Option<BTreeMap<String, KnownItemFigures>>,
}

/// A query or source article whose answer became better or worse.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The id of the query or source article.
    pub query: String,
    /// The query's text, or the article's title.
    pub text: String,
    /// nDCG@10 before.
    pub before: f64,
    /// nDCG@10 now.
    pub now: f64,
}

/// The part of an earlier evaluation's JSON that is compared.
#[derive(Debug, Deserialize)]
struct Earlier {
    per_query: BTreeMap<String, f64>,
}

fn differences(path: &Path, answered: &[MeasuredAnswer]) -> Result<Vec<Difference>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let earlier: Earlier =
        serde_json::from_str(&text).with_context(|| format!("{}: not an evaluation's JSON", path.display()))?;
    let mut differences: Vec<Difference> = answered
        .iter()
        .filter_map(|MeasuredAnswer { id, text, ndcg_10: now, .. }| {
            let (before, now) = (*earlier.per_query.get(id)?, *now);
            let differs = (before - now).abs() > 1e-9;
            differs.then(|| Difference { query: id.clone(), text: text.clone(), before, now })
        })
        .collect();
    differences.sort_by(|a, b| (a.now - a.before).total_cmp(&(b.now - b.before)));
    Ok(differences)
}

/// A measured answer.
struct MeasuredAnswer {
    /// The id of the query or source article.
    id: String,
    /// The query's text, or the article's title.
    text: String,
    /// The returned works, best first.
    ranking: Vec<RankedHit>,
    ndcg_10: f64,
}

/// A returned work.
struct RankedHit {
    /// The id of the version shown.
    id: String,
    work: String,
    score: f32,
}

/// Runs an evaluation. Without a corpus in the options, `current` opens the published site.
pub fn evaluate(options: &EvaluationOptions, current: impl FnOnce() -> Result<Site>) -> Result<Evaluation> {
    let site = match &options.corpus {
        Some(corpus) => Site::of(corpus)?,
        None => current()?,
    };
    let (mut evaluation, answered) = match &options.task {
        EvaluationTask::Searches(searches) => searches::evaluate(&site, searches, options)?,
        EvaluationTask::Related(related) => related::evaluate(&site, related, options)?,
        EvaluationTask::Misspelt(misspelt) => misspelt::evaluate(&site, misspelt, options)?,
        EvaluationTask::KnownItems(known_items) => known_items::evaluate(&site, known_items, options)?,
    };
    evaluation.articles = site.engine.status(jiff::Timestamp::now().as_second())?.articles();
    evaluation.per_query = answered.iter().map(|answer| (answer.id.clone(), answer.ndcg_10)).collect();
    if let Some(path) = &options.run {
        fs::write(path, trec_run(&answered)?).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &options.against {
        evaluation.differences = differences(path, &answered)?;
    }
    Ok(evaluation)
}

/// The rankings as a TREC run, one line per returned article.
fn trec_run(answered: &[MeasuredAnswer]) -> Result<String> {
    let mut run = String::new();
    for MeasuredAnswer { id: query, ranking, .. } in answered {
        for (RankedHit { id, score, .. }, rank) in ranking.iter().zip(1..) {
            writeln!(run, "{query}\tQ0\t{id}\t{rank}\t{score}\tfichero")?;
        }
    }
    Ok(run)
}
