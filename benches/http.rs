//! What HTTP adds to a search: the queries of keywords-debian over the debian site, asked of the
//! engine in this process and of a server over one kept-alive connection, with the same options.
//!
//! Every answer is compared (total, ids, their order) before anything is timed. Wanted: the
//! median over HTTP is at most 2 times the one in process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::path::Path;
use std::time::{Duration, Instant};

use data::served::{Client, Server};
use fichero::engine::query::Query;
use fichero::engine::{SearchEngine, SearchRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;

const ROUNDS: usize = 5;
const LIMIT: usize = 10;
const SNIPPET_CHARS: usize = 200;

fn main() {
    let (Some(site), Some(queries)) =
        (data::shared("data/sites/debian.jsonl"), data::shared("data/search/keywords-debian/queries.jsonl"))
    else {
        return;
    };
    let queries: Vec<(String, String)> = std::fs::read_to_string(queries)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|query| (query["text"].as_str().unwrap().to_owned(), query["lang"].as_str().unwrap().to_owned()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    data::index(folder.path(), &site);

    let server = Server::start(folder.path());
    measure(folder.path(), &server, &queries);
}

fn measure(folder: &Path, server: &Server, queries: &[(String, String)]) {
    let data = DataFolder::existing(folder);
    let engine = open_engine(&data, data.current().unwrap()).unwrap();
    let mut client = Client::new(&server.address);
    let paths: Vec<String> = queries.iter().map(|(text, lang)| path(text, lang)).collect();

    // What is timed is right, and both sides are warm.
    let mut bytes = 0;
    for ((text, lang), path) in queries.iter().zip(&paths) {
        let direct = engine.search(&request(text, lang)).unwrap();
        let body = client.get(path);
        bytes += body.len();
        let served: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(served["total"]["value"].as_u64(), Some(direct.total.value), "{path}");
        let ids: Vec<&str> = served["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
        assert_eq!(ids, direct.hits.iter().map(|hit| hit.card.id.as_str()).collect::<Vec<_>>(), "{path}");
    }

    let (mut direct, mut served) = (Vec::new(), Vec::new());
    let mut health = Vec::new();
    for _ in 0..ROUNDS {
        for (text, lang) in queries {
            let begun = Instant::now();
            let answer = engine.search(&request(text, lang)).unwrap();
            direct.push(begun.elapsed());
            std::hint::black_box(answer);
        }
        for path in &paths {
            let begun = Instant::now();
            std::hint::black_box(client.get(path));
            served.push(begun.elapsed());
        }
        for _ in 0..queries.len() {
            let begun = Instant::now();
            std::hint::black_box(client.get("/health/livez"));
            health.push(begun.elapsed());
        }
    }
    println!("{} queries, {ROUNDS} rounds, {} bytes an answer on average", queries.len(), bytes / queries.len());
    let direct = print("in process", direct);
    let served = print("over HTTP", served);
    print("livez", health);
    println!("ratio of medians {:.2} (wanted: at most 2)", served.as_secs_f64() / direct.as_secs_f64());
}

fn print(name: &str, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let median = data::percentile(&times, 0.5);
    println!("{name:<11} median {median:>9.1?}, p99 {:>9.1?}", data::percentile(&times, 0.99));
    median
}

/// What the server makes of [`path`]. Reading the query is part of a search.
fn request(text: &str, lang: &str) -> SearchRequest {
    SearchRequest {
        ui_lang: Some(lang.to_owned()),
        limit: LIMIT,
        snippet_chars: SNIPPET_CHARS,
        ..SearchRequest::new(Query::parse(text), jiff::Timestamp::now().as_second())
    }
}

fn path(text: &str, lang: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", text).append_pair("ui_lang", lang);
    query.append_pair("limit", &LIMIT.to_string()).append_pair("snippet_chars", &SNIPPET_CHARS.to_string());
    format!("/v1/search?{}", query.finish())
}
