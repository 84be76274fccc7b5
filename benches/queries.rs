//! What each part of a search costs, and what the worst queries cost, over short plain ones: the
//! 1,200 queries of `keywords-debian` on the 18,366 articles of `debian.jsonl`.
//!
//! Every figure is a ratio of times measured side by side in this run. `cargo bench --bench queries`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::time::{Duration, Instant};

use fichero::engine::planning::Plan;
use fichero::engine::query::Query;
use fichero::engine::ranking::Counting;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{Facet, MAX_LIMIT, SearchEngine, SearchRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;

const ROUNDS: usize = 3;
/// What the worst query may cost, in median plain ones.
const WORST: f64 = 20.0;

/// A word that is nowhere, and like none.
const NOWHERE: &str = "xqzvkwjq";

/// A way to make a plan cheaper by leaving a part out.
type Cut = fn(&mut Plan);

fn main() {
    let (Some(site), Some(queries), Some(naughty)) = (
        data::shared("data/sites/debian.jsonl"),
        data::shared("data/search/keywords-debian/queries.jsonl"),
        data::shared("data/sources/blns/blns.json"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    data::index(folder.path(), &site);
    let index = DataFolder::existing(folder.path());
    let engine = open_engine(&index, index.current().unwrap()).unwrap();
    let text = std::fs::read_to_string(queries).unwrap();
    let queries: Vec<String> = text.lines().map(|line| field(line, "text")).collect();

    let plain = median(queries.iter().map(|query| time(&engine, query)).collect());
    println!("plain: {} queries, median {plain:.1?}", queries.len());
    let cuts: [(&str, Cut); 3] = [
        ("nearness of words", |plan| plan.pairs.clear()),
        ("the word itself beside its stem", |plan| {
            for variant in plan.words.iter_mut().flat_map(|word| &mut word.variants) {
                variant.counting = Counting::Stems;
            }
        }),
        ("all languages instead of the likeliest", |plan| {
            let likeliest = plan.language_factors.iter().position(|factor| *factor >= 1.0);
            let variants = plan.words.iter_mut().flat_map(|word| &mut word.variants);
            for forms in variants.flat_map(|variant| &mut variant.sequence) {
                for (language, stems) in forms.stems.iter_mut().enumerate() {
                    if Some(language) != likeliest {
                        stems.clear();
                    }
                }
            }
        }),
    ];
    let sample = || queries.iter().step_by(4);
    let without = |cuts: &[(&str, Cut)]| {
        let ratios = sample().filter_map(|query| {
            let request = SearchRequest { literal: true, ..request(query) };
            let whole = engine.plan(&request).unwrap();
            let mut part = whole.clone();
            cuts.iter().for_each(|(_, cut)| cut(&mut part));
            let is_answered = engine.search_planned(part.clone(), &request).unwrap().total.value > 0;
            let of = |plan: &Plan| best(|| drop(engine.search_planned(plan.clone(), &request).unwrap()));
            is_answered.then(|| of(&whole).as_secs_f64() / of(&part).as_secs_f64())
        });
        data::median(ratios.collect())
    };
    for cut in cuts {
        println!("{}: {:.2} times the time without", cut.0, without(&[cut]));
    }
    println!("all three: {:.2} times the time without", without(&cuts));
    let planning = sample().map(|query| {
        let request = request(query);
        best(|| drop(engine.plan(&request).unwrap())).as_secs_f64() / time(&engine, query).as_secs_f64()
    });
    println!("planning (look-ups of words): {:.2} of the time", data::median(planning.collect()));
    let typos = sample().filter_map(|query| {
        let misspelt = misspelt(query)?;
        let corrected = !engine.search(&request(&misspelt)).unwrap().corrections.is_empty();
        corrected.then(|| time(&engine, &misspelt).as_secs_f64() / time(&engine, query).as_secs_f64())
    });
    let typos: Vec<f64> = typos.collect();
    println!(
        "a misspelt word: {:.2} times the query spelt right ({} queries)",
        data::median(typos.clone()),
        typos.len()
    );

    let helped: Vec<f64> = sample()
        .map(|query| time(&engine, &format!("{query} {NOWHERE}")).as_secs_f64() / time(&engine, query).as_secs_f64())
        .collect();
    println!("a word besides that no article holds: {:.2} times the query without", data::median(helped));

    let mut hard: Vec<String> = serde_json::from_str(&std::fs::read_to_string(naughty).unwrap()).unwrap();
    println!("naughty strings: {}", hard.len());
    hard.push("a* b* c*".to_owned());
    hard.extend(attacks(&queries));
    hard.push(queries.join(" ").chars().take(2_000).collect());
    hard.push(
        queries.iter().filter_map(|query| misspelt(query)).collect::<Vec<_>>().join(" ").chars().take(2_000).collect(),
    );
    println!("the worst of all, as typed and with everything that can be asked for (wanted: at most {WORST}):");
    for (name, with) in [("as typed", as_typed as fn(&str) -> SearchRequest), ("with everything", with_everything)] {
        let cost = |query: &String| best(|| drop(engine.search(&with(query)).unwrap())).as_secs_f64();
        let costs = hard.iter().map(|query| (cost(query) / plain.as_secs_f64(), query.as_str()));
        let mut costs: Vec<(f64, &str)> = costs.collect();
        costs.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("{name}:");
        for (cost, query) in costs.iter().take(5) {
            println!("{cost:>6.1} median queries: {}", query.chars().take(60).collect::<String>());
        }
    }
}

/// Queries that are made to cost much: beginnings, frequent words, words glued together, phrases and
/// exclusions of frequent words.
fn attacks(queries: &[String]) -> Vec<String> {
    const FREQUENT: [&str; 20] = [
        "the", "of", "and", "to", "in", "is", "for", "de", "la", "el", "en", "que", "los", "del", "les", "des", "et",
        "do", "da", "os",
    ];
    let words: Vec<&str> = queries.iter().flat_map(|query| query.split(' ')).take(40).collect();
    let joined = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join(" ");
    let pairs = || FREQUENT.windows(2);
    vec![
        joined(&mut ('a'..='z').map(|letter| format!("{letter}*"))),
        joined(&mut ('a'..='z').map(|letter| format!("title:{letter}*"))),
        joined(&mut FREQUENT.iter().map(ToString::to_string)),
        words.join(" "),
        joined(&mut words.iter().chain(&FREQUENT).map(ToString::to_string)),
        joined(&mut words.chunks(2).take(8).map(|pair| pair.concat())),
        joined(&mut words.iter().filter_map(|word| misspelt(word)).take(12)),
        joined(&mut pairs().map(|pair| format!("\"{}\"", pair.join(" ")))),
        format!("debian {}", joined(&mut pairs().map(|pair| format!("-\"{}\"", pair.join(" "))))),
        format!("debian {}", joined(&mut ('a'..='l').map(|letter| format!("-{letter}*")))),
    ]
}

fn as_typed(query: &str) -> SearchRequest {
    request(query)
}

/// The most that one request can ask for.
fn with_everything(query: &str) -> SearchRequest {
    SearchRequest {
        facets: Facet::ALL.to_vec(),
        limit: MAX_LIMIT,
        snippet_chars: 1_000,
        explain: true,
        ..request(query)
    }
}

/// The query with two letters of its longest word changed over.
fn misspelt(query: &str) -> Option<String> {
    let longest = query.split(' ').max_by_key(|word| word.chars().count())?;
    let mut letters: Vec<char> = longest.chars().collect();
    let middle = letters.len() / 2;
    if letters.len() < 5 || letters[middle] == letters[middle + 1] || !longest.chars().all(char::is_alphabetic) {
        return None;
    }
    letters.swap(middle, middle + 1);
    Some(query.replace(longest, &letters.into_iter().collect::<String>()))
}

fn field(line: &str, name: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap()[name].as_str().unwrap().to_owned()
}

fn time(engine: &EmbeddedEngine, query: &str) -> Duration {
    best(|| drop(engine.search(&request(query)).unwrap()))
}

/// The best of a few rounds: what the machine's other work took away is not counted.
fn best(mut work: impl FnMut()) -> Duration {
    let once = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..ROUNDS).map(|_| once(&mut work)).min().unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    data::percentile(&times, 0.5)
}

fn request(text: &str) -> SearchRequest {
    SearchRequest::new(Query::parse(text), jiff::Timestamp::now().as_second())
}
