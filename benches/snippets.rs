//! What a search costs whose ten hits are articles of 1 MB that match near their end, over one
//! whose ten hits are articles of 3 KB: the same queries, the same text before the match, and the
//! same other articles in both indexes.
//!
//! Every figure is a ratio of times measured side by side in this run, on a machine that does little
//! else. Wanted: at most 5.
//! `cargo bench --bench snippets`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fichero::engine::query::Query;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{SearchEngine, SearchRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use serde_json::json;

const HITS: usize = 10;
const OTHERS: usize = 190;
const SMALL_BYTES: usize = 3_000;
const LARGE_BYTES: usize = 1_000_000;
const ROUNDS: usize = 30;
/// What the large hits may cost, in small ones.
const WANTED: f64 = 5.0;

/// The queries, each with what is marked in the snippet of every hit. `calidad` stands all through
/// the articles that are found, and in no other.
const QUERIES: [(&str, &[&str]); 6] = [
    ("zarzamora", &["zarzamora"]),
    ("zarzamora alcaraván", &["zarzamora", "alcaraván"]),
    ("zarzamoras alcaravan quetzales", &["zarzamora", "alcaraván", "quetzal"]),
    ("\"zarzamora de la sierra\"", &["zarzamora de la sierra"]),
    ("la calidad de la zarzamora", &["zarzamora"]),
    ("zarzam*", &["zarzamora"]),
];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let small = engine(&folder.path().join("small"), SMALL_BYTES);
    let large = engine(&folder.path().join("large"), LARGE_BYTES);
    let mut worst: f64 = 0.0;
    for (query, marked) in QUERIES {
        for engine in [&small, &large] {
            let answer = engine.search(&request(query)).unwrap();
            assert_eq!((answer.total.value, answer.hits.len()), (HITS as u64, HITS), "{query}");
            for hit in answer.hits {
                let is_marked = |word: &&str| hit.snippet_html.contains(&format!("<mark>{word}</mark>"));
                assert!(hit.card.id.starts_with("hit") && marked.iter().all(is_marked), "{query}: {hit:?}");
            }
        }
        let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            of_small.push(time(&small, query));
            of_large.push(time(&large, query));
        }
        let (of_small, of_large) = (median(of_small), median(of_large));
        let ratio = of_large.as_secs_f64() / of_small.as_secs_f64();
        worst = worst.max(ratio);
        println!("{query}: {ratio:.2} times ({of_large:.1?} over {of_small:.1?})");
    }
    println!("the worst: {worst:.2} (wanted: at most {WANTED})");
}

/// An index of articles that are found, of a size, among others of 3 KB.
fn engine(path: &Path, bytes: usize) -> EmbeddedEngine {
    fs::create_dir(path).unwrap();
    let file = path.join("site.jsonl");
    let mut text = Text { state: 7 };
    let mut lines = Vec::new();
    for number in 0..HITS + OTHERS {
        let is_hit = number < HITS;
        let size = if is_hit { bytes } else { SMALL_BYTES };
        let mut body = text.paragraphs(size, if is_hit { "calidad" } else { "cantidad" });
        if is_hit {
            body.push_str("\n\nCrece la zarzamora de la sierra junto al río. ");
            body.push_str(&text.sentences(300));
            body.push_str("\n\nY canta el alcaraván al lado del quetzal. ");
            body.push_str(&text.sentences(300));
        }
        let id = format!("{}{number}", if is_hit { "hit" } else { "other" });
        let article = json!({"id": id, "lang": "es", "title": text.words(6), "body": body});
        lines.push(article.to_string());
    }
    fs::write(&file, lines.join("\n")).unwrap();
    let index = path.join("index");
    data::index(&index, &file);
    let index = DataFolder::existing(&index);
    open_engine(&index, index.current().unwrap()).unwrap()
}

/// Writes texts of made-up words among the function words of Spanish, always the same.
struct Text {
    state: u64,
}

impl Text {
    fn next(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % below
    }

    fn word(&mut self) -> String {
        const FUNCTION_WORDS: [&str; 8] = ["de", "la", "que", "el", "en", "y", "los", "para"];
        const SYLLABLES: [&str; 12] = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te"];
        match self.next(10) {
            0..4 => FUNCTION_WORDS[self.next(FUNCTION_WORDS.len())].to_owned(),
            _ => (0..3).map(|_| SYLLABLES[self.next(SYLLABLES.len())]).collect(),
        }
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn sentences(&mut self, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&self.words(12));
            text.push_str(". ");
        }
        text
    }

    fn paragraphs(&mut self, bytes: usize, word: &str) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&self.sentences(450));
            text.push_str(word);
            text.push_str(".\n\n");
        }
        text
    }
}

fn time(engine: &EmbeddedEngine, query: &str) -> Duration {
    let request = request(query);
    let begun = Instant::now();
    drop(engine.search(&request).unwrap());
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    data::percentile(&times, 0.5)
}

fn request(text: &str) -> SearchRequest {
    SearchRequest { limit: HITS, ..SearchRequest::new(Query::parse(text), jiff::Timestamp::now().as_second()) }
}
