//! What a search costs on a site of 100,000 articles, asked over HTTP with all facets and snippets,
//! by 1 client and by 16, and what the same searches cost without facets.
//!
//! The site is the debian site several times over (without the shared data, the project's own
//! corpus): translations stay together; sentences are exchanged within a language, words changed
//! into new ones; dates, kinds, topics of three levels, tags and authors are made, seeded. The
//! queries are words of its titles: one word, two, two of which one is misspelt, two with filters,
//! and none. Every answer is looked at before anything is timed.
//!
//! `FICHERO_BENCH_ARTICLES=2000` tries it with fewer articles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::fs;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use data::made::Random;
use data::served::{Client, Server};
use data::site::{real_articles, write_site};
use serde_json::Value;

const ARTICLES: usize = 100_000;
const SEED: u64 = 0x5eed_0100_000a;
/// How many queries of each sort there are.
const QUERIES: usize = 40;
/// How often each is asked by one client, at most.
const ROUNDS: usize = 10;
/// How long one client, or sixteen, ask at most, with facets or without.
const PATIENCE: Duration = Duration::from_secs(25);
const SORTS: [&str; 5] = ["one word", "two words", "misspelt", "filtered", "empty"];
const FACETS: [&str; 6] = ["lang", "kind", "topic", "tag", "author", "year"];

/// A search, as parameters of an address.
struct Query {
    sort: usize,
    path: String,
}

fn main() {
    let size = std::env::var("FICHERO_BENCH_ARTICLES").map_or(ARTICLES, |size| size.parse().expect("a number"));
    let real = real_articles();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.jsonl");
    let mut random = Random(SEED);
    write_site(&file, &real, size, &mut random);
    let queries = queries(&real[..size.min(real.len())], &mut random);
    let data = folder.path().join("data");
    let begun = Instant::now();
    let report = data::index(&data, &file);
    assert_eq!((report.articles(), report.changes), (size as u64, size as u64));
    let megabytes = fs::metadata(&file).unwrap().len() as f64 / 1e6;
    println!("{size} articles, {megabytes:.0} MB of JSON, indexed in {:.0} s", begun.elapsed().as_secs_f64());

    let server = Server::start(&data);
    look_at(&server.address, &queries);
    println!("{} queries, {} of each sort, 10 hits with snippets of 200 characters", queries.len(), QUERIES);
    println!(
        "{:<22} {:>8} {:>10} {:>10} {:>10} {:>10} {:>7}",
        "", "searches", "all facets", "", "no facets", "", "ratio"
    );
    println!("{:<22} {:>8} {:>10} {:>10} {:>10} {:>10} {:>7}", "", "", "median", "p99", "median", "p99", "medians");
    for clients in [1, 16] {
        let begun = Instant::now();
        let with = ask(&server.address, &queries, clients, "all");
        let took = begun.elapsed();
        let without = ask(&server.address, &queries, clients, "none");
        let name = format!("{clients} client{}", if clients == 1 { "" } else { "s" });
        let all = |times: &[Vec<Duration>]| times.iter().flatten().copied().collect::<Vec<_>>();
        let searches = with.iter().map(Vec::len).sum::<usize>();
        print(&name, all(&with), all(&without));
        for ((sort, with), without) in SORTS.iter().zip(with).zip(without) {
            print(&format!("  {sort}"), with, without);
        }
        println!("  {:.0} searches a second with all facets", searches as f64 / took.as_secs_f64());
    }
}

fn print(name: &str, mut with: Vec<Duration>, mut without: Vec<Duration>) {
    with.sort_unstable();
    without.sort_unstable();
    let at = |times: &[Duration], share| data::percentile(times, share).as_secs_f64() * 1e3;
    let (median, plain) = (at(&with, 0.5), at(&without, 0.5));
    println!(
        "{name:<22} {:>8} {median:>7.2} ms {:>7.2} ms {plain:>7.2} ms {:>7.2} ms {:>7.2}",
        with.len(),
        at(&with, 0.99),
        at(&without, 0.99),
        median / plain
    );
}

