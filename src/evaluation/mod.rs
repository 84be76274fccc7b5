//! Judged queries become figures: how good the answers are, and how fast they come.
//!
//! The unit is the work: its judgement is the highest of its versions', and it counts once.

mod baseline;
mod measures;

pub use measures::Measures;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::analysis::FormsCache;
use crate::article::Article;
use crate::engine::embedded::{Applied, ArticleAnalyzer, EmbeddedEngine, Generation, GenerationWriter, Manifest};
use crate::engine::{Filters, MAX_LIMIT, SearchEngine, SearchRequest};
use crate::ingest::{self, Format, Record, SiteProfile};
use crate::query::Query;
use baseline::Baseline;

/// What is to be evaluated.
#[derive(Debug, Clone)]
pub struct Options {
    /// The articles, a folder or JSON lines; without them the current generation is asked.
    pub corpus: Option<PathBuf>,
    /// The queries, JSON lines with `_id`, `text` and `lang`.
    pub queries: PathBuf,
    /// The judgements: query, article, grade, separated by tabs; a header line is passed over.
    pub qrels: PathBuf,
    /// Works to look at, a query.
    pub depth: usize,
    /// Answer only articles in the query's language.
    pub filter_lang: bool,
    /// Tell the query's language as the reader's.
    pub ui_lang: bool,
    /// How much newer articles are preferred.
    pub recency: f32,
    /// Measure plain BM25 besides.
    pub baseline: bool,
    /// Write the ranking as a TREC run.
    pub run: Option<PathBuf>,
    /// An earlier evaluation's JSON to compare with, query by query.
    pub against: Option<PathBuf>,
}

/// Queries, and how good which articles answer them.
#[derive(Debug)]
pub struct JudgedSet {
    queries: Vec<JudgedQuery>,
    judgements: Vec<Judgement>,
}

#[derive(Debug)]
struct Judgement {
    query: String,
    article: String,
    grade: u32,
}

#[derive(Debug, Deserialize)]
struct JudgedQuery {
    #[serde(rename = "_id")]
    id: String,
    text: String,
    #[serde(default)]
    lang: String,
}

/// The figures of one system over one group of queries.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// How many queries there are.
    pub queries: usize,
    /// How many of them found nothing.
    pub zero_results: usize,
    /// The mean of each measure.
    #[serde(flatten)]
    pub measures: Measures,
    /// Half the queries took at most this long.
    pub median_ms: f64,
    /// All but one in a hundred took at most this long.
    pub p99_ms: f64,
}

/// What an evaluation found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evaluation {
    /// How many articles were searched.
    pub articles: u64,
    /// By language of the query, and `all`.
    pub figures: BTreeMap<String, Figures>,
    /// The same of plain BM25.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline: BTreeMap<String, Figures>,
    /// nDCG@10 of every query.
    pub per_query: BTreeMap<String, f64>,
    /// The queries whose nDCG@10 differs from an earlier evaluation's, the greatest losses first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// A query that is answered better or worse than before.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The query's id.
    pub query: String,
    /// Its text.
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

fn differences(path: &Path, queries: &[JudgedQuery], now: &BTreeMap<String, f64>) -> Result<Vec<Difference>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let earlier: Earlier =
        serde_json::from_str(&text).with_context(|| format!("{}: not an evaluation's JSON", path.display()))?;
    let mut differences: Vec<Difference> = queries
        .iter()
        .filter_map(|query| {
            let (before, now) = (*earlier.per_query.get(&query.id)?, *now.get(&query.id)?);
            let differs = (before - now).abs() > 1e-9;
            differs.then(|| Difference { query: query.id.clone(), text: query.text.clone(), before, now })
        })
        .collect();
    differences.sort_by(|a, b| (a.now - a.before).total_cmp(&(b.now - b.before)));
    Ok(differences)
}

struct Outcome {
    lang: String,
    measures: Measures,
    is_empty: bool,
    took_ms: f64,
}

