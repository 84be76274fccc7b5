//! A full build: the catalog's articles become a new generation, aside from the one that is
//! answered from.

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

/// How many articles are read from the catalog at a time, and how many bytes of them.
const PAGE: usize = 256;
const PAGE_BYTES: usize = 4 << 20;

/// What can go wrong in a build. The generation that is answered from is never touched.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The generation could not be written or does not answer.
    #[error(transparent)]
    Generation(#[from] GenerationError),
}

/// A generation that was built and has not been published.
#[derive(Debug)]
pub struct Built {
    /// Its number.
    pub generation: u64,
    /// How many articles are in it.
    pub articles: u64,
}

/// Builds a generation of all articles of the catalog, as they will be once `run` is accepted
/// (as they are, without one). `progress` is told now and then how many articles are done.
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
            tracing::info!(articles, "built a generation");
            Ok(Built { generation: number, articles })
        }
        Err(error) => {
            give_up(data, number);
            Err(error)
        }
    }
}

/// Removes a generation that nobody will publish, on the way out with an error of its own.
pub(crate) fn give_up(data: &DataFolder, generation: u64) {
    if let Err(error) = data.remove_generation(generation) {
        tracing::warn!(generation, %error, "what was built stays until the next reindex");
    }
}

/// Makes a generation of the catalog's articles; returns how many are in it.
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
    // Damaged ones are told when the generation is brought up to date.
    if let Ok(synonyms) = serde_json::from_str(&catalog.synonyms_with_run(run.unwrap_or(0))?) {
        applied.synonyms = synonyms;
        applied.synonyms_seq = catalog.synonyms_seq()?;
    }
    let counts = match feed(&writer, catalog, run.unwrap_or(0), threads, progress) {
        // The writer says only that it was killed; committing says by what.
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

/// Reads the catalog page by page and hands the pages to analysing threads; at most a page a
/// thread waits, so that memory does not follow the corpus. Returns the articles by language.
fn feed(
    writer: &GenerationWriter,
    catalog: &Catalog,
    run: i64,
    threads: usize,
    progress: &dyn Fn(u64),
) -> Result<BTreeMap<String, u64>, BuildError> {
    let (pages, inbox) = sync_channel::<Vec<NumberedArticle>>(threads);
    // Only the workers hold the inbox: when all have failed, sending fails too.
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
            return Ok(()); // every worker has failed; joining them tells why
        }
        crash_point!("build:page");
        progress(done);
    }
}
