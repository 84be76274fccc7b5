//! How much of bare Tantivy's throughput a full build keeps.
//!
//! * `build`: `fichero::indexing::build::build`, from the catalog to a checked generation.
//! * `bare`: the same articles, held in memory, analysed by as many threads and put into the same
//!   fields by a writer with as many threads and as much heap; no catalog, no JSON, no check.
//!
//! Both end with a commit and finished merges. Wanted: `build` at 0.6 of `bare` or more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use fichero::article::Article;
use fichero::engine::tantivy::{Applied, ArticleAnalyzer, ContentKey, Generation, GenerationWriter, Manifest};
use fichero::indexing::build::build;
use fichero::storage::catalog::Catalog;
use fichero::storage::data_dir::DataFolder;

const ROUNDS: usize = 3;
/// How many articles a thread takes at a time.
const CHUNK: usize = 256;

fn main() {
    let Some(file) = data::shared("data/sites/debian.jsonl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let site = DataFolder::open(&folder.path().join("data")).unwrap();
    let begun = Instant::now();
    let report = data::index(site.path(), &file);
    println!("first reindex, reading and cataloguing included: {:.1} s", begun.elapsed().as_secs_f64());
    let catalog = Catalog::open(site.path()).unwrap();
    let articles = catalog.all_articles().unwrap();
    let threads = fichero::engine::tantivy::build_threads();

    // What is timed is right: both hold every article of the file.
    let expected = fs::read_to_string(&file).unwrap().lines().count() as u64;
    assert_eq!((report.articles(), articles.len() as u64), (expected, expected));
    let bare_path = |round: usize| folder.path().join(format!("bare-{round}"));
    assert_eq!(build(&site, &catalog, None, &|_| ()).unwrap().articles, expected);
    bare(&bare_path(0), &articles, threads);
    Generation::open(&bare_path(0)).unwrap().check(expected).unwrap();

    let (mut built, mut bared) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let begun = Instant::now();
        assert_eq!(build(&site, &catalog, None, &|_| ()).unwrap().articles, expected);
        built.push(expected as f64 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        bare(&bare_path(round), &articles, threads);
        bared.push(expected as f64 / begun.elapsed().as_secs_f64());
        println!("round {round}: build {:.0} articles/s, bare {:.0} articles/s", built[round - 1], bared[round - 1]);
    }
    let (built, bared) = (data::median(built), data::median(bared));
    println!("{expected} articles, {threads} threads, medians of {ROUNDS}");
    println!(
        "build {built:.0} articles/s, bare Tantivy {bared:.0} articles/s, ratio {:.2} (wanted: 0.60 or more)",
        built / bared
    );
}

fn bare(path: &Path, articles: &[Article], threads: usize) {
    let mut works: HashMap<&str, u64> = HashMap::new();
    let mut languages: BTreeMap<String, u64> = BTreeMap::new();
    for article in articles {
        let next = works.len() as u64 + 1;
        works.entry(&article.work).or_insert(next);
        *languages.entry(article.lang.clone()).or_default() += 1;
    }
    let writer = GenerationWriter::create(path, threads).unwrap();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut analyzer = ArticleAnalyzer::default();
                while let Some(chunk) = articles.chunks(CHUNK).nth(next.fetch_add(1, Ordering::Relaxed)) {
                    for article in chunk {
                        assert!(
                            writer
                                .add(
                                    article,
                                    works[article.work.as_str()],
                                    ContentKey::of(&article.content_hash()),
                                    &mut analyzer
                                )
                                .unwrap()
                        );
                    }
                }
            });
        }
    });
    // Besides committing and waiting for the merges, this writes one small file.
    let manifest = Manifest::new(1, String::new(), languages);
    writer.finish(&Applied::default(), &manifest).unwrap();
}