/// Indexes a judged set aside, asks its queries and measures the answers. Without a corpus of
/// its own, `current` opens the engine to ask and lists its articles.
pub fn evaluate(
    options: &Options,
    current: impl FnOnce() -> Result<(EmbeddedEngine, Vec<Article>)>,
) -> Result<Evaluation> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let (engine, articles) = match &options.corpus {
        Some(corpus) => {
            let articles = read_articles(corpus)?;
            (index(&articles, folder.path())?, articles)
        }
        None => current()?,
    };
    let works: HashMap<&str, &str> = articles.iter().map(|a| (a.id.as_str(), a.work.as_str())).collect();
    let set = JudgedSet::read(&options.queries, &options.qrels)?;
    let judgements = set.by_work(|article| works.get(article).map(|work| (*work).to_owned()));
    let queries = set.queries;
    let mut evaluation = Evaluation { articles: engine.article_count(), ..Evaluation::default() };
    let mut run = String::new();
    let mut outcomes = Vec::new();
    let none = HashMap::new();
    for query in &queries {
        let judged = judgements.get(&query.id).unwrap_or(&none);
        let begun = Instant::now();
        let hits = ranked(&engine, query, &options.asking())?;
        let took_ms = begun.elapsed().as_secs_f64() * 1e3;
        for (place, (id, _)) in hits.iter().enumerate() {
            writeln!(run, "{}\tQ0\t{id}\t{}\t{}\tfichero", query.id, place + 1, hits.len() - place)?;
        }
        let outcome = outcome(query, hits.iter().map(|(_, work)| work.as_str()), judged, took_ms);
        evaluation.per_query.insert(query.id.clone(), outcome.measures.ndcg_10);
        outcomes.push(outcome);
    }
    evaluation.figures = figures(&outcomes);
    if let Some(path) = &options.run {
        fs::write(path, run).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &options.against {
        evaluation.differences = differences(path, &queries, &evaluation.per_query)?;
    }
    if options.baseline {
        let mut baseline = Baseline::default();
        let mut caches: HashMap<String, FormsCache> = HashMap::new();
        for article in &articles {
            baseline.add(article, &mut caches);
        }
        let mut outcomes = Vec::new();
        for query in &queries {
            let judged = judgements.get(&query.id).unwrap_or(&none);
            let words: Vec<String> = Query::parse(&query.text).words.into_iter().map(|word| word.text).collect();
            let begun = Instant::now();
            let ids = baseline.search(&words, &query.lang, options.filter_lang, options.depth);
            let took_ms = begun.elapsed().as_secs_f64() * 1e3;
            let found = ids.iter().filter_map(|id| works.get(id.as_str()).copied());
            outcomes.push(outcome(query, found, judged, took_ms));
        }
        evaluation.baseline = figures(&outcomes);
    }
    Ok(evaluation)
}

/// How the queries are asked.
struct Asking {
    depth: usize,
    filter_lang: bool,
    ui_lang: bool,
    recency: f32,
}

impl Options {
    fn asking(&self) -> Asking {
        let Options { depth, filter_lang, ui_lang, recency, .. } = *self;
        Asking { depth, filter_lang, ui_lang, recency }
    }
}

/// The ids and works answered to a query, best first.
fn ranked(engine: &EmbeddedEngine, query: &JudgedQuery, asking: &Asking) -> Result<Vec<(String, String)>> {
    let lang = Some(query.lang.clone()).filter(|lang| !lang.is_empty());
    let mut request = SearchRequest {
        filters: Filters {
            langs: lang.clone().filter(|_| asking.filter_lang).into_iter().collect(),
            ..Filters::default()
        },
        ui_lang: lang.filter(|_| asking.ui_lang || asking.filter_lang),
        limit: asking.depth.min(MAX_LIMIT),
        recency: asking.recency,
        ..SearchRequest::new(Query::parse(&query.text), jiff::Timestamp::now().as_second())
    };
    let mut ranked = Vec::new();
    while ranked.len() < asking.depth {
        request.limit = (asking.depth - ranked.len()).min(MAX_LIMIT);
        let answer = engine.search(&request)?;
        let found = answer.hits.len();
        ranked.extend(answer.hits.into_iter().map(|hit| (hit.card.id, hit.card.work)));
        request.offset += found;
        if found < request.limit {
            break;
        }
    }
    Ok(ranked)
}

fn outcome<'a>(
    query: &JudgedQuery,
    works: impl Iterator<Item = &'a str>,
    judged: &HashMap<String, u32>,
    took_ms: f64,
) -> Outcome {
    let mut seen = HashSet::new();
    let ranked: Vec<u32> =
        works.filter(|work| seen.insert(*work)).map(|work| judged.get(work).copied().unwrap_or(0)).collect();
    let relevant: Vec<u32> = judged.values().copied().filter(|grade| *grade > 0).collect();
    Outcome {
        lang: query.lang.clone(),
        measures: Measures::of(&ranked, &relevant),
        is_empty: ranked.is_empty(),
        took_ms,
    }
}

