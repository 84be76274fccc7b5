//! What many small files cost: a first reindex of 100,000 Markdown files, one of nothing changed, one
//! of one changed file, and for comparison a first reindex of the same articles in one file of JSON
//! lines. Seconds, and the peak of anonymous memory (`RssAnon` of `/proc/<pid>/status`).
//!
//! The articles are made, seeded: 200 files a folder, 120 words each. Each report is checked before
//! its figures are printed. Wanted: the first run takes hardly longer than that of one file, since the
//! index is most of it, and an unchanged run reads no file. `FICHERO_BENCH_FILES=1000` makes fewer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod data;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use data::made::Random;
use serde_json::{Value, json};

const FILES: usize = 100_000;
const FILES_PER_FOLDER: usize = 200;
const WORDS_PER_FILE: usize = 120;
/// How many different words there are; low numbers are picked more often.
const VOCABULARY: u64 = 20_000;
const SEED: u64 = 0x0f11_e5f1_c4e2;
const SYLLABLES: [&str; 16] =
    ["ba", "cer", "di", "fon", "gu", "la", "mes", "ni", "po", "rul", "sa", "ten", "vi", "xo", "ar", "bel"];
/// A file that changed more recently is read again by the next run.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

fn main() {
    let files = std::env::var("FICHERO_BENCH_FILES").map_or(FILES, |count| count.parse().expect("a number"));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    thread::sleep(SETTLED_AFTER);
    let expected = |added: usize, changed: usize| [added, changed, files - added - changed];
    measure(folder.path(), "first run", "pages", "data", expected(files, 0));
    measure(folder.path(), "nothing changed", "pages", "data", expected(0, 0));
    fs::write(folder.path().join("pages/0/0.md"), page("Another title", "Other words.")).unwrap();
    measure(folder.path(), "one file changed", "pages", "data", expected(0, 1));
    measure(folder.path(), "first run, one file of JSON lines", "pages.jsonl", "data-lines", expected(files, 0));
}

fn page(title: &str, body: &str) -> String {
    format!("---\ntitle: {title}\nlang: en\npublished_at: 2025-03-14\n---\n\n{body}\n")
}

fn write(folder: &Path, files: usize) {
    let mut random = Random(SEED);
    let mut lines = BufWriter::new(File::create(folder.join("pages.jsonl")).unwrap());
    for number in 0..files {
        let name = format!("{}/{number}", number / FILES_PER_FOLDER);
        let path = folder.join(format!("pages/{name}.md"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let body = words(&mut random, WORDS_PER_FILE);
        let title = format!("{} {number}", words(&mut random, 5));
        fs::write(path, page(&title, &body)).unwrap();
        let record = json!({"id": name, "title": title, "lang": "en", "published_at": "2025-03-14", "body": body});
        writeln!(lines, "{record}").unwrap();
    }
    lines.flush().unwrap();
}

fn words(random: &mut Random, count: usize) -> String {
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let bound = random.below(VOCABULARY) + 1;
        let mut number = random.below(bound);
        let mut word = String::new();
        for _ in 0..4 {
            word.push_str(SYLLABLES[(number % 16) as usize]);
            number /= 16;
        }
        words.push(word);
    }
    words.join(" ")
}

/// Reindexes as a process of its own, checks its report and prints its time and memory.
fn measure(folder: &Path, what: &str, source: &str, data: &str, [added, changed, unchanged]: [usize; 3]) {
    let report = folder.join("report.json");
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_fichero"))
        .args(["--data", data, "reindex", "--json", source])
        .current_dir(folder)
        .stdout(Stdio::from(File::create(&report).unwrap()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status_path = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        peak_kb = peak_kb.max(data::rss_anon_kb(&status_path));
        thread::sleep(Duration::from_millis(5));
    };
    let seconds = begun.elapsed().as_secs_f64();
    assert!(status.success(), "{status}");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let counts = ["added", "changed", "unchanged"].map(|count| report["sources"][0][count].as_u64().unwrap());
    assert_eq!(counts, [added, changed, unchanged].map(|count| count as u64), "{report}");
    println!("{what:<34} {seconds:>7.1} s  {:>6.1} MB", peak_kb as f64 * 1024.0 / 1e6);
}
