//! What a server's memory (`RssAnon` of `/proc/<pid>/status`) has come to after many requests, and
//! how many it answers a second: as it is, with two of glibc's arenas, with one, and with each
//! allocator that `FICHERO_BENCH_PRELOAD` names (paths of libraries, separated by colons).
//!
//! The site is the project's own corpus. All servers run at once and are asked the same requests in
//! turn, a round each, by 16 clients, so that a noisy machine is as noisy for all of them. Every
//! answer has to be a good one. `FICHERO_BENCH_REQUESTS=150000` says how many requests each gets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use data::served::{Client, Server};
use serde_json::Value;

const REQUESTS: usize = 150_000;
const ROUNDS: usize = 15;
const CLIENTS: usize = 16;

/// A server with an allocator.
struct Variant {
    name: String,
    server: Server,
    took: Duration,
}

fn main() {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: this system has no /proc to read RssAnon from");
        return;
    }
    let requests = std::env::var("FICHERO_BENCH_REQUESTS").map_or(REQUESTS, |count| count.parse().expect("a number"));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut settings = vec![("as it is".to_owned(), None)];
    let libraries = std::env::var("FICHERO_BENCH_PRELOAD").unwrap_or_default();
    let libraries = libraries.split(':').filter(|path| !path.is_empty()).map(|path| ("LD_PRELOAD", path));
    for (name, value) in [("MALLOC_ARENA_MAX", "2"), ("MALLOC_ARENA_MAX", "1")].into_iter().chain(libraries) {
        let file = value.rsplit('/').next().unwrap_or(value);
        settings.push((format!("{name}={file}"), Some((name, value.to_owned()))));
    }
    let folders: Vec<tempfile::TempDir> = settings.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let mut variants = Vec::new();
    for ((name, variable), folder) in settings.into_iter().zip(&folders) {
        data::index(folder.path(), &corpus);
        let variable = variable.as_ref().map(|(name, value)| (*name, value.as_str()));
        variants.push(Variant { name, server: Server::with(folder.path(), variable), took: Duration::ZERO });
    }
    let paths = paths();
    for Variant { server, .. } in &variants {
        let mut client = Client::new(&server.address);
        paths.iter().for_each(|path| assert!(!client.get(path).is_empty(), "{path}"));
    }
    let first: Vec<f64> = variants.iter().map(|variant| anonymous_mb(&variant.server)).collect();
    let each = requests / ROUNDS / CLIENTS;
    for round in 0..ROUNDS {
        for variant in &mut variants {
            let begun = Instant::now();
            thread::scope(|scope| {
                for number in 0..CLIENTS {
                    let (address, paths) = (&variant.server.address, &paths);
                    scope.spawn(move || {
                        let mut client = Client::new(address);
                        let from = (round * CLIENTS + number) * each;
                        (from..from + each).for_each(|at| assert!(!client.get(&paths[at % paths.len()]).is_empty()));
                    });
                }
            });
            variant.took += begun.elapsed();
        }
    }
    println!("{} requests each, {CLIENTS} clients, {} different ones", each * CLIENTS * ROUNDS, paths.len());
    let of_first = variants[0].took.as_secs_f64();
    for (variant, first) in variants.iter().zip(first) {
        println!(
            "{:<28} RssAnon {first:>5.1} -> {:>6.1} MB, {:>5.0} requests a second, {:.2} times the first",
            variant.name,
            anonymous_mb(&variant.server),
            (each * CLIENTS * ROUNDS) as f64 / variant.took.as_secs_f64(),
            of_first / variant.took.as_secs_f64()
        );
    }
}

/// The addresses of requests of all sorts, about the articles of the corpus.
fn paths() -> Vec<String> {
    let queries = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/eval/queries.jsonl")).unwrap();
    let texts: Vec<String> = queries
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned())
        .collect();
    let mut paths = Vec::new();
    for text in &texts {
        let q: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let typed: String = text.chars().take(4).collect();
        let typed: String = form_urlencoded::byte_serialize(typed.trim().as_bytes()).collect();
        paths.extend([
            format!("/v1/search?q={q}&limit=10&snippet_chars=200&facets=all"),
            format!("/v1/search?q={q}&limit=100"),
            format!("/search?q={q}&ui_lang=es"),
            format!("/v1/suggest?q={typed}"),
            format!("/search.atom?q={q}"),
            "/v1/search?limit=100&facets=all".to_owned(),
            "/v1/related?id=es/recognition-refugees".to_owned(),
            "/v1/articles?id=es/recognition-refugees".to_owned(),
            "/v1/recent?limit=10".to_owned(),
            "/v1/topics".to_owned(),
        ]);
    }
    paths
}

fn anonymous_mb(server: &Server) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() * 1_024.0 / 1e6
}
