//! What a reader waits for beside eight attackers: somebody who asks one search after the other of a
//! server over the 18,366 articles of `debian.jsonl`, alone, and while eight connections send the
//! costliest requests that are known, without a pause.
//!
//! Every figure is a ratio of times measured in this run; reader, attackers and server share the
//! machine. `cargo bench --bench attack`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use data::served::{Client, Server};
use serde_json::{Value, json};

const ATTACKERS: usize = 8;
/// How long each part is measured.
const MEASURED: Duration = Duration::from_secs(20);
/// What the reader's 99th percentile may be, in that of the quiet server.
const MOST: f64 = 5.0;

/// Whose requests a request counts as.
#[derive(Clone, Copy)]
enum Addresses {
    /// Everybody has one address, the reader too.
    One,
    /// The attackers have one, the reader has another.
    Two,
    /// Everybody has an address.
    Each,
}

fn main() {
    let (Some(site), Some(queries)) =
        (data::shared("data/sites/debian.jsonl"), data::shared("data/search/keywords-debian/queries.jsonl"))
    else {
        return;
    };
    let queries = std::fs::read_to_string(queries).unwrap();
    let queries: Vec<String> = queries
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    data::index(folder.path(), &site);
    std::fs::write(folder.path().join("fichero.toml"), "[http]\ntrusted_proxies = [\"127.0.0.1/32\"]\n").unwrap();
    let server = Server::start(folder.path());
    read(&server.address, &queries, "192.0.2.1", MEASURED / 4); // warm
    let quiet = read(&server.address, &queries, "192.0.2.1", MEASURED);
    print("quiet", &quiet, None);
    for (addresses, name) in [
        (Addresses::Each, "an address each"),
        (Addresses::Two, "the attackers one address"),
        (Addresses::One, "all one address"),
    ] {
        let (times, attacks) = beside(&server.address, &queries, addresses);
        print(name, &times, Some(&quiet));
        println!("    the attackers had {attacks} answers meanwhile");
    }
}

/// The reader's times beside the attackers, and how many answers these had.
fn beside(server: &str, queries: &[String], addresses: Addresses) -> (Vec<Duration>, usize) {
    let attacks = attacks(queries);
    let (is_over, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let times = std::thread::scope(|scope| {
        for number in 0..ATTACKERS {
            let (attacks, is_over, answers) = (&attacks, &is_over, &answers);
            scope.spawn(move || {
                let address = match addresses {
                    Addresses::One => "192.0.2.1".to_owned(),
                    Addresses::Two => "192.0.2.2".to_owned(),
                    Addresses::Each => format!("192.0.2.{}", number + 2),
                };
                let mut client = Client::new(server);
                for attack in attacks.iter().cycle().skip(number) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    client.ask(&attack.replace("\r\n\r\n", &format!("\r\nx-forwarded-for: {address}\r\n\r\n")));
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        let times = read(server, queries, "192.0.2.1", MEASURED);
        is_over.store(true, Ordering::Relaxed);
        times
    });
    (times, answers.into_inner())
}

/// Asks one search after the other, for so long; what each took, in order.
fn read(server: &str, queries: &[String], address: &str, how_long: Duration) -> Vec<Duration> {
    let mut client = Client::new(server);
    let mut times = Vec::new();
    let begun = Instant::now();
    for query in queries.iter().cycle() {
        if begun.elapsed() > how_long {
            break;
        }
        let request = format!(
            "GET /v1/search?{} HTTP/1.1\r\nhost: fichero\r\nx-forwarded-for: {address}\r\n\r\n",
            form_urlencoded::Serializer::new(String::new()).append_pair("q", query).finish()
        );
        let asked = Instant::now();
        assert_eq!(client.ask(&request), 200, "{query}");
        times.push(asked.elapsed());
    }
    times.sort_unstable();
    times
}

/// The costliest requests that are known.
fn attacks(queries: &[String]) -> Vec<String> {
    let beginnings = ('a'..='z').map(|letter| format!("{letter}*")).collect::<Vec<_>>().join(" ");
    let long: String = queries.join(" ").chars().take(500).collect();
    let words: Vec<&str> = long.split(' ').collect();
    let glued = words.chunks(2).take(12).map(|pair| pair.concat()).collect::<Vec<_>>().join(" ");
    let get = |query: &str| {
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        parameters.append_pair("q", query).append_pair("limit", "100").append_pair("explain", "true");
        parameters.append_pair("facets", "all").append_pair("snippet_chars", "1000");
        format!("GET /v1/search?{} HTTP/1.1\r\nhost: fichero\r\n\r\n", parameters.finish())
    };
    let several = json!({ "searches": vec![json!({ "q": beginnings, "limit": 100 }); 20] }).to_string();
    let several = format!(
        "POST /v1/multi-search HTTP/1.1\r\nhost: fichero\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{several}",
        several.len()
    );
    [&beginnings, &long, &glued].map(|query| get(query)).into_iter().chain([several]).collect()
}

fn print(name: &str, times: &[Duration], quiet: Option<&[Duration]>) {
    let (median, p99) = (data::percentile(times, 0.5), data::percentile(times, 0.99));
    let ratio = quiet.map(|quiet| p99.as_secs_f64() / data::percentile(quiet, 0.99).as_secs_f64());
    let ratio = ratio.map_or(String::new(), |ratio| format!(": {ratio:.1} times quiet (wanted: at most {MOST})"));
    println!("{name:<26} {:>6} answers, median {median:>8.1?}, p99 {p99:>8.1?}{ratio}", times.len());
}
