//! Judgements become figures: how good answers are, and how fast they come.
//!
//! [`Searches`] are measured with judged queries, spelt right or [`Misspelt`], [`Related`] articles
//! with hand-picked lists of them. The unit is the work: its judgement is the highest of its versions', and it counts once.

pub(crate) mod baseline;
pub(crate) mod corpus;
pub(crate) mod figures;
pub(crate) mod judgements;
pub(crate) mod measures;
pub(crate) mod misspelling;
pub(crate) mod misspelt;
pub(crate) mod related;
pub(crate) mod searches;

pub use self::corpus::Site;
pub use self::figures::{Figures, Times};
pub use self::measures::Measures;
pub use self::misspelt::{Misspelt, MisspeltFigures, Slips};
pub use self::related::{Blocks, Related, RelatedFindings, Shown};
pub use self::searches::{JudgedSet, Searches};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What is to be evaluated.
#[derive(Debug, Clone)]
pub struct EvaluationOptions {
    /// The articles; without them the current generation is asked.
    pub corpus: Option<Corpus>,
    /// What is asked.
    pub task: EvaluationTask,
    /// Works to look at, an answer.
    pub depth: usize,
    /// Measure besides plain BM25, or plain more-like-this.
    pub baseline: bool,
    /// Write the ranking as a TREC run.
    pub run: Option<PathBuf>,
    /// An earlier evaluation's JSON to compare with, answer by answer.
    pub against: Option<PathBuf>,
}

/// What an evaluation asks.
#[derive(Debug, Clone)]
pub enum EvaluationTask {
    /// Judged queries.
    Searches(Searches),
    /// The articles related to others.
    Related(Related),
    /// Judged queries, misspelt.
    Misspelt(Misspelt),
}

/// Articles that are indexed for an evaluation.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// A folder, read as a source is, or a file of JSON lines.
    pub path: PathBuf,
    /// Index the articles without their topics, tags and series: the text alone has to work.
    pub without_topics: bool,
}

/// What an evaluation found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evaluation {
    /// How many articles the index has.
    pub articles: u64,
    /// By language of the query or of the article asked about, and `all`.
    pub figures: BTreeMap<String, Figures>,
    /// The same of plain BM25, or plain more-like-this.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline: BTreeMap<String, Figures>,
    /// nDCG@10 by the id of the query or of the article asked about.
    pub per_query: BTreeMap<String, f64>,
    /// Where nDCG@10 differs from an earlier evaluation's, the greatest losses first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What else is told of related articles.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedFindings>,
    /// What became of misspelt queries, by language of the query and `all`; the other figures are
    /// those of the queries misspelt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misspelt: Option<BTreeMap<String, MisspeltFigures>>,
}

/// A query, or an article's related ones, answered better or worse than before.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The query's or the article's id.
    pub query: String,
    /// The query's text, or the article's title.
    pub text: String,
    /// nDCG@10 before.
    pub before: f64,
    /// nDCG@10 now.
    pub now: f64,
}

/// The part of an earlier evaluation's JSON that is compared with.
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

/// An answer that was measured.
struct MeasuredAnswer {
    /// The id of the query, or of the article asked about.
    id: String,
    /// The query's text, or the article's title.
    text: String,
    /// The ids of the articles answered, best first.
    ranking: Vec<String>,
    ndcg_10: f64,
}

/// Asks what is to be asked and measures the answers. Without a corpus of its own, `current`
/// opens what is published.
pub fn evaluate(options: &EvaluationOptions, current: impl FnOnce() -> Result<Site>) -> Result<Evaluation> {
    let site = match &options.corpus {
        Some(corpus) => Site::of(corpus)?,
        None => current()?,
    };
    let (mut evaluation, answered) = match &options.task {
        EvaluationTask::Searches(searches) => searches::evaluate(&site, searches, options)?,
        EvaluationTask::Related(related) => related::evaluate(&site, related, options)?,
        EvaluationTask::Misspelt(misspelt) => misspelt::evaluate(&site, misspelt, options)?,
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

/// The rankings in the form of TREC's runs, a line an article answered.
fn trec_run(answered: &[MeasuredAnswer]) -> Result<String> {
    let mut run = String::new();
    for MeasuredAnswer { id: asked, ranking, .. } in answered {
        for (place, id) in ranking.iter().enumerate() {
            writeln!(run, "{asked}\tQ0\t{id}\t{}\t{}\tfichero", place + 1, ranking.len() - place)?;
        }
    }
    Ok(run)
}
