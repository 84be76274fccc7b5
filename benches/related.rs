//! What related articles cost.
//!
//! * A reindex of the debian site, whole, with the nearest works of every article, against the same
//!   less the time that these take. Wanted: at most 1.5 times.
//! * Six related works of an article, as they are kept, over HTTP, against the article itself, for
//!   the same articles in the same round. Wanted: at most 2 times.
//! * The first answer for an article of a site of 100,000 of which nothing is kept, in process.
//!   Wanted: a median of at most 10 ms. `FICHERO_BENCH_ARTICLES` makes the site smaller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::path::Path;
use std::time::{Duration, Instant};

use data::made::Random;
use data::served::{Client, Server};
use data::site::{real_articles, write_site};
use fichero::article::Article;
use fichero::engine::tantivy::{EmbeddedEngine, Generation};
use fichero::engine::{ArticleKey, RelatedRequest, RelatedTo, SearchEngine};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;

const ARTICLES: usize = 100_000;
const SEED: u64 = 0x5eed_0100_000b;
/// How many articles are asked about, and how often each.
const ASKED: usize = 300;
const ROUNDS: usize = 5;

fn main() {
    let real = real_articles();
    let folder = tempfile::tempdir().unwrap();
    if let Some(file) = data::shared("data/sites/debian.jsonl") {
        let data = folder.path().join("debian");
        reindex(&data, &file);
        read(&data, &real);
    }
    let size = std::env::var("FICHERO_BENCH_ARTICLES").map_or(ARTICLES, |size| size.parse().expect("a number"));
    let file = folder.path().join("made.jsonl");
    write_site(&file, &real, size, &mut Random(SEED));
    let data = folder.path().join("made");
    reindex(&data, &file);
    first(&data, &std::fs::read_to_string(&file).unwrap().lines().collect::<Vec<_>>());
}

fn engine(data: &Path) -> EmbeddedEngine {
    let data = DataFolder::existing(data);
    open_engine(&data, data.current().unwrap()).unwrap()
}

fn reindex(data: &Path, file: &Path) {
    let begun = Instant::now();
    let report = data::index(data, file);
    let whole = begun.elapsed();
    let folder = DataFolder::existing(data);
    let path = folder.generation(folder.current().unwrap());
    let kept = std::fs::metadata(path.join("nearest.bin")).unwrap().len();
    let of_all: u64 = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let generation = Generation::open(&path).unwrap();
    let threads = fichero::engine::tantivy::build_threads();
    let begun = Instant::now();
    generation.keep_nearest(threads).unwrap();
    let nearest = begun.elapsed();
    println!(
        "{} articles: reindex {:.1} s, the nearest works {:.1} s of it, {:.2} times one without (wanted: at most 1.5); \
         they take {:.1} of {:.1} MB",
        report.articles(),
        whole.as_secs_f64(),
        nearest.as_secs_f64(),
        whole.as_secs_f64() / (whole - nearest).as_secs_f64(),
        kept as f64 / 1e6,
        of_all as f64 / 1e6,
    );
}

fn sample(articles: &[Value]) -> Vec<String> {
    let step = (articles.len() / ASKED).max(1);
    articles.iter().step_by(step).map(|article| article["id"].as_str().unwrap().to_owned()).collect()
}

fn read(data: &Path, articles: &[Value]) {
    assert!(engine(data).has_nearest());
    let server = Server::start(data);
    let mut client = Client::new(&server.address);
    let ids: Vec<String> = sample(articles)
        .iter()
        .map(|id| form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20"))
        .collect();
    let (mut whole, mut related) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for id in &ids {
            let article = timed(&mut client, &format!("/v1/articles/{id}"));
            let answer = timed(&mut client, &format!("/v1/articles/{id}/related?limit=6"));
            // The first round warms up.
            if round > 0 {
                whole.push(article);
                related.push(answer);
            }
        }
    }
    let whole = print("an article", whole);
    let related = print("related", related);
    println!("ratio of medians {:.2} (wanted: at most 2)", related.as_secs_f64() / whole.as_secs_f64());
}

fn timed(client: &mut Client, path: &str) -> Duration {
    let begun = Instant::now();
    std::hint::black_box(client.get(path));
    begun.elapsed()
}

fn first(data: &Path, lines: &[&str]) {
    let folder = DataFolder::existing(data);
    std::fs::remove_file(folder.generation(folder.current().unwrap()).join("nearest.bin")).unwrap();
    let engine = engine(data);
    assert!(!engine.has_nearest());
    let now_s = jiff::Timestamp::now().as_second();
    let step = (lines.len() / ASKED).max(1);
    let article = |line: &&str| Article::from_fields(serde_json::from_str(line).as_ref().unwrap()).unwrap().0;
    let articles: Vec<Article> = lines.iter().step_by(step).map(article).collect();
    let (mut first, mut drafts) = (Vec::new(), Vec::new());
    for round in 0..2 {
        for article in &articles {
            let request = RelatedRequest::new(ArticleKey::Id(article.id.clone()), now_s);
            let begun = Instant::now();
            let answer = engine.related(&request).unwrap().unwrap();
            let took = begun.elapsed();
            assert_eq!(answer.hits.len(), request.limit);
            let request = RelatedRequest { to: RelatedTo::Draft(Box::new(article.clone())), ..request };
            let begun = Instant::now();
            let drafted = engine.related(&request).unwrap().unwrap();
            if round > 0 {
                first.push(took);
                drafts.push(begun.elapsed());
            }
            std::hint::black_box(drafted);
        }
    }
    print("first answer", first);
    println!("(wanted: a median of at most 10 ms)");
    print("of a draft", drafts);
}

fn print(name: &str, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let median = data::percentile(&times, 0.5);
    println!("{name:<12} median {median:>9.1?}, p99 {:>9.1?}", data::percentile(&times, 0.99));
    median
}