fn figures(outcomes: &[Outcome]) -> BTreeMap<String, Figures> {
    let mut groups: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        groups.entry("all".to_owned()).or_default().push(outcome);
        if !outcome.lang.is_empty() {
            groups.entry(outcome.lang.clone()).or_default().push(outcome);
        }
    }
    groups
        .into_iter()
        .map(|(name, group)| {
            let mut times: Vec<f64> = group.iter().map(|outcome| outcome.took_ms).collect();
            times.sort_by(f64::total_cmp);
            let at =
                |share: f64| times.get(((times.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0);
            let measures: Vec<Measures> = group.iter().map(|outcome| outcome.measures).collect();
            let figures = Figures {
                queries: group.len(),
                zero_results: group.iter().filter(|outcome| outcome.is_empty).count(),
                measures: Measures::mean(&measures),
                median_ms: at(0.5),
                p99_ms: at(0.99),
            };
            (name, figures)
        })
        .collect()
}

/// The articles of a judged set: of a folder, read as a source is, or of a file of JSON lines.
fn read_articles(path: &Path) -> Result<Vec<Article>> {
    let mut articles = Vec::new();
    let mut rejected = 0u64;
    let mut profile = SiteProfile::default();
    let mut files: Vec<(PathBuf, String, Format)> = vec![(path.to_owned(), "corpus".to_owned(), Format::JsonLines)];
    if path.is_dir() {
        let (found, problems) = ingest::list(path);
        for problem in problems {
            tracing::warn!(file = problem.file, reason = problem.reason, "passing over a file of the corpus");
        }
        profile = ingest::profile_of(&found);
        files = found.into_iter().map(|file| (file.path.clone(), file.stem().to_owned(), file.format)).collect();
    }
    for (file, stem, format) in files {
        ingest::read_file(&file, &stem, format, &profile, |line, record| -> Result<()> {
            match record {
                Record::Article(article, _) => articles.push(*article),
                Record::Rejected(rejection) => {
                    tracing::warn!(line, reason = rejection.reason, "passing over a record of the corpus");
                    rejected += 1;
                }
            }
            Ok(())
        })?
        .with_context(|| format!("reading {}", file.display()))?;
    }
    if articles.is_empty() {
        bail!("{}: no articles in it ({rejected} records are none)", path.display());
    }
    Ok(articles)
}

fn read_queries(path: &Path) -> Result<Vec<JudgedQuery>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}: not a query", path.display(), number + 1))
        })
        .collect()
}

fn read_judgements(path: &Path) -> Result<Vec<Judgement>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut judgements = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut columns = line.split('\t');
        let (Some(query), Some(article), Some(grade)) = (columns.next(), columns.next(), columns.next()) else {
            bail!("{}:{}: not query, article and grade, separated by tabs", path.display(), number + 1);
        };
        let Ok(grade) = grade.trim().parse::<u32>() else {
            if number == 0 {
                continue;
            }
            bail!("{}:{}: the grade {grade:?} is not a whole number", path.display(), number + 1);
        };
        judgements.push(Judgement { query: query.to_owned(), article: article.to_owned(), grade });
    }
    Ok(judgements)
}

/// The mean nDCG@10 of judged queries needs no more works than that.
const NDCG_DEPTH: usize = 10;

impl JudgedSet {
    /// Reads the queries, JSON lines with `_id`, `text` and `lang`, and the judgements: query,
    /// article and grade, separated by tabs; a header line is passed over.
    pub fn read(queries: &Path, qrels: &Path) -> Result<JudgedSet> {
        let set = JudgedSet { queries: read_queries(queries)?, judgements: read_judgements(qrels)? };
        if set.queries.is_empty() {
            bail!("{}: no queries in it", queries.display());
        }
        Ok(set)
    }

    /// The articles that are judged, each once.
    pub fn articles(&self) -> HashSet<&str> {
        self.judgements.iter().map(|judgement| judgement.article.as_str()).collect()
    }

    /// The mean nDCG@10 (0 to 1) of what an engine answers to the queries as they are, without a
    /// filter; `work_of` tells an article's work.
    pub fn ndcg_10(
        &self,
        engine: &EmbeddedEngine,
        recency: f32,
        work_of: impl Fn(&str) -> Option<String>,
    ) -> Result<f64> {
        let judgements = self.by_work(work_of);
        let none = HashMap::new();
        let asking = Asking { depth: NDCG_DEPTH, filter_lang: false, ui_lang: false, recency };
        let mut sum = 0.0;
        for query in &self.queries {
            let hits = ranked(engine, query, &asking)?;
            let judged = judgements.get(&query.id).unwrap_or(&none);
            sum += outcome(query, hits.iter().map(|(_, work)| work.as_str()), judged, 0.0).measures.ndcg_10;
        }
        Ok(sum / self.queries.len() as f64)
    }

    /// For every query, the judgement of each work. An article without one stays in the ideal
    /// under its own name: it cannot be found.
    fn by_work(&self, work_of: impl Fn(&str) -> Option<String>) -> HashMap<String, HashMap<String, u32>> {
        let mut judgements: HashMap<String, HashMap<String, u32>> = HashMap::new();
        for Judgement { query, article, grade } in &self.judgements {
            let work = work_of(article).unwrap_or_else(|| article.clone());
            let judged = judgements.entry(query.clone()).or_default().entry(work).or_insert(0);
            *judged = (*judged).max(*grade);
        }
        judgements
    }
}

/// Indexes articles in a folder, without a catalog.
fn index(articles: &[Article], folder: &Path) -> Result<EmbeddedEngine> {
    let path = folder.join("1");
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(4));
    let writer = GenerationWriter::create(&path, threads)?;
    let mut analyzer = ArticleAnalyzer::default();
    let mut works: HashMap<&str, u64> = HashMap::new();
    for article in articles {
        let next = works.len() as u64;
        let work = *works.entry(&article.work).or_insert(next);
        writer.add(article, work, &mut analyzer)?;
    }
    writer.finish(&Applied::default(), &Manifest::new(1, String::new(), BTreeMap::new()))?;
    Ok(EmbeddedEngine::new(Generation::open(&path)?)?)
}
