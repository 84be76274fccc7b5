//! The articles of an evaluation and the engine that searches them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::Corpus;
use crate::article::Article;
use crate::engine::{SearchEngine, registry};
use crate::sources::{self, Format, ReadingRules, Record, SiteProfile};
use crate::storage::catalog::Catalog;

/// An engine and the articles that it searches.
pub struct Site {
    pub(super) engine: Arc<dyn SearchEngine>,
    articles: Articles,
}

enum Articles {
    /// Read for this evaluation; the index is deleted with its folder.
    Read(Vec<Article>, #[expect(dead_code, reason = "kept while the engine reads from it")] TempDir),
    /// The articles of the catalog that the engine's generation was built from.
    Published(Catalog),
}

/// The limits of one page read from the catalog: articles, and bytes of their texts.
const PAGE: usize = 256;
const PAGE_BYTES: usize = 4 << 20;

impl Site {
    /// The published site: the engine of the current generation, and the catalog.
    pub fn published(engine: Arc<dyn SearchEngine>, catalog: Catalog) -> Site {
        Site { engine, articles: Articles::Published(catalog) }
    }

    /// Reads a corpus and indexes it in a temporary folder.
    pub(super) fn of(corpus: &Corpus) -> Result<Site> {
        let mut articles = read_articles(&corpus.path)?;
        if corpus.without_topics {
            for article in &mut articles {
                article.topics.clear();
                article.tags.clear();
                article.series = None;
            }
        }
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        Ok(Site {
            engine: registry::of_articles(&articles, folder.path())?,
            articles: Articles::Read(articles, folder),
        })
    }

    /// Calls `take` with every article, including hidden ones; one page at a time is in memory.
    pub(super) fn each_article(&self, mut take: impl FnMut(&Article) -> Result<()>) -> Result<()> {
        let catalog = match &self.articles {
            Articles::Read(articles, _) => return articles.iter().try_for_each(take),
            Articles::Published(catalog) => catalog,
        };
        let mut after = String::new();
        loop {
            let page = catalog.articles_with_run(0, &after, PAGE, PAGE_BYTES)?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.article.id);
            page.iter().try_for_each(|numbered| take(&numbered.article))?;
        }
    }
}

/// The articles of a corpus: a folder, read like a source, or a file of JSON lines.
fn read_articles(path: &Path) -> Result<Vec<Article>> {
    let mut articles = Vec::new();
    let mut rejected = 0u64;
    let mut profile = SiteProfile::default();
    let mut files: Vec<(PathBuf, String, Format)> = vec![(path.to_owned(), "corpus".to_owned(), Format::JsonLines)];
    if path.is_dir() {
        let found = sources::list(path);
        for problem in found.problems {
            tracing::warn!(file = problem.part, reason = problem.reason, "skipping a file of the corpus");
        }
        profile = sources::profile_of(&found.files);
        files = found.files.into_iter().map(|file| (file.path.clone(), file.stem().to_owned(), file.format)).collect();
    }
    for (file, stem, format) in files {
        sources::read_file(&file, &stem, format, &profile, &ReadingRules::default(), |line, record| -> Result<()> {
            match record {
                Record::Article(article, _) => articles.push(*article),
                Record::Rejected(rejection) => {
                    tracing::warn!(line, reason = rejection.reason, "skipping a record of the corpus");
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
