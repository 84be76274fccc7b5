//! The gate before publication: a reindex that takes too much away is not published by itself.
//!
//! * Every limit (all, by source, by language, of articles, of works, nDCG@10) lets through what
//!   is just below it and refuses what is just above, of incremental and of full runs, and says so
//!   with figures.
//! * A few articles may always vanish; an emptied source or language of more is refused. What
//!   `--prune` deletes, what another source takes over, what could not be read and what comes or
//!   goes with time do not count; what is hidden, expired or put off or changes its language does.
//! * A refused run changes nothing of what is answered, beside a server and without one, whatever
//!   is restarted; the report, the log, the exit code and `status` tell it and what to run.
//! * `accept` answers exactly what was staged, with what was pushed since; also where the
//!   generation that waited is lost. It publishes the generation that was judged.
//! * The next run takes its place, and nothing is left of it. A dry run tells what the gate would
//!   say and takes no place.
//! * Judged queries that cannot be read are told before anything is done.

use std::collections::BTreeSet;
use std::fs;

use fichero::article::Article;
use fichero::config::gate::{GateSettings, Judged};
use fichero::engine::SearchEngine;
use fichero::indexing::accept::accept;
use fichero::indexing::reindex::{Options, reindex};
use fichero::indexing::report::{Report, RunOutcome};
use fichero::storage::backup::{backup, restore};
use fichero::storage::catalog::Catalog;
use fichero::storage::catalog::push::Push;
use fichero::storage::data_dir::DataFolder;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::site::{self, Reads, Site, found};
use crate::support::{Server, fichero, wait_until};

/// Lets everything through; a case closes what it is about.
fn open_gate() -> GateSettings {
    GateSettings {
        max_vanished_percent: 100.0,
        max_vanished_percent_per_source: 100.0,
        max_vanished_percent_per_language: 100.0,
        always_allowed: 0,
        judged: None,
    }
}

/// Words so different that none is taken for another one misspelt.
const WORDS: [&str; 10] =
    ["aardvark", "bicycle", "cathedral", "dolphin", "elephant", "flamingo", "giraffe", "horizon", "iguana", "jasmine"];

/// An article that is alone in its work.
fn record(number: usize, lang: &str) -> Value {
    let word = WORDS[number % WORDS.len()];
    json!({
        "id": format!("{lang}-{number:03}"), "lang": lang, "title": format!("Number {number}"),
        "body": format!("This is the {word} of the site.")
    })
}

fn records(lang: &str, count: usize) -> Vec<Value> {
    (0..count).map(|number| record(number, lang)).collect()
}

