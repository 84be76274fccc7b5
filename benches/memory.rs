//! Whether a full reindex needs more memory for more articles: the peak of anonymous memory
//! (`RssAnon` of `/proc/<pid>/status`) of `fichero reindex --full` at 2,000, 18,000 and 180,000
//! articles.
//!
//! The first two are articles of the debian site. The last are made of them: each mixes sentences
//! of several real articles of one language and changes some of their words, seeded, so that ids,
//! texts and vocabulary differ. The report is checked before a peak is printed. Wanted: no growth
//! beyond the writer's own heap. `FICHERO_BENCH_ARTICLES=2000,18000` leaves the long run out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use data::made::{Random, push_altered, sentences};
use fichero::engine::tantivy::BUILD_HEAP_BYTES;
use serde_json::{Value, json};

const SIZES: [usize; 3] = [2_000, 18_000, 180_000];
const SEED: u64 = 0x5eed_f1c4_e205;
/// From how many real articles the sentences of a made one come.
const DONORS: usize = 4;

fn main() {
    let Some(site) = data::shared("data/sites/debian.jsonl") else { return };
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: this system has no /proc to read RssAnon from");
        return;
    }
    let sizes = match std::env::var("FICHERO_BENCH_ARTICLES") {
        Ok(list) => list.split(',').map(|size| size.trim().parse().expect("a list of numbers")).collect(),
        Err(_) => SIZES.to_vec(),
    };
    let real: Vec<Value> = BufReader::new(File::open(site).unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let threads = fichero::engine::tantivy::build_threads();
    let heap = (threads * BUILD_HEAP_BYTES) as f64 / 1e6;
    let mut peaks: Vec<f64> = Vec::new();
    for size in sizes {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("articles.jsonl");
        let bytes = write(&file, &real, size);
        let begun = Instant::now();
        let (peak, at) = peak_of_reindex(folder.path(), size);
        println!(
            "{size:>7} articles, {:>5.0} MB of JSON: peak RssAnon {peak:>6.1} MB (after {:.0} s of {:.0} s)",
            bytes as f64 / 1e6,
            at.as_secs_f64(),
            begun.elapsed().as_secs_f64()
        );
        peaks.push(peak);
    }
    let (first, last) = (peaks[0], peaks[peaks.len() - 1]);
    println!(
        "growth from the first to the last {:.1} MB; the writer's own heap is {heap:.0} MB ({threads} threads); wanted: no more than that",
        last - first
    );
}

/// Writes so many articles; the real ones spread over the site while they suffice, else made ones.
fn write(file: &Path, real: &[Value], size: usize) -> u64 {
    let mut out = BufWriter::new(File::create(file).unwrap());
    if size <= real.len() {
        for place in 0..size {
            writeln!(out, "{}", real[place * real.len() / size]).unwrap();
        }
    } else {
        let mut random = Random(SEED);
        let mut by_lang: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for article in real {
            by_lang.entry(article["lang"].as_str().unwrap()).or_default().push(article);
        }
        for number in 0..size {
            // Languages in the shares that they have on the site.
            let lang = random.pick(real)["lang"].as_str().unwrap();
            writeln!(out, "{}", mixed(number, &by_lang[lang], &mut random)).unwrap();
        }
    }
    out.flush().unwrap();
    fs::metadata(file).unwrap().len()
}

fn mixed(number: usize, articles: &[&Value], random: &mut Random) -> Value {
    // As long as a real one.
    let length = random.pick(articles)["body"].as_str().unwrap().len();
    let donors: Vec<Vec<&str>> =
        (0..DONORS).map(|_| sentences(random.pick(articles)["body"].as_str().unwrap())).collect();
    let mut body = String::with_capacity(length + 200);
    while body.len() < length {
        let donor = &donors[random.below(DONORS as u64) as usize];
        if donor.is_empty() {
            break;
        }
        let sentence = *random.pick(donor);
        push_altered(&mut body, sentence, random);
        body.push_str(if random.below(4) == 0 { "\n\n" } else { "" });
    }
    let model = random.pick(articles);
    let title = random.pick(articles)["title"].as_str().unwrap();
    json!({
        "id": format!("made/{:016x}/{number}", random.next()),
        // Every second work has two versions.
        "work": format!("made/{}", number * 2 / 3),
        "url": format!("https://made.example/{number}"),
        "lang": model["lang"],
        "title": format!("{title} {number}"),
        "body": if body.trim().is_empty() { title } else { body.trim() },
        "published_at": model["published_at"],
        "topics": model["topics"],
    })
}

/// Runs the command as a process of its own; its peak, and when that was.
fn peak_of_reindex(folder: &Path, size: usize) -> (f64, Duration) {
    let report = folder.join("report.json");
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_fichero"))
        .args(["--data", "data", "reindex", "--full", "--json", "articles.jsonl"])
        .current_dir(folder)
        .stdout(Stdio::from(File::create(&report).unwrap()))
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let status_path = format!("/proc/{}/status", child.id());
    let (mut peak_kb, mut at) = (0, Duration::ZERO);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let now = data::rss_anon_kb(&status_path);
        if now > peak_kb {
            (peak_kb, at) = (now, begun.elapsed());
        }
        if std::env::var_os("FICHERO_BENCH_TRACE").is_some() {
            eprintln!("{:.2} s {:.1} MB", begun.elapsed().as_secs_f64(), now as f64 * 1024.0 / 1e6);
            thread::sleep(Duration::from_millis(200));
        }
        thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["changes"].as_u64(), Some(size as u64), "{report}");
    assert_eq!(report["sources"][0]["rejected"].as_u64(), Some(0), "{report}");
    assert!(peak_kb > 0, "no memory was seen");
    (peak_kb as f64 * 1024.0 / 1e6, at)
}
