//! What is offered while somebody types costs, on a site of 100,000 articles: the time of an answer
//! in process, by how much is typed, and what it adds to the index.
//!
//! The site is that of `benches/site.rs`. Typed are beginnings of words and phrases that its titles
//! hold, as often as they do, in all languages: of one letter, two, three, five, of a word and three
//! letters, of two words and three letters, and five letters with a slip. Wanted: a median of 1 ms
//! and a 99th percentile of 5 ms at most, for each; 10 % of the index at most.
//!
//! The time of a text is the shortest of five rounds: what else the machine does is no part of it.
//! Every answer is looked at before anything is timed: a completion finds something.
//! `FICHERO_BENCH_ARTICLES=2000` tries it with fewer articles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::path::Path;
use std::time::{Duration, Instant};

use data::made::Random;
use data::site::{real_articles, write_site};
use fichero::engine::query::Query;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{SearchEngine, SearchRequest, SuggestRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;

const ARTICLES: usize = 100_000;
const SEED: u64 = 0x5eed_0100_000a;
/// How many texts of each sort are typed.
const TEXTS: usize = 200;
const ROUNDS: usize = 5;
const SORTS: [&str; 7] =
    ["1 letter", "2 letters", "3 letters", "5 letters", "1 word + 3 letters", "2 words + 3 letters", "a slip"];
const FIELDS: [&str; 2] = ["completions", "heads"];

fn main() {
    let size = std::env::var("FICHERO_BENCH_ARTICLES").map_or(ARTICLES, |size| size.parse().expect("a number"));
    let real = real_articles();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.jsonl");
    let mut random = Random(SEED);
    write_site(&file, &real, size, &mut random);
    let data_path = folder.path().join("data");
    let begun = Instant::now();
    let report = data::index(&data_path, &file);
    assert_eq!(report.articles(), size as u64);
    println!("{size} articles, indexed in {:.0} s", begun.elapsed().as_secs_f64());
    let index = DataFolder::existing(&data_path);
    let generation = index.current().unwrap();
    print_sizes(&index.generation(generation));
    let begun = Instant::now();
    let engine = open_engine(&index, generation).unwrap();
    println!("opened in {:.2} s", begun.elapsed().as_secs_f64());

    let now_s = jiff::Timestamp::now().as_second();
    println!(
        "{:<20} {:>7} {:>10} {:>10} {:>10} {:>12} {:>9}",
        "", "texts", "median", "p99", "most", "completions", "articles"
    );
    let mut all = Vec::new();
    for sort in SORTS {
        let texts: Vec<(String, String)> = (0..TEXTS).map(|_| text(&real, sort, &mut random)).collect();
        let requests: Vec<SuggestRequest> = texts
            .into_iter()
            .map(|(text, lang)| SuggestRequest { ui_lang: Some(lang), ..SuggestRequest::new(&text, now_s) })
            .collect();
        let found = look_at(&engine, &requests);
        let mut times = vec![Duration::MAX; requests.len()];
        for _ in 0..ROUNDS {
            for (request, best) in requests.iter().zip(&mut times) {
                let begun = Instant::now();
                std::hint::black_box(engine.suggest(request).unwrap());
                *best = begun.elapsed().min(*best);
            }
        }
        all.extend_from_slice(&times);
        print(sort, times, Some(found));
    }
    print("all", all, None);
}

/// Prints how long texts took, and how many completions and articles were answered to all.
fn print(sort: &str, mut times: Vec<Duration>, found: Option<(usize, usize)>) {
    times.sort_unstable();
    let at = |share| data::percentile(&times, share).as_secs_f64() * 1e3;
    let mean = |sum: usize| format!("{:.1}", sum as f64 / times.len() as f64);
    let (completions, articles) = found.map_or_else(Default::default, |(a, b)| (mean(a), mean(b)));
    println!(
        "{sort:<20} {:>7} {:>7.2} ms {:>7.2} ms {:>7.2} ms {completions:>12} {articles:>9}",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

/// What the fields of suggestions take of the index.
fn print_sizes(generation: &Path) {
    let index = tantivy::Index::open_in_dir(generation).unwrap();
    let searcher = index.reader().unwrap().searcher();
    let usage = searcher.space_usage().unwrap();
    let mut own = 0;
    for segment in usage.segments() {
        for part in [segment.postings(), segment.termdict()] {
            let of_own = part.fields().filter(|usage| FIELDS.contains(&usage.field_name()));
            own += of_own.map(|usage| usage.total().get_bytes()).sum::<u64>();
        }
    }
    let all = usage.total().get_bytes();
    println!(
        "index {:.0} MB in {} segments, of it for suggestions {:.1} MB: {:.1} % on top of the rest (wanted: 10 % or less)",
        all as f64 / 1e6,
        usage.segments().len(),
        own as f64 / 1e6,
        100.0 * own as f64 / (all - own) as f64
    );
}

/// What somebody types who looks for a title, and the title's language.
fn text(real: &[Value], sort: &str, random: &mut Random) -> (String, String) {
    loop {
        let article = random.pick(real);
        let words: Vec<&str> = article["title"].as_str().unwrap().split(' ').filter(|word| is_word(word)).collect();
        if words.len() < 3 {
            continue;
        }
        let at = random.below(words.len() as u64 - 2) as usize;
        let begun = |word: &str, letters: usize| word.chars().take(letters).collect::<String>();
        let text = match sort {
            "1 letter" => begun(words[at], 1),
            "2 letters" => begun(words[at], 2),
            "3 letters" => begun(words[at], 3),
            "5 letters" => begun(words[at], 5),
            "1 word + 3 letters" => format!("{} {}", words[at], begun(words[at + 1], 3)),
            "2 words + 3 letters" => format!("{} {} {}", words[at], words[at + 1], begun(words[at + 2], 3)),
            _ => {
                let mut letters: Vec<char> = begun(words[at], 5).chars().collect();
                letters.swap(2, 3);
                letters.into_iter().collect()
            }
        };
        return (text, article["lang"].as_str().unwrap().to_owned());
    }
}

fn is_word(word: &str) -> bool {
    word.chars().count() >= 4 && word.chars().all(char::is_alphabetic)
}

/// How many completions and articles are answered to all; every completion finds something.
fn look_at(engine: &EmbeddedEngine, requests: &[SuggestRequest]) -> (usize, usize) {
    let (mut completions, mut articles) = (0, 0);
    for request in requests {
        let answer = engine.suggest(request).unwrap();
        completions += answer.completions.len();
        articles += answer.articles.len();
        for completion in answer.completions {
            let asked = SearchRequest {
                limit: 0,
                literal: true,
                ..SearchRequest::new(Query::parse(&completion.text), request.now_s)
            };
            assert!(engine.search(&asked).unwrap().total.value > 0, "{:?} offers {:?}", request.text, completion.text);
        }
    }
    assert!(completions > 0 && articles > 0);
    (completions, articles)
}