/// Queries of every sort, of words that stand in titles.
fn queries(real: &[Value], random: &mut Random) -> Vec<Query> {
    let mut queries = Vec::new();
    while queries.len() < SORTS.len() * QUERIES {
        let article = random.pick(real);
        let words: Vec<&str> = article["title"].as_str().unwrap().split(' ').filter(|word| is_word(word)).collect();
        if words.len() < 2 {
            continue;
        }
        let at = random.below(words.len() as u64 - 1) as usize;
        let two = format!("{} {}", words[at], words[at + 1]);
        let sort = queries.len() % SORTS.len();
        let mut path = form_urlencoded::Serializer::new(String::from("/v1/search?"));
        match SORTS[sort] {
            "one word" => path.append_pair("q", words[at]),
            "two words" => path.append_pair("q", &two),
            "misspelt" => path.append_pair("q", &two.replace(words[at], &misspelt(words[at]))),
            "filtered" => path
                .append_pair("q", &two)
                .append_pair("lang", article["lang"].as_str().unwrap())
                .append_pair("date_from", "2010-01-01")
                .append_pair("kind", "article")
                .append_pair("kind", "blog"),
            _ => path.append_pair("ui_lang", article["lang"].as_str().unwrap()),
        };
        queries.push(Query { sort, path: path.finish() });
    }
    queries
}

fn is_word(word: &str) -> bool {
    word.chars().count() >= 5 && word.chars().all(char::is_alphabetic)
}

/// The word with two letters in its middle changed over, or left out where they are the same.
fn misspelt(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    if letters[middle] == letters[middle - 1] {
        letters.remove(middle);
    } else {
        letters.swap(middle, middle - 1);
    }
    letters.into_iter().collect()
}

/// What is timed is right, and everything is warm: with facets and without, a search has the same
/// hits and total; the languages of an empty search count all works.
fn look_at(address: &str, queries: &[Query]) {
    let mut client = Client::new(address);
    let mut answered = [0; SORTS.len()];
    for query in queries {
        let mut answer = |facets: &str| -> Value {
            serde_json::from_slice(client.get(&format!("{}&facets={facets}", query.path))).unwrap()
        };
        let (with, without) = (answer("all"), answer("none"));
        assert_eq!((&with["total"], &with["hits"]), (&without["total"], &without["hits"]), "{}", query.path);
        for facet in FACETS {
            assert!(with["facets"][facet].is_array(), "{}: no counts by {facet}", query.path);
            assert!(without["facets"][facet].as_array().is_none_or(Vec::is_empty), "{}", query.path);
        }
        let total = with["total"]["value"].as_u64().unwrap();
        answered[query.sort] += u64::from(total > 0);
        if total > 0 {
            let works: u64 =
                with["facets"]["kind"].as_array().unwrap().iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
            // Versions of a work may be of several kinds; a facet ignores its own filter.
            assert!(works >= total, "{}: {works} works by kind, {total} in all", query.path);
            assert!(with["hits"][0]["snippet_html"].is_string(), "{}", query.path);
        }
    }
    for (sort, answered) in SORTS.iter().zip(answered) {
        // Filters may leave nothing over, the more so on a small site.
        assert!(answered >= QUERIES as u64 / 4, "{sort}: {answered} of {QUERIES} find something");
    }
}

/// Has clients ask all queries at once, each in an order of its own; the times by sort.
fn ask(address: &str, queries: &[Query], clients: usize, facets: &str) -> Vec<Vec<Duration>> {
    let start = Barrier::new(clients);
    let client = |number: usize| {
        let mut client = Client::new(address);
        let paths: Vec<(usize, String)> =
            queries.iter().map(|query| (query.sort, format!("{}&facets={facets}", query.path))).collect();
        let mut times = vec![Vec::new(); SORTS.len()];
        start.wait();
        let begun = Instant::now();
        for round in 0..ROUNDS {
            for place in 0..paths.len() {
                if begun.elapsed() > PATIENCE {
                    return times;
                }
                let (sort, path) = &paths[(place + round + number * paths.len() / clients) % paths.len()];
                let asked = Instant::now();
                std::hint::black_box(client.get(path));
                times[*sort].push(asked.elapsed());
            }
        }
        times
    };
    let mut all = vec![Vec::new(); SORTS.len()];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|number| {
                let client = &client;
                scope.spawn(move || client(number))
            })
            .collect();
        for thread in threads {
            for (all, times) in all.iter_mut().zip(thread.join().unwrap()) {
                all.extend(times);
            }
        }
    });
    all
}
