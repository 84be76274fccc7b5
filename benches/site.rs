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

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod data;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use data::made::{Random, push_altered, sentences};
use data::served::{Client, Server};
use fichero::ingest::{self, Record};
use serde_json::{Value, json};

const ARTICLES: usize = 100_000;
const SEED: u64 = 0x5eed_0100_000a;
/// How many queries of each sort there are.
const QUERIES: usize = 40;
/// How often each is asked by one client, at most.
const ROUNDS: usize = 10;
/// How long one client, or sixteen, ask at most, with facets or without.
const PATIENCE: Duration = Duration::from_secs(25);
/// One sentence of so many comes from another article.
const FOREIGN_SENTENCE_EVERY: u64 = 3;
const KINDS: [&str; 8] = ["article", "article", "article", "blog", "blog", "press-release", "event", "publication"];
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

/// The articles that the site is made of, as JSON.
fn real_articles() -> Vec<Value> {
    if let Some(site) = data::shared("data/sites/debian.jsonl") {
        return fs::read_to_string(site).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    }
    println!("the site is made of the project's own corpus instead");
    let (files, problems) = ingest::list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    assert!(problems.is_empty(), "{problems:?}");
    let profile = ingest::profile_of(&files);
    let mut articles = Vec::new();
    for file in files {
        let mut take = |_, record| {
            if let Record::Article(article, _) = record {
                articles.push(serde_json::to_value(article)?);
            }
            Ok::<(), serde_json::Error>(())
        };
        ingest::read_file(&file.path, file.stem(), file.format, &profile, &mut take).unwrap().unwrap();
    }
    articles
}

/// Writes so many articles: the real ones over and over, each time other ones.
fn write_site(file: &Path, real: &[Value], size: usize, random: &mut Random) {
    let mut by_lang: HashMap<&str, Vec<&str>> = HashMap::new();
    for article in real {
        let sentences = sentences(article["body"].as_str().unwrap());
        by_lang.entry(article["lang"].as_str().unwrap()).or_default().extend(sentences);
    }
    let mut out = BufWriter::new(File::create(file).unwrap());
    for number in 0..size {
        let (copy, place) = (number / real.len(), number % real.len());
        writeln!(out, "{}", varied(&real[place], copy, &by_lang, random)).unwrap();
    }
    out.flush().unwrap();
}

/// A copy of an article that is another one.
fn varied(article: &Value, copy: usize, by_lang: &HashMap<&str, Vec<&str>>, random: &mut Random) -> Value {
    let text = |name: &str| article[name].as_str().unwrap_or_default();
    let (mut title, mut body) = (String::new(), String::new());
    push_altered(&mut title, text("title"), random);
    for paragraph in text("body").split("\n\n") {
        for sentence in paragraph.split_inclusive(['.', '\n']) {
            let foreign = by_lang[text("lang")].as_slice();
            let is_foreign = !foreign.is_empty() && random.below(FOREIGN_SENTENCE_EVERY) == 0;
            let sentence = if is_foreign { *random.pick(foreign) } else { sentence.trim() };
            push_altered(&mut body, sentence, random);
        }
        body.push_str("\n\n");
    }
    // The smaller a number, the more of it there is.
    let mut skewed = |of: u64| {
        let most = random.below(of) + 1;
        random.below(most)
    };
    let topic = article["topics"][0].as_str().unwrap_or("general");
    let topic = format!("{topic}/part {}/section {}", skewed(8), skewed(6));
    let tags: Vec<String> = (0..1 + skewed(3)).map(|_| format!("tag {}", skewed(200))).collect();
    let authors: Vec<String> = (0..1 + skewed(2)).map(|_| format!("Author {}", skewed(300))).collect();
    let date = format!("{}-{:02}-{:02}", 2025 - skewed(25), 1 + skewed(12), 1 + skewed(28));
    json!({
        "id": format!("{copy}/{}", text("id")),
        "work": format!("{copy}/{}", text("work")),
        "url": format!("https://made.example/{copy}/{}", text("id").replace(':', "/")),
        "lang": article["lang"],
        "kind": random.pick(&KINDS),
        "title": title.trim(),
        "body": body.trim(),
        "published_at": date,
        "topics": [topic],
        "tags": tags,
        "authors": authors,
    })
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
