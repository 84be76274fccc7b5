//! A full build: indexes all articles of the catalog into a new generation, without touching the
//! served one.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::crash_point;
use crate::engine::tantivy::{
    Applied, ArticleAnalyzer, ContentKey, Generation, GenerationError, GenerationWriter, Manifest, build_threads,
};
use crate::storage::catalog::{Catalog, CatalogError, NumberedArticle};
use crate::storage::data_dir::DataFolder;

/// The limits of one page read from the catalog: articles, and bytes of their texts.
const PAGE: usize = 256;
const PAGE_BYTES: usize = 4 << 20;

/// Errors of a build. The served generation is never touched.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The generation could not be written, or it failed its check.
    #[error(transparent)]
    Generation(#[from] GenerationError),
}

/// A generation that was built and is not published yet.
#[derive(Debug)]
pub struct Built {
    /// Its number.
    pub generation: u64,
    /// The number of its articles.
    pub articles: u64,
}

/// Builds a generation of all articles of the catalog, as they will be once `run` is accepted, or
/// as they are now if `run` is `None`. `progress` receives the number of indexed articles from time
/// to time.
pub fn build(
    data: &DataFolder,
    catalog: &Catalog,
    run: Option<i64>,
    progress: &dyn Fn(u64),
) -> Result<Built, BuildError> {
    let newest = data.generation_numbers().last().copied().unwrap_or(0);
    let number = catalog.next_generation(newest)?;
    let span = tracing::info_span!("build", generation = number);
    let _entered = span.enter();
    match fill(data, catalog, number, run, progress) {
        Ok(articles) => {
            data.hand_over(&data.generation(number));
            tracing::info!(articles, "built a generation");
            Ok(Built { generation: number, articles })
        }
        Err(error) => {
            discard_generation(data, number);
            Err(error)
        }
    }
}

/// Removes a generation that will not be published. A failure is only logged, because the caller
/// reports its own error.
pub(crate) fn discard_generation(data: &DataFolder, generation: u64) {
    if let Err(error) = data.remove_generation(generation) {
        tracing::warn!(generation, %error, "cannot remove an unpublished generation before the next reindex");
    }
}

/// Writes the catalog's articles into a new generation; returns the number of indexed articles.
fn fill(
    data: &DataFolder,
    catalog: &Catalog,
    number: u64,
    run: Option<i64>,
    progress: &dyn Fn(u64),
) -> Result<u64, BuildError> {
    let path = data.generation(number);
    let seq = catalog.last_seq()?;
    let threads = build_threads();
    let mut writer = GenerationWriter::create(&path, threads)?;
    let mut applied = Applied { seq, run, ..Applied::default() };
    // Damaged synonyms are reported when the generation catches up.
    if let Ok(synonyms) = serde_json::from_str(&catalog.synonyms_with_run(run.unwrap_or(0))?) {
        applied.synonyms = synonyms;
        applied.synonyms_seq = catalog.synonyms_seq()?;
    }
    let counts = match feed(&writer, catalog, run.unwrap_or(0), threads, progress) {
        // The writer only reports that it was killed; the error of the commit names the cause.
        Err(BuildError::Generation(error)) => {
            return Err(writer.commit(&applied).err().unwrap_or(error).into());
        }
        counts => counts?,
    };
    let manifest = Manifest::new(number, catalog.identity()?, counts);
    writer.finish(&applied, &manifest)?;
    let articles = manifest.articles.values().sum();
    let generation = Generation::open(&path)?;
    generation.check(articles)?;
    generation.keep_nearest(threads)?;
    crash_point!("build:nearest");
    Ok(articles)
}

/// Reads the catalog page by page and distributes the pages to analysis threads. At most one page
/// per thread is queued, so memory does not grow with the corpus. Returns the number of articles by
/// language.
fn feed(
    writer: &GenerationWriter,
    catalog: &Catalog,
    run: i64,
    threads: usize,
    progress: &dyn Fn(u64),
) -> Result<BTreeMap<String, u64>, BuildError> {
    let (pages, inbox) = sync_channel::<Vec<NumberedArticle>>(threads);
    // Only the workers own the receiver: when all of them have failed, sending fails too.
    let inbox = Arc::new(Mutex::new(inbox));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let inbox = Arc::clone(&inbox);
                scope.spawn(move || -> Result<BTreeMap<String, u64>, GenerationError> {
                    let mut analyzer = ArticleAnalyzer::default();
                    let mut counts = BTreeMap::new();
                    loop {
                        // A poisoned lock means that another worker panicked; it holds no state.
                        let page = inbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
                        let Ok(page) = page else { return Ok(counts) };
                        for NumberedArticle { article, work, hash, .. } in page {
                            if writer.add(&article, work, ContentKey::of(&hash), &mut analyzer)? {
                                *counts.entry(article.lang).or_insert(0) += 1;
                            }
                        }
                    }
                })
            })
            .collect();
        drop(inbox);
        let read = read_pages(catalog, run, progress, |page| pages.send(page).is_ok());
        drop(pages);
        let mut counts = BTreeMap::new();
        for worker in workers {
            let worked = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (lang, count) in worked? {
                *counts.entry(lang).or_insert(0) += count;
            }
        }
        read?;
        Ok(counts)
    })
}

fn read_pages(
    catalog: &Catalog,
    run: i64,
    progress: &dyn Fn(u64),
    mut send: impl FnMut(Vec<NumberedArticle>) -> bool,
) -> Result<(), CatalogError> {
    let mut after = String::new();
    let mut done = 0;
    loop {
        let page = catalog.articles_with_run(run, &after, PAGE, PAGE_BYTES)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.article.id);
        done += page.len() as u64;
        if !send(page) {
            return Ok(()); // every worker has failed; joining them returns the error
        }
        crash_point!("build:page");
        progress(done);
    }
}
