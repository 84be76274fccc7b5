//! `fichero evaluate`: its arguments, and what they ask for.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use fichero::config::Config;
use fichero::evaluation::{
    Corpus, EvaluationOptions, EvaluationTask, Misspelt, Related, Searches, Site, Slips, evaluate,
};
use fichero::storage::catalog::Catalog;

use super::{engine, output};

/// How many works are looked at, a query and an article.
const SEARCH_DEPTH: usize = 100;
const RELATED_DEPTH: usize = 10;
const MISSPELT_DEPTH: usize = 10;

#[derive(Args)]
#[command(group = ArgGroup::new("task").args(["queries", "related"]).required(true))]
pub(crate) struct EvaluateArguments {
    /// The articles, a folder or a file of JSON lines; without them, the published index is asked
    #[arg(long, value_name = "PATH")]
    corpus: Option<PathBuf>,
    /// The queries: JSON lines with _id, text and lang
    #[arg(long, value_name = "FILE", requires = "qrels")]
    queries: Option<PathBuf>,
    /// The judgements of the queries: query, article and grade, separated by tabs
    #[arg(long, value_name = "FILE", requires = "queries", conflicts_with = "related")]
    qrels: Option<PathBuf>,
    /// Measure related articles by these judgements: article, related article and grade, separated
    /// by tabs
    ///
    /// A grade says how good the second article is under the first one; 0 is of no use, and what is
    /// not listed counts as 0. Versions of one work count as one. Tells besides how the blocks of six
    /// under all articles look: which work is shown most, how many works are shown at all, and why.
    #[arg(long, value_name = "FILE")]
    related: Option<PathBuf>,
    /// Misspell each query by so many slips, and measure what becomes of those whose answer is in the
    /// first ten when they are spelt right
    ///
    /// Slips are neighbouring keys, letters doubled, left out or changed over, and missing accents.
    /// A query that is misspelt as it stands (`typo` among its `traits`) is left out.
    #[arg(long, value_name = "SLIPS", value_parser = clap::value_parser!(u8).range(1..=2), requires = "queries", conflicts_with = "related")]
    misspell: Option<u8>,
    /// What slips are drawn by: the same number makes the same ones
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "misspell")]
    seed: u64,
    /// The same with misspelt queries of a file: JSON lines with _id and text, of the same ids
    #[arg(long, value_name = "FILE", requires = "queries", conflicts_with_all = ["misspell", "related"])]
    misspelt: Option<PathBuf>,
    /// Index the corpus without topics, tags and series, so that the text alone has to relate
    #[arg(long, requires_all = ["related", "corpus"], conflicts_with = "queries")]
    without_topics: bool,
    /// How many works to look at [default: 100 a query, 10 an article; related ones at most 100]
    #[arg(long)]
    depth: Option<usize>,
    /// Answer only articles in the query's language
    #[arg(long, conflicts_with = "related")]
    filter_lang: bool,
    /// Tell the query's language as the reader's (ui_lang)
    #[arg(long, conflicts_with = "related")]
    tell_lang: bool,
    /// Measure plain BM25 besides; with --related plain more-like-this, which asks it for the 25
    /// weightiest terms of the article
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

/// Evaluates, and prints the figures.
pub(crate) fn run(arguments: EvaluateArguments, config: &Config) -> Result<()> {
    let EvaluateArguments { corpus, without_topics, baseline, run, against, json, .. } = arguments;
    let slips = match (arguments.misspell, arguments.misspelt) {
        (Some(slips), _) => Some(Slips::Made { slips: usize::from(slips), seed: arguments.seed }),
        (None, file) => file.map(Slips::File),
    };
    let (task, depth) = match (arguments.related, arguments.queries.zip(arguments.qrels)) {
        (Some(qrels), _) => (EvaluationTask::Related(Related { qrels }), RELATED_DEPTH),
        (None, Some((queries, qrels))) => {
            let (filter_lang, ui_lang) = (arguments.filter_lang, arguments.tell_lang);
            let recency = config.recency;
            let searches = Searches { queries, qrels, filter_lang, ui_lang, recency };
            match slips {
                Some(slips) => (EvaluationTask::Misspelt(Misspelt { searches, slips }), MISSPELT_DEPTH),
                None => (EvaluationTask::Searches(searches), SEARCH_DEPTH),
            }
        }
        (None, None) => bail!("nothing to evaluate: name --queries and --qrels, or --related"),
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
