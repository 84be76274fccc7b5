//! `fichero evaluate`: its arguments, and the evaluation that they describe.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use fichero::config::Config;
use fichero::evaluation::{
    Corpus, EvaluationOptions, EvaluationTask, KnownItems, Misspelt, Related, Searches, Site, Slips, evaluate,
};
use fichero::storage::catalog::Catalog;

use super::{engine, output};

/// How many works are evaluated per query and per article.
const SEARCH_DEPTH: usize = 100;
const RELATED_DEPTH: usize = 10;
/// The depth where only the first ten works are looked at.
const FIRST_DEPTH: usize = 10;

#[derive(Args)]
#[command(group = ArgGroup::new("task").args(["queries", "related", "known_items"]).required(true))]
#[command(group = ArgGroup::new("seeded").args(["misspell", "known_items"]))]
pub(crate) struct EvaluateArguments {
    /// The articles, a folder or a file of JSON lines; without them, the published index is
    /// evaluated
    #[arg(long, value_name = "PATH")]
    corpus: Option<PathBuf>,
    /// The queries: JSON lines with _id, text and lang, TREC topics, or lines of id and text, separated by
    /// a tab
    #[arg(long, value_name = "FILE", requires = "qrels")]
    queries: Option<PathBuf>,
    /// The judgements of the queries: query, article and grade, separated by tabs, as BEIR has them, or
    /// TREC's qrels
    #[arg(long, value_name = "FILE", requires = "queries", conflicts_with = "related")]
    qrels: Option<PathBuf>,
    /// Measure related articles by these judgements: article, related article and grade, separated
    /// by tabs
    ///
    /// A grade says how good the second article is as a related article of the first one; 0 means
    /// useless, and pairs that are not listed count as 0. Versions of one work count as one. Also
    /// reports on the blocks of six under all articles: which work is shown most often, how many
    /// works are shown at all, and why.
    #[arg(long, value_name = "FILE")]
    related: Option<PathBuf>,
    /// Make queries out of the articles, as readers remember pages that they have seen, and measure
    /// whether these come first: of each class this many [default: 150]
    ///
    /// The classes are two and three capitalised words in a row, all rare or all common; two words with
    /// a function word between; and four to six words in a row. Each stands so in three works at most,
    /// the last one in a single work.
    #[arg(long, value_name = "QUERIES", num_args = 0..=1, default_missing_value = "150", value_parser = clap::value_parser!(u16).range(1..=10_000), conflicts_with_all = ["queries", "related", "baseline", "filter_lang", "tell_lang"])]
    known_items: Option<u16>,
    /// Misspell each query by this many typing errors, and measure the results of those queries
    /// whose answer is among the first ten works when spelt correctly
    ///
    /// Typing errors are neighbouring keys, doubled, missing or swapped letters, and missing
    /// accents. A query that is already misspelt (`typo` among its `traits`) is left out.
    #[arg(long, value_name = "SLIPS", value_parser = clap::value_parser!(u8).range(1..=2), requires = "queries", conflicts_with = "related")]
    misspell: Option<u8>,
    /// The seed of the typing errors, or of the queries of --known-items: the same number makes the same
    /// ones [default: 1]
    #[arg(long, value_name = "NUMBER", requires = "seeded")]
    seed: Option<u64>,
    /// Like --misspell, with the misspelt queries in a file: JSON lines with _id and text, with the
    /// same ids
    #[arg(long, value_name = "FILE", requires = "queries", conflicts_with_all = ["misspell", "related"])]
    misspelt: Option<PathBuf>,
    /// Index the corpus without topics, tags and series, so that only the text relates articles
    #[arg(long, requires_all = ["related", "corpus"], conflicts_with = "queries")]
    without_topics: bool,
    /// How many works to evaluate [default: 100 per query, 10 per article; at most 100 related
    /// ones]
    #[arg(long)]
    depth: Option<usize>,
    /// Answer only articles in the query's language
    #[arg(long, conflicts_with = "related")]
    filter_lang: bool,
    /// Pass the query's language as the reader's (ui_lang)
    #[arg(long, conflicts_with = "related")]
    tell_lang: bool,
    /// Also measure plain BM25; with --related, plain more-like-this, which searches for the 25
    /// highest-weighted terms of the article
    #[arg(long)]
    baseline: bool,
    /// Write the ranking as a TREC run
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Compare with an earlier evaluation's --json, query by query or article by article
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the evaluation and prints the figures.
pub(crate) fn run(arguments: EvaluateArguments, config: &Config) -> Result<()> {
    let EvaluateArguments { corpus, without_topics, baseline, run, against, json, .. } = arguments;
    let seed = arguments.seed.unwrap_or(1);
    let slips = match (arguments.misspell, arguments.misspelt) {
        (Some(slips), _) => Some(Slips::Made { slips: usize::from(slips), seed }),
        (None, file) => file.map(Slips::File),
    };
    let (task, depth) = match (arguments.related, arguments.queries.zip(arguments.qrels)) {
        (Some(qrels), _) => (EvaluationTask::Related(Related { qrels }), RELATED_DEPTH),
        (None, Some((queries, qrels))) => {
            let (filter_lang, ui_lang) = (arguments.filter_lang, arguments.tell_lang);
            let recency = config.recency;
            let searches = Searches { queries, qrels, filter_lang, ui_lang, recency };
            match slips {
                Some(slips) => (EvaluationTask::Misspelt(Misspelt { searches, slips }), FIRST_DEPTH),
                None => (EvaluationTask::Searches(searches), SEARCH_DEPTH),
            }
        }
        (None, None) => {
            let Some(queries) = arguments.known_items else {
                bail!("nothing to evaluate: name --queries and --qrels, --related, or --known-items")
            };
            let known_items = KnownItems { queries: usize::from(queries), seed, recency: config.recency };
            (EvaluationTask::KnownItems(known_items), FIRST_DEPTH)
        }
    };
    let options = EvaluationOptions {
        corpus: corpus.map(|path| Corpus { path, without_topics }),
        task,
        depth: arguments.depth.unwrap_or(depth),
        baseline,
        run,
        against,
    };
    let current = || Ok(Site::published(engine(config)?, Catalog::open(&config.data)?));
    output::evaluation(&evaluate(&options, current)?, json)
}