fn ids(records: &[Value]) -> BTreeSet<String> {
    records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// What a site is given and asked in these tests.
trait Gated {
    fn says(&self, source: &str, records: &[Value]);
    fn run(&self, gate: &GateSettings, options: Options) -> Report;
    fn incremental(&self, gate: &GateSettings) -> Report {
        self.run(gate, Options::default())
    }
    fn accept(&self) -> Report;
    fn answered(&self) -> BTreeSet<String>;
    fn catalog(&self) -> Catalog;
    fn must_hold_nothing_staged(&self);
}

impl Gated for Site {
    fn says(&self, source: &str, records: &[Value]) {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        self.write(&format!("{source}/articles.jsonl"), lines.join("\n"));
    }

    fn run(&self, gate: &GateSettings, options: Options) -> Report {
        self.reindex_with(&Options { gate: gate.clone(), ..options })
    }

    fn accept(&self) -> Report {
        let report = accept(&self.data(), &Reads::default()).unwrap();
        assert_eq!((report.outcome, &report.remedy, report.is_refused()), (RunOutcome::Accepted, &None, false));
        report
    }

    /// The ids that the published generation answers.
    fn answered(&self) -> BTreeSet<String> {
        let mut request = site::request("");
        let engine = self.engine();
        let mut ids = BTreeSet::new();
        loop {
            let answer = engine.search(&request).unwrap();
            if answer.hits.is_empty() {
                assert_eq!(ids.len() as u64, engine.status_at(0).articles());
                return ids;
            }
            for hit in &answer.hits {
                ids.insert(hit.card.id.clone());
                ids.extend(hit.translations.iter().map(|version| version.id.clone()));
            }
            request.offset += answer.hits.len();
        }
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.path("index")).unwrap()
    }

    fn must_hold_nothing_staged(&self) {
        let catalog = Connection::open(self.path("index/catalog.sqlite")).unwrap();
        let count = |query: &str| catalog.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
        for table in ["staged", "staged_file", "staged_profile", "staged_synonyms"] {
            assert_eq!(count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(count("SELECT COUNT(*) FROM content WHERE key NOT IN (SELECT content FROM record)"), 0);
        assert_eq!(count("SELECT COUNT(*) FROM run WHERE state IN ('staging', 'waiting')"), 0);
    }
}

fn messages(report: &Report) -> Vec<&str> {
    report.gate.refusals.iter().map(|refusal| refusal.message.as_str()).collect()
}

/// Has a site of sources go from one state to another, incrementally and in full: accepted where
/// `refusals` is empty; else refused for these reasons, answered as before, and accepted by hand.
fn must_be_judged(gate: &GateSettings, before: &[(&str, Vec<Value>)], after: &[(&str, Vec<Value>)], refusals: &[&str]) {
    for full in [false, true] {
        let names: Vec<&str> = before.iter().map(|(name, _)| *name).collect();
        let site = Site::with(&names);
        let all = |state: &[(&str, Vec<Value>)]| -> BTreeSet<String> {
            state.iter().flat_map(|(_, records)| ids(records)).collect()
        };
        for (name, records) in before {
            site.says(name, records);
        }
        let first = site.incremental(gate);
        assert_eq!((first.outcome, &first.gate.refusals[..]), (RunOutcome::Accepted, &[][..]), "nothing to lose yet");
        assert_eq!(site.answered(), all(before));
        for (name, records) in after {
            site.says(name, records);
        }
        let version = site.engine().index_version();
        let report = site.run(gate, Options { full, ..Options::default() });
        assert_eq!(messages(&report), refusals, "full: {full}");
        if refusals.is_empty() {
            assert_eq!(report.outcome, RunOutcome::Accepted);
        } else {
            assert_eq!((report.outcome, report.changes, report.is_refused()), (RunOutcome::Waiting, 0, true));
            assert!(report.remedy.as_ref().unwrap().contains("`fichero accept`"));
            assert_eq!(site.answered(), all(before));
            assert_eq!(site.engine().index_version(), version);
            assert_eq!(site.articles().into_keys().collect::<BTreeSet<_>>(), all(before));
            let accepted = site.accept();
            assert_eq!((accepted.run, &accepted.gate), (report.run, &report.gate));
        }
        assert_eq!(site.answered(), all(after));
        assert_eq!(site.articles().into_keys().collect::<BTreeSet<_>>(), all(after));
        site.must_hold_nothing_staged();
        let again = site.incremental(gate);
        assert_eq!((again.changes, again.outcome), (0, RunOutcome::Accepted));
    }
}

#[test]
fn gate_limits_losses_of_all_articles() {
    let gate = GateSettings { max_vanished_percent: 10.0, ..open_gate() };
    let before = [("one", records("en", 100)), ("two", records("es", 100))];
    let after = |left| [("one", records("en", left)), ("two", records("es", 100))];
    must_be_judged(&gate, &before, &after(80), &[]);
    must_be_judged(&gate, &before, &after(79), &["in all: 21 of 200 articles would vanish (10.5 %, allowed 10 %)"]);
}

#[test]
fn gate_limits_losses_of_each_source() {
    let gate = GateSettings { max_vanished_percent_per_source: 10.0, ..open_gate() };
    let before = [("one", records("en", 100)), ("two", records("es", 50))];
    let after = |left| [("one", records("en", 100)), ("two", records("es", left))];
    must_be_judged(&gate, &before, &after(45), &[]);
    must_be_judged(&gate, &before, &after(44), &["source two: 6 of 50 articles would vanish (12 %, allowed 10 %)"]);
}

#[test]
fn gate_limits_losses_of_each_language() {
    let gate = GateSettings { max_vanished_percent_per_language: 10.0, ..open_gate() };
    let state = |es| [("one", [records("en", 100), records("es", es)].concat())];
    must_be_judged(&gate, &state(50), &state(45), &[]);
    must_be_judged(&gate, &state(50), &state(44), &["language es: 6 of 50 articles would vanish (12 %, allowed 10 %)"]);
}

#[test]
fn lost_works_count_once_and_only_without_any_version_left() {
    let gate = GateSettings { max_vanished_percent: 10.0, ..open_gate() };
    // Ten works of nine versions each, and `alone` works of one: few articles, many works.
    let state = |alone: usize, versions: usize| {
        let langs = ["en", "es", "pt", "fr", "de", "it", "ca", "nl", "ro"];
        let many = (0..10).flat_map(|work| {
            langs.iter().take(versions).map(move |lang| {
                let mut record = record(work, lang);
                record["work"] = format!("work {work}").into();
                record
            })
        });
        [("one", many.chain((0..alone).map(|number| record(100 + number, "en"))).collect::<Vec<_>>())]
    };
    must_be_judged(&gate, &state(10, 9), &state(8, 9), &[]);
    must_be_judged(&gate, &state(10, 9), &state(7, 9), &["in all: 3 of 20 works would vanish (15 %, allowed 10 %)"]);
    // The other way round: versions go, no work does.
    must_be_judged(
        &gate,
        &state(10, 9),
        &state(10, 7),
        &["in all: 20 of 100 articles would vanish (20 %, allowed 10 %)"],
    );
    // A work is still there under other ids, and an article in another work.
    let renamed = |mut state: [(&'static str, Vec<Value>); 1]| {
        for record in state[0].1.iter_mut().filter(|record| record["work"].is_null()) {
            record["work"] = "all in one".into();
        }
        state
    };
    must_be_judged(&gate, &state(10, 9), &renamed(state(10, 9)), &[]);
    let works = |prefix: &str| {
        let of = |number| json!({"id": format!("{prefix}{number}"), "work": format!("w{number}"), "lang": "en", "title": "T"});
        [("one", (0..20).map(of).collect::<Vec<_>>())]
    };
    must_be_judged(
        &gate,
        &works("old"),
        &works("new"),
        &["in all: 20 of 20 articles would vanish (100 %, allowed 10 %)"],
    );
}

#[test]
fn few_losses_are_allowed_but_not_an_emptied_language() {
    let gate = GateSettings::default();
    must_be_judged(&gate, &[("one", records("en", 6))], &[("one", records("en", 1))], &[]);
    let before = [("one", [records("en", 94), records("es", 6)].concat()), ("two", Vec::new())];
    must_be_judged(
        &gate,
        &before,
        &[("one", records("en", 94)), ("two", Vec::new())],
        &["language es: 6 of 6 articles would vanish (100 %, allowed 10 %)"],
    );
    must_be_judged(
        &gate,
        &[("one", records("en", 94)), ("two", records("en-GB", 6))],
        &[("one", [records("en", 94), records("en-GB", 5)].concat()), ("two", records("fr", 1))],
        &[],
    );
}

#[test]
fn hidden_and_relabelled_articles_count_as_lost() {
    let gate = GateSettings { max_vanished_percent_per_source: 100.0, ..GateSettings::default() };
    let site = Site::new();
    let all = [records("en", 50), records("es", 50)].concat();
    site.says("site", &all);
    site.incremental(&gate);
    let with = |key: &str, value: Value| {
        let mut records = all.clone();
        for record in &mut records[50..61] {
            record[key] = value.clone();
        }
        records
    };
    site.says("site", &with("hidden", true.into()));
    let report = site.incremental(&gate);
    assert_eq!(
        messages(&report),
        [
            "in all: 11 of 100 articles would vanish (11 %, allowed 10 %)",
            "language es: 11 of 50 articles would vanish (22 %, allowed 10 %)",
        ]
    );
    // The ids stay, so nothing vanishes but from Spanish.
    site.says("site", &with("lang", "en".into()));
    let report = site.incremental(&gate);
    assert_eq!(messages(&report).len(), 1);
    assert!(messages(&report)[0].starts_with("language es: 11 of 50 articles"), "{report:?}");
    // What is hidden already can vanish unseen.
    site.says("site", &with("hidden", true.into()));
    site.incremental(&open_gate());
    site.says("site", &[&all[..50], &all[61..]].concat());
    assert_eq!(site.incremental(&GateSettings { always_allowed: 0, ..gate }).outcome, RunOutcome::Accepted);
}

/// Ten articles of twenty with other dates, seen and not seen in turn.
#[test]
fn losses_by_changed_dates_are_refused_but_not_by_passing_time() {
    let gate = GateSettings { max_vanished_percent: 10.0, ..open_gate() };
    let dated = |field: &str, date: &str| {
        let mut records = records("en", 20);
        for record in &mut records[..10] {
            record[field] = date.into();
        }
        records
    };
    let in_seconds = |seconds| (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string();
    let is_taken_away = ["in all: 10 of 20 articles would vanish (50 %, allowed 10 %)"];
    for (field, date, is_seen) in [
        ("expires_at", "2000-01-01".to_owned(), false),
        ("expires_at", in_seconds(-10), false),
        ("expires_at", in_seconds(1_000), true),
        ("published_at", "2000-01-01".to_owned(), true),
        ("published_at", in_seconds(1_000), false),
        ("published_at", "9000-01-01".to_owned(), false),
    ] {
        let site = Site::new();
        site.says("site", &records("en", 20));
        site.incremental(&gate);
        site.says("site", &dated(field, &date));
        let report = site.incremental(&gate);
        let expected: &[&str] = if is_seen { &[] } else { &is_taken_away };
        assert_eq!(messages(&report), expected, "{field} {date}");
        if !is_seen {
            assert_eq!(found(&site.engine(), "bicycle").len(), 2);
            site.accept();
            assert_eq!(found(&site.engine(), "bicycle").len(), 1);
        }
        // What is not seen already can change or vanish unseen.
        site.says("site", &records("en", 20)[10..]);
        let expected: &[&str] = if is_seen { &is_taken_away } else { &[] };
        assert_eq!(messages(&site.incremental(&gate)), expected, "{field} {date}");
    }
    // Seen at the first run and expired by the second, which changes it.
    let site = Site::new();
    let soon = in_seconds(2);
    site.says("site", &dated("expires_at", &soon));
    site.incremental(&gate);
    let is_expired = || jiff::Timestamp::now() > soon.parse().unwrap();
    wait_until("the articles to expire", is_expired);
    let mut changed = dated("expires_at", &soon);
    for record in &mut changed {
        record["title"] = "Another title".into();
    }
    site.says("site", &changed);
    let report = site.incremental(&gate);
    assert_eq!((messages(&report), report.changes), (Vec::new(), 20));
}

#[test]
fn pruned_taken_over_or_unread_articles_are_not_lost() {
    let gate = GateSettings::default();
    let mut site = Site::with(&["one", "two"]);
    site.says("one", &records("en", 50));
    site.says("two", &records("es", 50));
    site.incremental(&gate);

    // A source that cannot be read keeps what it held.
    fs::rename(site.path("two"), site.path("away")).unwrap();
    let report = site.incremental(&gate);
    assert!(!report.is_complete() && report.gate.refusals.is_empty(), "{report:?}");
    assert_eq!(site.answered().len(), 100);
    fs::rename(site.path("away"), site.path("two")).unwrap();

    // Renamed in the configuration: the new source has its articles before the old one is pruned.
    fs::rename(site.path("two"), site.path("zwei")).unwrap();
    site.configure(&["one", "zwei"]);
    let dry = site.run(&gate, Options { dry_run: true, prune: true, ..Options::default() });
    assert_eq!((dry.outcome, &dry.gate.refusals[..]), (RunOutcome::Tried, &[][..]));
    assert_eq!(site.incremental(&gate).outcome, RunOutcome::Accepted);
    assert_eq!(site.run(&gate, Options { prune: true, ..Options::default() }).pruned, ["two"]);
    assert_eq!(site.answered().len(), 100);

    // A source is pruned by the very run in which another loses too much: only that is counted,
    // of what is not pruned.
    site.configure(&["one"]);
    site.says("one", &records("en", 44));
    let report = site.run(&gate, Options { prune: true, ..Options::default() });
    assert_eq!(messages(&report)[0], "in all: 6 of 50 articles would vanish (12 %, allowed 10 %)");
    assert!(messages(&report).iter().all(|message| !message.contains("zwei") && !message.contains("language es")));
    site.says("one", &records("en", 45));
    let report = site.run(&gate, Options { prune: true, ..Options::default() });
    assert_eq!((report.outcome, report.pruned), (RunOutcome::Accepted, vec!["zwei".to_owned()]));
    assert_eq!(site.answered().len(), 45);
}

#[test]
fn later_run_replaces_the_pending_one() {
    let gate = GateSettings::default();
    let site = Site::new();
    site.says("site", &records("en", 100));
    site.incremental(&gate);
    site.says("site", &records("en", 50));
    let refused = site.incremental(&gate);
    assert_eq!(refused.outcome, RunOutcome::Waiting);
    assert_eq!(site.catalog().waiting_run().unwrap().unwrap().id, refused.run);
    site.says("site", &[records("en", 98), records("es", 1)].concat());
    let good = site.incremental(&gate);
    assert_eq!((good.outcome, good.changes), (RunOutcome::Accepted, 3));
    assert_eq!(site.answered().len(), 99);
    site.must_hold_nothing_staged();
    let error = accept(&site.data(), &Reads::default()).unwrap_err().to_string();
    assert!(error.starts_with("no run waits to be accepted"), "{error}");
    assert_eq!(site.answered().len(), 99);
}

#[test]
fn dry_run_reports_the_gate_and_keeps_the_pending_run() {
    let site = Site::new();
    let gate = judged_site(&site, 0.0);
    site.says("site", &judged_articles(3));
    let waiting = site.incremental(&gate);
    let numbers = site.data().generation_numbers();
    assert_eq!((waiting.outcome, waiting.generation, &numbers[..]), (RunOutcome::Waiting, Some(2), &[1, 2][..]));
    site.says("site", &judged_articles(5));
    let strict = GateSettings { max_vanished_percent: 0.0, ..gate };
    let dry = site.run(&strict, Options { dry_run: true, ..Options::default() });
    assert_eq!((dry.outcome, dry.is_refused(), dry.generation), (RunOutcome::Tried, true, None));
    assert_eq!(messages(&dry), ["judged queries: nDCG@10 would fall from 1.0000 to 0.5000 (by 0.5000, allowed 0)"],);
    assert_eq!(site.data().generation_numbers(), numbers, "what was built to judge it is gone");
    assert_eq!(site.catalog().waiting_run().unwrap().unwrap().id, waiting.run);
    assert_eq!(site.accept().generation, Some(2));
    assert_eq!(found(&site.engine(), "dolphin").len(), 1, "the run that waited, not the tried one");
    site.must_hold_nothing_staged();
}

/// Ten articles of which the first `without` do not hold the word any more that they are judged
/// for.
fn judged_articles(without: usize) -> Vec<Value> {
    let mut records = records("en", 10);
    for record in records.iter_mut().take(without) {
        record["body"] = "Something else.".into();
    }
    records
}

/// Publishes the ten articles, with ten judged queries of which each finds one of them.
fn judged_site(site: &Site, max_ndcg_drop: f64) -> GateSettings {
    let queries: Vec<String> =
        (0..10).map(|number| json!({"_id": format!("q{number}"), "text": WORDS[number]}).to_string()).collect();
    let qrels: Vec<String> = (0..10).map(|number| format!("q{number}\ten-00{number}\t1")).collect();
    site.write("judged/queries.jsonl", queries.join("\n"));
    site.write("judged/qrels.tsv", format!("query-id\tcorpus-id\tscore\n{}\n", qrels.join("\n")));
    let judged = Judged {
        queries: site.path("judged/queries.jsonl"),
        qrels: site.path("judged/qrels.tsv"),
        max_ndcg_drop,
        recency: 0.0,
    };
    let gate = GateSettings { judged: Some(judged), ..open_gate() };
    site.says("site", &judged_articles(0));
    let first = site.incremental(&gate);
    let ndcg = first.gate.ndcg_10.unwrap();
    assert_eq!((first.outcome, ndcg.before, ndcg.after), (RunOutcome::Accepted, None, 1.0));
    gate
}

#[test]
fn ndcg_may_drop_up_to_the_limit() {
    for full in [false, true] {
        for (max_ndcg_drop, is_accepted) in [(0.2, true), (0.199, false)] {
            let site = Site::new();
            let gate = judged_site(&site, max_ndcg_drop);
            site.says("site", &judged_articles(2));
            let report = site.run(&gate, Options { full, ..Options::default() });
            let ndcg = report.gate.ndcg_10.unwrap();
            assert!(ndcg.before == Some(1.0) && (ndcg.after - 0.8).abs() < 1e-9, "{ndcg:?}");
            assert_eq!((report.outcome == RunOutcome::Accepted, report.generation), (is_accepted, Some(2)));
            assert_eq!(found(&site.engine(), "bicycle").len(), usize::from(!is_accepted));
            if !is_accepted {
                assert_eq!(
                    messages(&report),
                    ["judged queries: nDCG@10 would fall from 1.0000 to 0.8000 (by 0.2000, allowed 0.199)"]
                );
                let accepted = site.accept();
                assert_eq!(accepted.generation, Some(2), "the generation that was judged is published");
            }
            assert_eq!(site.data().current(), Some(2));
            assert_eq!(found(&site.engine(), "bicycle").len(), 0);
            assert_eq!(site.data().generation_numbers(), [1, 2]);
            site.must_hold_nothing_staged();
            // Nothing changed: nothing is built to judge it.
            let again = site.incremental(&gate);
            assert_eq!((again.changes, again.generation, again.gate.ndcg_10), (0, None, None));
        }
    }
}

#[test]
fn judged_works_and_synonyms_affect_ndcg() {
    let site = Site::new();
    let gate = judged_site(&site, 0.0);
    // Another version of the same work, found by the same word, stands for an article that goes.
    let mut records = judged_articles(0);
    for record in &mut records {
        record["work"] = record["id"].clone();
    }
    records[0]["id"] = "another id".into();
    records[0]["lang"] = "es".into();
    site.says("site", &records);
    assert_eq!(messages(&site.incremental(&gate)), <[&str; 0]>::default());

    // Words that stand for each other are staged with the run, and judged with it.
    records[1]["body"] = "This is eins of the site.".into();
    site.says("site", &records);
    site.write("synonyms.txt", "bicycle, eins");
    let options = |synonyms| Options { synonyms, ..Options::default() };
    let report = site.run(&gate, options(Some(site.path("synonyms.txt"))));
    assert_eq!((report.outcome, report.gate.ndcg_10.unwrap().after), (RunOutcome::Accepted, 1.0));
    let report = site.run(&gate, options(None));
    assert_eq!(messages(&report), ["judged queries: nDCG@10 would fall from 1.0000 to 0.9000 (by 0.1000, allowed 0)"]);
    assert_eq!(found(&site.engine(), "bicycle").len(), 1);
    site.accept();
    assert_eq!(found(&site.engine(), "bicycle").len(), 0);
}

#[test]
fn unreadable_judged_queries_fail_before_any_work() {
    let site = Site::new();
    let gate = judged_site(&site, 0.02);
    site.says("site", &judged_articles(1));
    for (file, content, expected) in [
        ("judged/queries.jsonl", None, "queries.jsonl"),
        ("judged/queries.jsonl", Some("{\"_id\": 1}\n"), "queries.jsonl:1: not a query"),
        ("judged/queries.jsonl", Some("\n"), "queries.jsonl: no queries in it"),
        ("judged/qrels.tsv", Some("q\ta\t1\nq\ta\n"), "qrels.tsv:2: not query, article and grade"),
    ] {
        let whole = fs::read(site.path(file)).unwrap();
        match content {
            Some(content) => site.write(file, content),
            None => site.remove(file),
        }
        let reads = Reads::default();
        let options = Options { gate: gate.clone(), ..Options::default() };
        let runs = site.catalog().last_run(false).unwrap().unwrap().id;
        let error = reindex(&site.data(), &site.sources, &options, &reads).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with("the judged queries of [gate] cannot be used: "), "{error}");
        assert!(error.contains(expected), "{error}");
        assert_eq!((reads.count(), site.catalog().last_run(false).unwrap().unwrap().id), (0, runs));
        site.write(file, whole);
    }
}

/// Pushes an article that says one word.
fn push(site: &Site, id: &str, word: &str) {
    let article = json!({"id": id, "lang": "en", "title": "Pushed", "body": word});
    let (article, _) = Article::from_fields(article.as_object().unwrap()).unwrap();
    let push = Push { id: id.to_owned(), article: Some(Box::new(article)), condition: None };
    site.catalog().push(&[push]).unwrap();
}

#[test]
fn push_during_a_pending_run_is_kept() {
    for is_built in [false, true] {
        let site = Site::new();
        let judged = judged_site(&site, 0.0);
        let gate = if is_built { judged } else { GateSettings { max_vanished_percent: 0.0, ..open_gate() } };
        let mut records = judged_articles(3);
        records.pop();
        site.says("site", &records);
        let waiting = site.incremental(&gate);
        assert_eq!((waiting.outcome, waiting.generation), (RunOutcome::Waiting, is_built.then_some(2)));
        push(&site, "new", "novelty");
        push(&site, "en-000", "overridden");
        push(&site, "en-009", "survivor");
        site.accept();
        let engine = site.engine();
        // What the source has, it says itself; what it does not have any more, the push says.
        assert!(found(&engine, "overridden").is_empty());
        for (word, id) in [("novelty", "new"), ("survivor", "en-009"), ("elephant", "en-004")] {
            assert_eq!(found(&engine, word), [id], "{is_built}");
        }
        assert!(found(&engine, "aardvark").is_empty() && found(&engine, "cathedral").is_empty());
        assert_eq!(engine.status_at(0).articles(), 11);
        assert_eq!(site.articles().len(), 11);
        assert_eq!(engine.index_version().seq, site.last_seq());
    }
}

/// A run takes away the source's `en-009`; meanwhile nothing happens but a push, or a deletion of
/// one, that the source still stands before.
#[test]
fn push_is_served_when_a_pending_run_removes_the_source_above_it() {
    for is_deleted in [false, true] {
        let site = Site::new();
        let gate = judged_site(&site, 0.0);
        if is_deleted {
            push(&site, "en-009", "survivor");
        }
        let mut records = judged_articles(3);
        records.pop();
        site.says("site", &records);
        let waiting = site.incremental(&gate);
        assert_eq!((waiting.outcome, waiting.generation), (RunOutcome::Waiting, Some(2)));
        if is_deleted {
            let deletion = Push { id: "en-009".to_owned(), article: None, condition: None };
            let deleted = site.catalog().push(&[deletion]).unwrap();
            assert_eq!((deleted[0].seq, deleted[0].shadowed_by.as_deref()), (None, Some("site")));
        } else {
            push(&site, "en-009", "survivor");
        }
        site.accept();
        assert_eq!(found(&site.engine(), "survivor").len(), usize::from(!is_deleted));
        assert_eq!(site.answered(), site.articles().into_keys().collect());
    }
}

#[test]
fn lost_generation_of_a_pending_run_is_rebuilt() {
    let site = Site::new();
    let gate = judged_site(&site, 0.0);
    site.says("site", &judged_articles(3));
    let waiting = site.run(&gate, Options { full: true, ..Options::default() });
    assert_eq!(waiting.generation, Some(2));
    fs::remove_file(site.data().generation(2).join("manifest.json")).unwrap();
    let accepted = site.accept();
    assert_eq!((accepted.generation, site.data().current()), (Some(3), Some(3)));
    assert!(found(&site.engine(), "cathedral").is_empty());
    assert_eq!(found(&site.engine(), "dolphin").len(), 1);
}

#[test]
fn refused_run_keeps_serving_after_a_lost_generation_or_restore() {
    for is_restored in [false, true] {
        let site = Site::new();
        site.says("site", &records("en", 20));
        site.incremental(&GateSettings::default());
        if is_restored {
            let file = site.path("backup");
            backup(&site.data(), &file, false, &|_, _| ()).unwrap();
            restore(&site.data(), &file).unwrap();
        } else {
            fs::remove_dir_all(site.data().generation(1)).unwrap();
        }
        site.says("site", &records("en", 10));
        let report = site.incremental(&GateSettings::default());
        assert_eq!(messages(&report).len(), 3, "{report:?}");
        assert_eq!(site.answered(), ids(&records("en", 20)));
        site.accept();
        assert_eq!(site.answered(), ids(&records("en", 10)));
    }
}

#[test]
fn build_continues_after_many_deleted_articles() {
    let gate = GateSettings::default();
    let before = [records("aa", 700), records("es", 20)].concat();
    let refusals = [
        "in all: 700 of 720 articles would vanish (97.23 %, allowed 10 %)",
        "source site: 700 of 720 articles would vanish (97.23 %, allowed 10 %)",
        "language aa: 700 of 700 articles would vanish (100 %, allowed 10 %)",
    ];
    must_be_judged(&gate, &[("site", before)], &[("site", records("es", 20))], &refusals);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn server_reports_a_refused_run_and_serves_it_once_accepted() {
    for is_built in [false, true] {
        let site = Site::new();
        let gate = judged_site(&site, 0.0);
        drop(gate);
        let folder = site.folder();
        let judged = if is_built {
            "queries = \"judged/queries.jsonl\"\nqrels = \"judged/qrels.tsv\"\nmax_ndcg_drop = 0.1\n"
        } else {
            "always_allowed = 2\n"
        };
        let config = format!("[gate]\n{judged}[[source]]\nname = \"site\"\npath = \"site\"\n");
        fs::write(folder.join("fichero.toml"), config).unwrap();
        let run = |arguments: &[&str]| fichero(folder).args(arguments).output().unwrap();
        let mut server = Server::start(folder, &[]);
        let answers = |server: &Server, word: &str| {
            let answer = server.client().get(&format!("/v1/search?q={word}&literal=true"));
            assert_eq!(answer.status, 200);
            answer.json()["total"]["value"].as_u64().unwrap()
        };

        site.says("site", &judged_articles(3)[..if is_built { 10 } else { 7 }]);
        let output = run(&["reindex"]);
        let (said, log) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{said}{log}");
        let reason = if is_built {
            "judged queries: nDCG@10 would fall from 1.0000 to 0.7000 (by 0.3000, allowed 0.1)"
        } else {
            "source site: 3 of 10 articles would vanish (30 %, allowed 10 %)"
        };
        assert!(said.contains("NOT ACCEPTED") && said.contains(reason) && said.contains("`fichero accept`"), "{said}");
        assert!(log.contains(reason) && log.contains("fichero accept"), "{log}");

        // It survives a restart of the server, which goes on as before.
        assert!(server.stop().0.success());
        server = Server::start(folder, &[]);
        assert_eq!((answers(&server, "cathedral"), answers(&server, "jasmine")), (1, 1));
        let status: Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
        assert_eq!((&status["last_run"]["state"], &status["pending_changes"]), (&json!("waiting"), &json!(0)));
        let reasons = status["waiting_run"]["reasons"].as_array().unwrap();
        assert!(reasons.contains(&reason.into()), "{status}");
        assert_eq!(status["waiting_run"]["generation"], if is_built { json!(2) } else { json!(null) });
        let status = text(&run(&["status"]).stdout);
        assert!(status.contains("waiting run") && status.contains(reason) && status.contains("`fichero accept`"));

        let output = run(&["accept", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["outcome"], "accepted");
        assert_eq!(report["gate"]["refusals"][0]["reason"], if is_built { "ndcg_drop" } else { "vanished" });
        wait_until("the server to answer what was accepted", || answers(&server, "cathedral") == 0);
        assert_eq!(answers(&server, "flamingo"), 1);
        assert_eq!(answers(&server, "jasmine"), u64::from(is_built));
        let output = run(&["accept"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("no run waits to be accepted"), "{}", text(&output.stderr));
        assert!(server.is_running() && server.stop().0.success());
        let status: Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
        assert_eq!((&status["waiting_run"], &status["problems"]), (&json!(null), &json!([])));
    }
}

#[test]
fn replaced_run_removes_its_generation_with_a_server_running() {
    let site = Site::new();
    let gate = judged_site(&site, 0.0);
    let server = Server::start(site.folder(), &["--data", "index"]);
    site.says("site", &judged_articles(3));
    assert_eq!(site.incremental(&gate).generation, Some(2));
    assert_eq!(site.data().generation_numbers(), [1, 2]);
    site.says("site", &[judged_articles(0), records("es", 1)].concat());
    let good = site.incremental(&open_gate());
    assert_eq!((good.outcome, good.generation), (RunOutcome::Accepted, None));
    assert_eq!(site.data().generation_numbers(), [1]);
    assert!(server.stop().0.success());
    let data = DataFolder::existing(&site.path("index"));
    assert_eq!((data.current(), site.answered().len()), (Some(1), 11));
}
