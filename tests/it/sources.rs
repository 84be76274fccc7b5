//! From sources to the catalog and the index:
//!
//! * a report tells what was added, changed, unchanged, deleted and rejected, the latter with
//!   file, line and reason;
//! * a text in another language than declared is kept as declared, and told when it is read;
//! * a second reindex changes nothing: no new `seq`, the same index version, no file read;
//! * what was added, changed or removed is the only work of the next run, file by file and line
//!   by line;
//! * many reindexes of changes reach the same state as one of everything, whatever is edited,
//!   moved, duplicated or broken (random histories);
//! * of two files with one id the first path wins, also when either is removed, changed or left
//!   alone;
//! * what cannot be read now is not taken for deleted;
//! * a path given by hand is a source named after it, and never takes over another one's name nor
//!   has a configured one's articles once more;
//! * of two sources with one id the first configured one wins, the other is reported and takes
//!   over when the first drops it, or when their order changes;
//! * a source gone from the configuration keeps its articles, is reported, and goes by `--prune`;
//! * a missing source folder fails that source alone, deletes nothing, and the exit code is 1;
//! * a run over a source deletes nothing of another;
//! * `--dry-run` reports what would be done and does nothing;
//! * a rollback answers from the generation before and holds changes; `resume` and the next
//!   accepted reindex end the hold;
//! * the project's own corpus is what it promises to be;
//! * real sites come in without a lost or mangled article (`--ignored`: they take a minute).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fichero::analysis::detect;
use fichero::article::{Article, Kind, UNDETERMINED};
use fichero::config::SourceConfig;
use fichero::config::gate;
use fichero::engine::{Filters, SearchEngine, SearchRequest};
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater, Tick};
use fichero::indexing::reindex::{Options, reindex};
use fichero::indexing::report::Report;
use fichero::indexing::rollback::{resume, rollback};
use fichero::storage::catalog::Catalog;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support;
use crate::support::site::{self, Reads, Site, article, counts, found, markdown, request, settle, shared};

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn version(site: &Site) -> String {
    site.engine().index_version().to_string()
}

fn titles_of(site: &Site) -> Vec<(String, String)> {
    site.titles().into_iter().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, title)| ((*id).to_owned(), (*title).to_owned())).collect()
}

// What a run does and says

#[test]
fn work_with_too_many_versions_is_reported_until_it_has_fewer() {
    let site = Site::new();
    let version = |number: usize| json!({"id": format!("v{number:04}"), "work": "many", "title": "Axolotl"});
    let versions = |count: usize| lines(&(0..count).map(version).collect::<Vec<_>>());
    site.write("site/a.jsonl", versions(600));
    let others: Vec<Value> = (600..1_002).map(version).collect();
    site.write("site/b.jsonl", lines(&others[..400]));
    assert_eq!(site.reindex().sources[0].flaws, []);
    site.write("site/b.jsonl", lines(&others));
    let report = site.reindex();
    assert_eq!(counts(&report.sources[0]), [2, 0, 1_000, 0, 0]);
    for report in [report, site.reindex()] {
        let [flaw] = report.sources[0].flaws.as_slice() else { panic!("{:?}", report.sources[0].flaws) };
        assert_eq!((flaw.file.as_str(), flaw.id.as_deref()), ("b.jsonl", Some("v1000")));
        assert!(flaw.reason.starts_with("work: \"many\" has more than 1000 versions"), "{flaw:?}");
    }
    site.write("site/a.jsonl", versions(590));
    assert_eq!(site.reindex().sources[0].flaws, []);
}

#[test]
fn report_counts_added_changed_unchanged_deleted_and_rejected() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("site/b.md", markdown("title: Beta", "Two."));
    site.write("site/gone.md", markdown("title: Gone", "Three."));
    site.write("site/list.jsonl", lines(&[json!({"id": "x", "title": "Ex"}), json!({"id": "y", "title": "Ypsilon"})]));
    let report = site.reindex();
    assert_eq!((report.sources.len(), report.changes), (1, 5));
    assert_eq!((report.sources[0].source.as_str(), counts(&report.sources[0])), ("site", [5, 0, 0, 0, 0]));

    site.write("site/b.md", markdown("title: Beta", "Two and a half."));
    site.remove("site/gone.md");
    site.write("site/new.md", markdown("title: New", "Four."));
    site.write("site/broken.md", "---\ntitle: [\n---\nFive.");
    site.write("site/list.jsonl", "{\"id\": \"x\", \"title\": \"Ex\"}\n\n{\"id\": \"y\", \"title\": 5, \"published_at\": \"2017-29-07\"}\n{\"id\": \"\", \"title\": \"Z\"}\n{\"id\": \"x\", \"title\": \"Again\"}\nnonsense\n");
    let report = site.reindex();
    let source = &report.sources[0];
    assert_eq!((counts(source), report.changes), ([1, 2, 2, 0, 4], 3));
    assert_eq!((source.unread, source.kept), (2, 1), "what is missing may be in the records that cannot be read");
    let rejections: Vec<(&str, Option<u64>, &str)> = source
        .rejections
        .iter()
        .map(|rejected| (rejected.file.as_str(), rejected.line, rejected.reason.as_str()))
        .collect();
    let starts = [
        ("broken.md", Some(1), "front matter is not YAML"),
        ("list.jsonl", Some(4), "id: missing or empty"),
        ("list.jsonl", Some(5), "duplicate id, kept from list.jsonl"),
        ("list.jsonl", Some(6), "not a JSON object"),
    ];
    assert_eq!(rejections.len(), starts.len(), "{rejections:?}");
    for ((file, line, reason), (expected_file, expected_line, start)) in rejections.iter().zip(starts) {
        assert!((*file, *line) == (expected_file, expected_line) && reason.starts_with(start), "{rejections:?}");
    }
    let [flaw] = source.flaws.as_slice() else { panic!("{:?}", source.flaws) };
    assert_eq!((flaw.file.as_str(), flaw.line, flaw.id.as_deref()), ("list.jsonl", Some(3), Some("y")));
    assert!(flaw.reason.starts_with("published_at: ") && flaw.reason.contains("2017-29-07"), "{flaw:?}");
    let titles = [("a", "Alpha"), ("b", "Beta"), ("gone", "Gone"), ("new", "New"), ("x", "Ex"), ("y", "5")];
    assert_eq!(titles_of(&site), pairs(&titles));
    // What is wrong is told again until it is mended, although the file has not changed since.
    site.settle();
    site.reindex();
    let again = site.reindex();
    assert_eq!((counts(&again.sources[0]), again.changes), ([0, 0, 5, 0, 4], 0));
    assert_eq!(again.sources[0].flaws, source.flaws);
    site.write("site/list.jsonl", lines(&[json!({"id": "x", "title": "Ex"}), json!({"id": "y", "title": "5"})]));
    let report = site.reindex();
    assert_eq!((report.sources[0].deleted, report.sources[0].unread, report.sources[0].kept), (1, 0, 0));
    assert!(!site.titles().contains_key("gone"));
}

#[test]
fn unknown_fields_and_what_is_held_back_are_counted_by_name() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha\nlayout: wide\nDraft: true", "One."));
    site.write("site/b.md", markdown("Title: Beta\nlayout: wide\nPublished-At: 2021-05-01\nkeywords: x, y", "Two."));
    site.write("site/c.md", markdown("title: Gamma\nhiden: true", "Three."));
    // One article counts once, by the first reason.
    site.write("site/d.md", markdown("title: Delta\ndraft: true\npublished_at: 2999-01-01", "Four."));
    site.write("site/e.md", markdown("title: Epsilon\npublishDate: 2999-01-01\nexpires_at: 2000-01-01", "Five."));
    site.write("site/f.md", markdown("title: Zeta\ndate: 2999-01-01", "Six."));
    site.write("site/g.md", markdown("title: Eta\nexpiryDate: 2000-01-01\nexpires_at: 2999-01-01", "Seven."));
    let report = site.reindex();
    let source = &report.sources[0];
    let counts = |fields: &[fichero::indexing::report::FieldCount]| -> Vec<(String, u64, String)> {
        fields.iter().map(|field| (field.name.clone(), field.articles, field.file.clone())).collect()
    };
    assert_eq!(counts(&source.unknown_fields), [("layout".to_owned(), 2, "a.md".to_owned())]);
    let held_back =
        [("Draft", 1, "a.md"), ("draft", 1, "d.md"), ("published_at", 2, "e.md"), ("expires_at", 1, "g.md")];
    assert_eq!(
        counts(&source.held_back),
        held_back.map(|(name, count, file)| (name.to_owned(), count, file.to_owned()))
    );
    // A date is no flaw, which a strict push would be refused for.
    let marked = source.flaws.iter().filter(|flaw| flaw.reason.contains("not public"));
    assert_eq!(marked.map(|flaw| flaw.file.as_str()).collect::<Vec<_>>(), ["a.md", "d.md"]);
    let [rejected] = source.rejections.as_slice() else { panic!("{:?}", source.rejections) };
    assert!(rejected.reason.contains("hiden") && rejected.reason.contains("hidden"), "{rejected:?}");
    let articles = site.articles();
    let beta = &articles["b"];
    assert_eq!((beta.title.as_str(), beta.tags.len()), ("Beta", 2));
    assert!(beta.published_at.is_some() && articles["a"].hidden && !articles.contains_key("c"));
}

#[test]
fn ignore_file_that_cannot_be_read_as_meant_refuses_the_source_and_keeps_what_stands() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("site/m/b.md", markdown("title: Beta", "Two."));
    site.reindex();
    site.write("site/m/reserved/c.md", markdown("title: Gamma", "Three."));
    site.remove("site/a.md");
    site.write("site/m/.ficheroignore", "# ok\nreserved/[\n");
    let report = site.reindex();
    let failed = report.sources[0].failed.as_deref().unwrap();
    assert!(failed.contains(".ficheroignore: line 2: ") && failed.ends_with("stays"), "{failed}");
    assert_eq!(titles_of(&site), pairs(&[("a", "Alpha"), ("m/b", "Beta")]));
    site.write("site/m/.ficheroignore", "# ok\nreserved/\n");
    site.reindex();
    assert_eq!(titles_of(&site), pairs(&[("m/b", "Beta")]));
}

#[test]
fn drafts_of_other_tools_are_stored_and_never_shown() {
    let site = Site::new();
    let drafts = [
        ("hugo.md", "---\ntitle: Axolotl\ndraft: true\n---\nReserved.\n"),
        ("hugo-toml.md", "+++\ntitle = \"Axolotl\"\npublishDate = 2999-01-01\n+++\nReserved.\n"),
        ("hugo-expired.md", "---\ntitle: Axolotl\nexpiryDate: 2019-01-01\n---\nReserved.\n"),
        ("jekyll.md", "---\ntitle: Axolotl\npublished: false\n---\nReserved.\n"),
        ("zola.md", "+++\ntitle = \"Axolotl\"\ndraft = true\n+++\nReserved.\n"),
        ("eleventy.md", "---\ntitle: Axolotl\npermalink: false\n---\nReserved.\n"),
        ("docusaurus.md", "---\ntitle: Axolotl\nunlisted: true\n---\nReserved.\n"),
        ("mkdocs.md", "---\ntitle: Axolotl\nsearch:\n  exclude: true\n---\nReserved.\n"),
        ("word-processor.md", "—\ntitle: Axolotl\nhidden: true\n—\nReserved.\n"),
        ("notes.txt", "---\ntitle: Axolotl\nhidden: true\n---\n\nReserved, and long enough for a page of its own.\n"),
        ("wordpress.jsonl", "{\"id\": \"wp\", \"title\": \"Axolotl\", \"post_status\": \"draft\"}\n"),
        ("ghost.jsonl", "{\"id\": \"gh\", \"title\": \"Axolotl\", \"visibility\": \"members\"}\n"),
        ("drupal.jsonl", "{\"id\": \"dr\", \"title\": \"Axolotl\", \"status\": false}\n"),
        ("strapi.jsonl", "{\"id\": \"st\", \"title\": \"Axolotl\", \"_status\": \"draft\"}\n"),
    ];
    for (name, text) in drafts {
        site.write(&format!("site/{name}"), text);
    }
    site.write("site/open.md", markdown("title: Axolotl\nstatus: publish\ndate: 2021-05-01", "Open."));
    let report = site.reindex();
    let source = &report.sources[0];
    assert_eq!(counts(source), [drafts.len() as u64 + 1, 0, 0, 0, 0], "{report:?}");
    let marks = source.flaws.iter().filter(|flaw| flaw.reason.ends_with("not public; stored, and not shown"));
    assert_eq!(marks.count(), 10, "{:?}", source.flaws);
    let engine = site.engine();
    assert_eq!(found(&engine, "axolotl"), ["open"]);
    assert_eq!(found(&engine, "reserved"), [""; 0]);

    // What is published later appears.
    site.write("site/hugo.md", "---\ntitle: Axolotl\ndraft: false\n---\nReserved.\n");
    site.reindex();
    assert_eq!(found(&site.engine(), "reserved"), ["hugo"]);
}

#[test]
fn unclear_publication_mark_refuses_the_record() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Axolotl\ndraft: perhaps", "Reserved."));
    site.write("site/b.md", "\n---\ntitle: [Axolotl\nhidden: true\n---\nReserved.\n");
    site.write("site/c.md", markdown("title: Axolotl", "Open."));
    let report = site.reindex();
    let reasons: Vec<&str> = report.sources[0].rejections.iter().map(|rejected| rejected.reason.as_str()).collect();
    assert!(
        reasons[0].starts_with("draft: should be true or false") && reasons[0].ends_with("\"perhaps\""),
        "{reasons:?}"
    );
    assert!(reasons[1].starts_with("front matter is not YAML"), "{reasons:?}");
    assert_eq!(found(&site.engine(), "axolotl"), ["c"]);
}

#[test]
fn wrong_declared_language_is_kept_and_reported_once() {
    let site = Site::new();
    let english = "The university recognises the degrees of all the countries that have signed the convention. ";
    let record = |id: &str, lang: &str, times: usize| json!({"id": id, "lang": lang, "title": "Reconocimiento de títulos", "body": english.repeat(times)});
    let records = [record("wrong", "es-MX", 6), record("short", "es", 3), record("right", "en-GB", 6)];
    // Nothing is known of Galician, which the text could be as well as not.
    site.write("site/list.jsonl", lines(&[&records[..], &[record("unknown", "gl", 6)]].concat()));
    site.settle();
    let (report, reads) = site.reindex_counted();
    let source = &report.sources[0];
    assert_eq!((counts(source), reads), ([4, 0, 0, 0, 0], 4));
    let [flaw] = source.flaws.as_slice() else { panic!("{:?}", source.flaws) };
    assert_eq!((flaw.file.as_str(), flaw.line, flaw.id.as_deref()), ("list.jsonl", Some(1), Some("wrong")));
    assert!(flaw.reason.starts_with("lang: declared as \"es-MX\", but the text reads as \"en\""), "{flaw:?}");
    assert_eq!(site.articles()["wrong"].lang, "es-MX");
    // Nothing was lost, so that the file is not read for it again; `--full` tells it anew.
    let (report, reads) = site.reindex_counted();
    assert_eq!((counts(&report.sources[0]), reads, report.sources[0].flaws.len()), ([0, 0, 4, 0, 0], 0, 0));
    let report = site.reindex_with(&Options { full: true, ..Options::default() });
    assert_eq!(report.sources[0].flaws, source.flaws);
}

#[test]
fn second_reindex_changes_and_reads_nothing() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("site/deep/er/b.md", markdown("title: Beta", "Two."));
    site.write("site/list.jsonl", lines(&[json!({"id": "x", "title": "Ex"}), json!({"id": "y", "title": "Ypsilon"})]));
    site.write("site/page.txt", page(1));
    site.reindex();
    let before = (version(&site), site.last_seq(), titles_of(&site));
    // Too young to be trusted unread, but the same.
    let report = site.reindex();
    assert_eq!((counts(&report.sources[0]), report.changes), ([0, 0, 5, 0, 0], 0));
    assert_eq!((version(&site), site.last_seq(), titles_of(&site)), before);
    site.settle();
    assert_eq!(site.reindex_counted().1, 5);
    let (report, reads) = site.reindex_counted();
    assert_eq!((counts(&report.sources[0]), report.changes, reads), ([0, 0, 5, 0, 0], 0, 0));
    assert_eq!((version(&site), site.last_seq(), titles_of(&site)), before);
    assert_eq!(report.index_version.as_deref(), Some(before.0.as_str()));
    // Only `--full` reads it all again; the articles keep their `seq`.
    let report = site.reindex_with(&Options { full: true, ..Options::default() });
    assert_eq!((counts(&report.sources[0]), report.changes), ([0, 0, 5, 0, 0], 0));
    assert_eq!((site.last_seq(), titles_of(&site)), (before.1, before.2));
    assert_ne!(version(&site), before.0);
}

#[test]
fn next_run_reads_only_changed_files() {
    let site = Site::new();
    for number in 0..5 {
        site.write(&format!("site/{number}.md"), markdown(&format!("title: Page {number}"), "Words."));
    }
    let record = |number: u32, title: &str| json!({"id": format!("r{number}"), "title": title});
    let mut records: Vec<Value> = (0..4).map(|number| record(number, "Record")).collect();
    site.write("site/list.jsonl", lines(&records));
    site.write("site/other.jsonl", lines(&[json!({"id": "o", "title": "Other"})]));
    site.settle();
    site.reindex();
    let mut seq = site.last_seq();
    let mut expect = |what: &str, expected: [u64; 5], expected_reads: u64, changed_ids: &[&str]| {
        let (report, reads) = site.reindex_counted();
        assert_eq!((counts(&report.sources[0]), reads), (expected, expected_reads), "{what}");
        let changes = Catalog::open(&site.path("index")).unwrap().changes_after(seq, 100, usize::MAX).unwrap();
        let mut ids: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!((ids, report.changes), (changed_ids.to_vec(), changed_ids.len() as u64), "{what}");
        seq = site.last_seq();
        assert_eq!(site.engine().index_version().seq, seq, "{what}");
    };
    expect("nothing", [0, 0, 10, 0, 0], 0, &[]);
    site.write("site/5.md", markdown("title: Page 5", "Words."));
    site.settle();
    expect("a file came", [1, 0, 10, 0, 0], 1, &["5"]);
    site.write("site/2.md", markdown("title: Page 2", "Other words."));
    site.settle();
    expect("a file changed", [0, 1, 10, 0, 0], 1, &["2"]);
    site.write("site/2.md", markdown("title: Page 2", "Other words."));
    site.settle();
    expect("a file was written anew, the same", [0, 0, 11, 0, 0], 1, &[]);
    site.remove("site/3.md");
    expect("a file went", [0, 0, 10, 1, 0], 0, &["3"]);
    records[1] = record(1, "Changed");
    site.write("site/list.jsonl", lines(&records));
    site.settle();
    expect("a line changed", [0, 1, 9, 0, 0], 4, &["r1"]);
    records.remove(0);
    records.push(record(9, "New"));
    site.write("site/list.jsonl", lines(&records));
    site.settle();
    expect("a line went, one came", [1, 0, 9, 1, 0], 4, &["r0", "r9"]);
    fs::create_dir(site.path("site/moved")).unwrap();
    fs::rename(site.path("site/other.jsonl"), site.path("site/moved/elsewhere.jsonl")).unwrap();
    site.settle();
    expect("a file moved, its ids its own", [0, 0, 10, 0, 0], 1, &[]);
    fs::rename(site.path("site/4.md"), site.path("site/moved/4.md")).unwrap();
    site.settle();
    expect("a file moved that its id is named after", [1, 0, 9, 1, 0], 1, &["4", "moved/4"]);
    expect("nothing again", [0, 0, 10, 0, 0], 0, &[]);
}

// One id, several files

#[test]
fn first_path_wins_for_two_files_with_one_id() {
    let site = Site::new();
    let page = |title: &str| markdown(&format!("id: x\ntitle: {title}"), "Words.");
    let title = |expected: &str, what: &str| {
        assert_eq!(titles_of(&site), pairs(&[("x", expected)]), "{what}");
        assert_eq!(article(&site.engine(), "x").unwrap().card.title, expected, "{what}");
    };
    site.write("site/m.md", page("M"));
    site.settle();
    site.reindex();
    site.write("site/z.md", page("Z"));
    let report = site.reindex();
    assert_eq!(report.sources[0].rejections[0].file, "z.md");
    assert_eq!(report.sources[0].rejections[0].reason, "duplicate id, kept from m.md");
    title("M", "the later path came, the first one was not read");
    site.write("site/a.md", page("A"));
    site.settle();
    let report = site.reindex();
    assert_eq!(counts(&report.sources[0]), [0, 1, 0, 0, 2], "{report:?}");
    let files: BTreeSet<&str> = report.sources[0].rejections.iter().map(|rejected| rejected.file.as_str()).collect();
    assert_eq!(files, BTreeSet::from(["m.md", "z.md"]));
    title("A", "an earlier path came, the one that had it was not read");
    title_after_nothing(&site, "A");
    site.remove("site/m.md");
    site.reindex();
    title("A", "the second of three went");
    site.write("site/z.md", page("Z changed"));
    site.reindex();
    title("A", "the later one changed");
    site.remove("site/a.md");
    let report = site.reindex();
    assert_eq!((counts(&report.sources[0]), report.changes), ([0, 1, 0, 0, 0], 1));
    title("Z changed", "the first one went");
    site.write("site/b.md", page("B"));
    site.settle();
    site.reindex();
    title("B", "a first one came again");
    site.write("site/b.md", markdown("id: w\ntitle: B", ""));
    site.reindex();
    assert_eq!(titles_of(&site), pairs(&[("w", "B"), ("x", "Z changed")]), "the first one took another id");
}

fn title_after_nothing(site: &Site, expected: &str) {
    let report = site.reindex();
    assert_eq!((report.changes, site.titles()["x"].as_str()), (0, expected), "{report:?}");
}

#[test]
fn broken_record_keeps_its_article_until_another_file_has_a_good_one() {
    let site = Site::new();
    site.write("site/named.md", markdown("id: own name\ntitle: Named", ""));
    site.write("site/plain.md", markdown("title: Plain", "Words."));
    let good = json!({"id": "x", "title": "Ex"}).to_string();
    let broken = json!({"id": "x", "title": ["no text"]}).to_string();
    site.write("site/list.jsonl", &good);
    site.reindex();
    let all = pairs(&[("own name", "Named"), ("plain", "Plain"), ("x", "Ex")]);
    assert_eq!(titles_of(&site), all);
    site.write("site/named.md", "---\ntitle: [\n---\n");
    site.write("site/plain.md", b"---\ntitle: caf\xe9\n---\nWords.");
    site.write("site/list.jsonl", &broken);
    for _ in 0..2 {
        let report = site.reindex();
        assert_eq!((report.changes, report.sources[0].rejected, report.sources[0].deleted), (0, 3, 0), "{report:?}");
        assert_eq!(titles_of(&site), all);
    }
    site.write("site/zz.jsonl", json!({"id": "x", "title": "Another Ex"}).to_string());
    let report = site.reindex();
    assert_eq!((report.changes, report.sources[0].rejected), (1, 3), "{report:?}");
    assert_eq!(site.titles()["x"], "Another Ex");
    site.write("site/zz.jsonl", json!({"id": "x", "title": "Another Ex, changed"}).to_string());
    site.reindex();
    assert_eq!(site.titles()["x"], "Another Ex, changed");
    site.write("site/list.jsonl", &good);
    site.write("site/named.md", markdown("id: own name\ntitle: Mended", ""));
    site.remove("site/plain.md");
    let report = site.reindex();
    assert_eq!(titles_of(&site), pairs(&[("own name", "Mended"), ("x", "Ex")]), "{report:?}");
}

#[test]
fn record_kept_for_a_broken_one_is_deleted_with_it() {
    let site = Site::new();
    site.write("site/b.md", markdown("id: x\ntitle: Alpha", "One."));
    site.write("site/z.md", markdown("title: Gamma", "Three."));
    site.reindex();
    site.write("site/b.md", markdown("id: y\ntitle: Beta", "Two."));
    site.write("site/c.jsonl", json!({"id": "x", "title": {}}).to_string());
    site.settle();
    site.reindex();
    assert_eq!(titles_of(&site), pairs(&[("x", "Alpha"), ("y", "Beta"), ("z", "Gamma")]));
    site.remove("site/c.jsonl");
    let report = site.reindex();
    assert_eq!(counts(&report.sources[0]), [0, 0, 2, 1, 0]);
    assert_eq!(titles_of(&site), pairs(&[("y", "Beta"), ("z", "Gamma")]));
}

#[cfg(unix)]
#[test]
fn unreadable_folder_keeps_its_articles() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("site/part/b.md", markdown("title: Beta", "Two."));
    site.write("site/partial.md", markdown("title: Gamma", "Three."));
    site.reindex();
    // A link to itself cannot be looked into by anybody, whatever their rights.
    fs::rename(site.path("site/part"), site.path("aside")).unwrap();
    std::os::unix::fs::symlink("part", site.path("site/part")).unwrap();
    site.remove("site/partial.md");
    let report = site.reindex();
    assert_eq!(report.sources[0].rejections[0].file, "part", "{report:?}");
    assert_eq!(report.sources[0].deleted, 1);
    assert_eq!(titles_of(&site), pairs(&[("a", "Alpha"), ("part/b", "Beta")]));
    site.remove("site/part");
    let report = site.reindex();
    assert_eq!((report.sources[0].rejected, report.sources[0].deleted), (0, 1));
    assert_eq!(titles_of(&site), pairs(&[("a", "Alpha")]));
}

// Several sources

#[test]
fn command_line_path_is_a_source_named_after_it() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("hand/b.md", markdown("title: Beta", "Two."));
    site.write("hand/c.md", markdown("title: Gamma", "Three."));
    site.write("single.jsonl", json!({"id": "s", "title": "Single"}).to_string());
    site.reindex();
    let by_hand = |paths: &[PathBuf]| site.reindex_with(&Options { paths: paths.to_vec(), ..Options::default() });
    let report = by_hand(&[site.path("hand"), site.path("single.jsonl")]);
    let names: Vec<&str> = report.sources.iter().map(|source| source.source.as_str()).collect();
    assert_eq!(names, [site.path("hand").to_str().unwrap(), site.path("single.jsonl").to_str().unwrap()]);
    assert_eq!(site.titles().len(), 4);
    // However the path is written, it is the same source.
    site.remove("hand/c.md");
    let report = by_hand(&[site.path("site/../hand/")]);
    assert_eq!((report.sources[0].source.as_str(), counts(&report.sources[0])), (names[0], [0, 0, 1, 1, 0]));
    // A configured source's path is that source.
    let report = by_hand(&[site.path("hand/../site/")]);
    assert_eq!((report.sources[0].source.as_str(), counts(&report.sources[0])), ("site", [0, 0, 1, 0, 0]));
    assert_eq!(titles_of(&site), pairs(&[("a", "Alpha"), ("b", "Beta"), ("s", "Single")]));
}

#[cfg(unix)]
#[test]
fn command_line_path_overlapping_a_configured_source_is_refused() {
    let site = Site::new();
    site.write("site/2024/a.md", markdown("title: Alpha", "One."));
    site.write("site/b.jsonl", json!({"id": "b", "title": "Beta"}).to_string());
    site.write("site-2/c.md", markdown("title: Gamma", "Three."));
    std::os::unix::fs::symlink(site.path("site/2024"), site.path("link")).unwrap();
    site.reindex();
    let before = version(&site);
    let by_hand = |path: &str| {
        let options = Options { paths: vec![site.path(path)], ..Options::default() };
        reindex(&site.data(), &site.sources, &options, &Reads::default())
    };
    for path in ["site/2024", "site/b.jsonl", "site/2024/a.md", "site/../site/2024", "link", "site/nothing", "."] {
        let error = by_hand(path).unwrap_err().to_string();
        assert!(error.contains("the source \"site\" has articles of it already"), "{error}");
        let remedy = format!("`fichero reindex {}`", site.path("site").display());
        assert!(error.contains(&remedy), "{error}");
    }
    assert_eq!((version(&site), titles_of(&site)), (before, pairs(&[("2024/a", "Alpha"), ("b", "Beta")])));
    by_hand("site-2").unwrap();
    assert_eq!(titles_of(&site), pairs(&[("2024/a", "Alpha"), ("b", "Beta"), ("c", "Gamma")]));
}

#[test]
fn command_line_path_does_not_replace_a_source_of_its_name() {
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "One."));
    site.write("elsewhere/site/b.md", markdown("title: Beta", "Two."));
    site.write("third/site/c.md", markdown("title: Gamma", "Three."));
    fs::write(site.path("fichero.toml"), "data = \"index\"\n[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    let run = |folder: &str, arguments: &[&str]| {
        let config = site.path("fichero.toml");
        let all = [&["--config", config.to_str().unwrap(), "reindex", "--json"], arguments].concat();
        support::run_json(&site.path(folder), &all)
    };
    run(".", &[]);
    for folder in ["elsewhere", "third"] {
        let report = run(folder, &["site"]);
        assert_eq!(report["sources"][0]["deleted"], 0, "{report}");
        assert_eq!(report["sources"][0]["added"], 1, "{report}");
    }
    assert_eq!(titles_of(&site), pairs(&[("a", "Alpha"), ("b", "Beta"), ("c", "Gamma")]));
}

#[test]
fn first_configured_source_wins_an_id_until_it_drops_it() {
    let mut site = Site::with(&["one", "two"]);
    site.write("one/x.md", markdown("title: One", "First words."));
    site.write("two/x.md", markdown("title: Two", "Second words."));
    site.write("two/y.md", markdown("title: Other", "Third words."));
    let report = site.reindex();
    assert_eq!((counts(&report.sources[0]), counts(&report.sources[1])), ([1, 0, 0, 0, 0], [2, 0, 0, 0, 0]));
    assert_eq!(
        (&report.sources[0].shared_ids, &report.sources[1].shared_ids),
        (&vec![], &vec!["x (also in one)".to_owned()])
    );
    let both = |x: &str| pairs(&[("x", x), ("y", "Other")]);
    assert_eq!(titles_of(&site), both("One"));
    assert_eq!(found(&site.engine(), "second"), [""; 0], "the other one's text is nowhere");
    site.settle();
    site.reindex();
    site.write("two/x.md", markdown("title: Two, changed", "Second words."));
    let report = site.reindex();
    assert_eq!((counts(&report.sources[1]), report.changes), ([0, 1, 1, 0, 0], 0), "nothing that is answered changed");
    assert_eq!(titles_of(&site), both("One"));
    // The order decides, whichever came first, and without a change in either.
    site.settle();
    site.reindex();
    site.configure(&["two", "one"]);
    let report = site.reindex();
    assert_eq!((report.changes, titles_of(&site)), (1, both("Two, changed")));
    site.configure(&["one", "two"]);
    assert_eq!((site.reindex().changes, titles_of(&site)), (1, both("One")));
    site.remove("one/x.md");
    site.write("one/z.md", markdown("title: Zed", "Fourth words."));
    let report = site.reindex();
    assert_eq!((report.sources[0].deleted, counts(&report.sources[1])), (1, [0, 0, 2, 0, 0]));
    let after = pairs(&[("x", "Two, changed"), ("y", "Other"), ("z", "Zed")]);
    assert_eq!(titles_of(&site), after);
    assert_eq!(found(&site.engine(), "second"), ["x"]);
    site.reindex_with(&Options { full: true, ..Options::default() });
    assert_eq!(titles_of(&site), after);
}

#[test]
fn unconfigured_source_keeps_its_articles_until_pruned() {
    let mut site = Site::with(&["one", "two"]);
    site.write("one/a.md", markdown("title: Alpha", "First words."));
    site.write("one/x.md", markdown("title: One", "Shared words."));
    site.write("two/x.md", markdown("title: Two", "Shared words."));
    site.reindex();
    site.configure(&["two"]);
    fs::remove_dir_all(site.path("one")).unwrap();
    for full in [false, true] {
        let report = site.reindex_with(&Options { full, ..Options::default() });
        assert_eq!((report.unconfigured.as_slice(), report.pruned.len()), (&["one".to_owned()][..], 0));
        assert!(report.is_complete());
        assert!(site.titles().contains_key("a") && article(&site.engine(), "a").is_some());
    }
    assert_eq!(site.titles()["x"], "Two", "the configured one wins");
    let report = site.reindex_with(&Options { prune: true, dry_run: true, ..Options::default() });
    assert_eq!((report.pruned.as_slice(), site.titles().len()), (&["one".to_owned()][..], 2));
    let report = site.reindex_with(&Options { prune: true, ..Options::default() });
    assert_eq!((report.pruned.as_slice(), report.unconfigured.len()), (&["one".to_owned()][..], 0));
    assert_eq!(titles_of(&site), pairs(&[("x", "Two")]));
    assert!(article(&site.engine(), "a").is_none());
    let report = site.reindex();
    assert_eq!((report.unconfigured.len(), report.changes), (0, 0), "it is forgotten");
}

#[test]
fn missing_source_fails_alone_and_loses_nothing() {
    let site = Site::with(&["one", "two"]);
    site.write("one/a.md", markdown("title: Alpha", "First words."));
    site.write("two/b.md", markdown("title: Beta", "Second words."));
    let config =
        "data = \"index\"\n[[source]]\nname = \"one\"\npath = \"one\"\n[[source]]\nname = \"two\"\npath = \"two\"\n";
    fs::write(site.path("fichero.toml"), config).unwrap();
    support::run(site.folder(), &["reindex"]);
    fs::rename(site.path("one"), site.path("away")).unwrap();
    site.write("two/c.md", markdown("title: Gamma", "Third words."));
    for flags in [&[][..], &["--full"]] {
        let output = support::fichero(site.folder()).args(["reindex", "--json"]).args(flags).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let failed = report["sources"][0]["failed"].as_str().unwrap();
        assert!(failed.contains("one") && failed.contains("stays"), "{failed}");
        assert!(report["sources"][1].get("failed").is_none());
        assert_eq!(titles_of(&site), pairs(&[("a", "Alpha"), ("b", "Beta"), ("c", "Gamma")]));
        assert_eq!(found(&site.engine(), "words").len(), 3);
    }
    fs::rename(site.path("away"), site.path("one")).unwrap();
    assert_eq!(support::run_json(site.folder(), &["reindex", "--json"])["changes"], 0);
}

#[test]
fn reindex_of_one_source_deletes_nothing_of_another() {
    let site = Site::with(&["one", "two"]);
    for source in ["one", "two"] {
        for page in ["same-name", "other"] {
            let fields = format!("id: {source}/{page}\ntitle: {source} {page}");
            site.write(&format!("{source}/{page}.md"), markdown(&fields, "Words."));
        }
    }
    site.reindex();
    site.remove("one/same-name.md");
    site.remove("two/other.md");
    let only = Options { paths: vec![site.path("one")], ..Options::default() };
    let report = site.reindex_with(&only);
    assert_eq!((report.sources.len(), counts(&report.sources[0])), (1, [0, 0, 1, 1, 0]));
    assert_eq!(report.unconfigured, [""; 0], "the configuration still names it");
    let pruned = site.reindex_with(&Options { prune: true, ..only });
    assert_eq!((pruned.pruned.len(), site.articles().len()), (0, 3), "nor does pruning touch it");
    let left: Vec<String> = site.articles().into_keys().collect();
    assert_eq!(left, ["one/other", "two/other", "two/same-name"]);
    site.reindex();
    let left: Vec<String> = site.articles().into_keys().collect();
    assert_eq!(left, ["one/other", "two/same-name"]);
}

// Runs that change nothing, and generations

#[test]
fn dry_run_reports_changes_without_applying_them() {
    let mut site = Site::with(&["one", "two"]);
    let dry = Options { dry_run: true, ..Options::default() };
    site.write("one/a.md", markdown("title: Alpha", "First words."));
    site.write("one/x.md", markdown("title: One", "Words."));
    site.write("two/x.md", markdown("title: Two", "Words."));
    let report = site.reindex_with(&dry);
    assert_eq!((counts(&report.sources[0]), report.generation, site.data().current()), ([2, 0, 0, 0, 0], None, None));
    assert_eq!(site.titles().len(), 0);
    site.reindex();
    let state = |site: &Site| {
        let catalog = Catalog::open(&site.path("index")).unwrap();
        let sources: Vec<(String, bool, u64)> = catalog
            .sources()
            .unwrap()
            .into_iter()
            .map(|source| (source.name, source.is_configured, source.articles))
            .collect();
        (titles_of(site), version(site), site.last_seq(), site.data().generation_numbers(), sources)
    };
    let before = state(&site);
    site.remove("one/a.md");
    site.write("one/x.md", markdown("title: One, changed", "Words."));
    site.write("two/new.md", markdown("title: New", "Words."));
    site.write("hand/h.md", markdown("title: By hand", "Words."));
    site.configure(&["two", "one"]);
    let told = |report: &Report| -> Vec<(String, [u64; 5])> {
        report.sources.iter().map(|source| (source.source.clone(), counts(source))).collect()
    };
    let report = site.reindex_with(&dry);
    assert!(report.dry_run);
    let full = site.reindex_with(&Options { full: true, ..dry.clone() });
    let by_hand = site.reindex_with(&Options { paths: vec![site.path("hand")], ..dry.clone() });
    assert_eq!((counts(&by_hand.sources[0]), by_hand.unconfigured.len()), ([1, 0, 0, 0, 0], 0));
    assert_eq!(state(&site), before);
    assert_eq!(told(&full), told(&report));
    let real = site.reindex();
    assert_eq!(told(&real), told(&report), "it is what then happens");
    assert_eq!(real.unconfigured, [""; 0], "the dry run left no source");
    assert_eq!(titles_of(&site), pairs(&[("new", "New"), ("x", "Two")]));
}

#[test]
fn rollback_holds_changes_until_resume_or_the_next_reindex() {
    let site = Site::new();
    let full = Options { full: true, ..Options::default() };
    site.write("site/a.md", markdown("title: Alpha", "First words."));
    assert!(rollback(&site.data()).is_err(), "nothing is published yet");
    site.reindex();
    assert!(rollback(&site.data()).unwrap_err().to_string().contains("--full"), "there is nothing before it");
    let first = version(&site);
    site.write("site/b.md", markdown("title: Beta", "Second words."));
    site.write("site/a.md", markdown("title: Alpha", "Bad words."));
    site.reindex_with(&full);
    let second = site.engine().index_version();
    assert_eq!((second.generation, found(&site.engine(), "bad").len()), (2, 1));

    assert_eq!(rollback(&site.data()).unwrap().generation, 1);
    assert_eq!(version(&site), first);
    assert_eq!((found(&site.engine(), "bad").len(), found(&site.engine(), "first").len()), (0, 1));
    assert!(article(&site.engine(), "b").is_none());
    // Whoever applies changes leaves them, as often as it looks.
    let lock = site.data().lock_writer("test").unwrap();
    let mut updater = IndexUpdater::open(site.data(), EngineSlot::default(), lock).unwrap();
    for _ in 0..3 {
        assert_eq!(updater.tick().unwrap(), Tick::Idle);
    }
    drop(updater);
    site.reindex_with(&Options { dry_run: true, ..Options::default() });
    assert_eq!(version(&site), first, "a dry run ends no hold");
    assert!(Catalog::open(&site.path("index")).unwrap().publication().unwrap().is_held);

    let resumed = resume(&site.data()).unwrap();
    assert_eq!((resumed.generation, resumed.seq), (1, second.seq));
    assert_eq!((found(&site.engine(), "bad").len(), found(&site.engine(), "second").len()), (1, 1));
    assert!(!Catalog::open(&site.path("index")).unwrap().publication().unwrap().is_held);

    site.reindex_with(&full);
    let third = site.engine().index_version();
    assert!(third.generation > 2, "numbers do not come again");
    assert_eq!(rollback(&site.data()).unwrap().generation, 1);
    site.write("site/a.md", markdown("title: Alpha", "Mended words."));
    let report = site.reindex();
    assert_eq!(report.changes, 1);
    assert_eq!(site.engine().index_version().seq, site.last_seq());
    assert_eq!((found(&site.engine(), "bad").len(), found(&site.engine(), "mended")), (0, vec!["a".to_owned()]));
    assert!(!Catalog::open(&site.path("index")).unwrap().publication().unwrap().is_held);
}

// Random histories

/// A page dump of one article; its sentences are on no other page.
fn page(number: u16) -> String {
    let word =
        |place: u16| format!("{}{}", ["river", "harbour", "orchard", "lantern", "meadow"][place as usize % 5], number);
    let sentence = |place: u16| {
        format!(
            "The {} of the {} was opened by the people of the valley, who had waited for it since the {} was closed.",
            word(place),
            word(place + 1),
            word(place + 2)
        )
    };
    let paragraph = |place: u16| [sentence(place), sentence(place + 1), sentence(place + 3)].join(" ");
    format!("How the {} came about\n\n{}\n\n{}\n\n{}\n", word(0), paragraph(0), paragraph(1), paragraph(2))
}

#[derive(Debug, Clone)]
enum Line {
    Good { id: u8, text: u16, work: Option<u8>, lang: Option<&'static str> },
    Flawed { id: u8, text: u16 },
    Broken { id: u8 },
    Nonsense,
}

#[derive(Debug, Clone)]
enum Content {
    Markdown { id: Option<u8>, text: u16, is_broken: bool },
    Lines(Vec<Line>),
    Page(u16),
}

#[derive(Debug, Clone)]
enum Edit {
    Write(usize, Content),
    Touch(usize),
    Remove(usize),
    Move(usize, usize),
}

const MARKDOWN: [&str; 4] = ["b.md", "d/b.md", "d/y.md", "z.md"];
const LISTS: [&str; 3] = ["a.jsonl", "d/m.ndjson", "x.jsonl"];
const PAGES: [&str; 2] = ["c.txt", "d/p.txt"];

fn file_name(place: usize) -> String {
    let all: Vec<&str> = [&MARKDOWN[..], &LISTS, &PAGES].concat();
    format!("site/{}", all[place % all.len()])
}

fn line() -> impl Strategy<Value = Line> {
    let lang = option::of(prop_oneof![Just("en"), Just("pt-BR")]);
    prop_oneof![
        9 => (0u8..7, 0u16..1000, option::of(0u8..3), lang)
            .prop_map(|(id, text, work, lang)| Line::Good { id, text, work, lang }),
        1 => (0u8..7, 0u16..1000).prop_map(|(id, text)| Line::Flawed { id, text }),
        1 => (0u8..7).prop_map(|id| Line::Broken { id }),
        1 => Just(Line::Nonsense),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let markdown = (option::weighted(0.7, 0u8..7), 0u16..1000, prop::bool::weighted(0.1))
        .prop_map(|(id, text, is_broken)| Content::Markdown { id, text, is_broken });
    let places = MARKDOWN.len()..MARKDOWN.len() + LISTS.len();
    let pages = places.end..places.end + PAGES.len();
    prop_oneof![
        4 => (0..MARKDOWN.len(), markdown).prop_map(|(place, content)| Edit::Write(place, content)),
        4 => (places, vec(line(), 0..6)).prop_map(|(place, lines)| Edit::Write(place, Content::Lines(lines))),
        1 => (pages, 0u16..1000).prop_map(|(place, text)| Edit::Write(place, Content::Page(text))),
        1 => (0usize..9).prop_map(Edit::Touch),
        3 => (0usize..9).prop_map(Edit::Remove),
        3 => (0..MARKDOWN.len(), 0..MARKDOWN.len()).prop_map(|(from, to)| Edit::Move(from, to)),
    ]
}

fn text_of(content: &Content) -> String {
    match content {
        Content::Markdown { is_broken: true, .. } => "---\ntitle: [\n---\n".to_owned(),
        Content::Markdown { id, text, .. } => {
            let id = id.map_or(String::new(), |id| format!("id: i{id}\n"));
            markdown(&format!("{id}title: Markdown {text}"), &format!("The text number {text}."))
        }
        Content::Lines(list) => list
            .iter()
            .map(|line| match line {
                Line::Good { id, text, work, lang } => {
                    let work = work.map(|work| format!("w{work}"));
                    let title = format!("Line {text}");
                    format!(
                        "{}\n",
                        json!({"id": format!("i{id}"), "title": title, "body": "Words.", "work": work, "lang": lang})
                    )
                }
                Line::Flawed { id, text } => {
                    format!(
                        "{}\n",
                        json!({"id": format!("i{id}"), "title": format!("Flawed {text}"), "published_at": "never"})
                    )
                }
                Line::Broken { id } => format!("{}\n", json!({"id": format!("i{id}"), "title": {}})),
                Line::Nonsense => "nonsense\n".to_owned(),
            })
            .collect(),
        Content::Page(text) => page(*text),
    }
}

fn apply(site: &Site, edit: &Edit) {
    match edit {
        Edit::Write(place, content) => site.write(&file_name(*place), text_of(content)),
        Edit::Touch(place) => {
            if let Ok(text) = fs::read(site.path(&file_name(*place))) {
                site.write(&file_name(*place), text);
            }
        }
        Edit::Remove(place) => {
            let _ = fs::remove_file(site.path(&file_name(*place)));
        }
        Edit::Move(from, to) => {
            if let Ok(text) = fs::read(site.path(&file_name(*from))) {
                fs::remove_file(site.path(&file_name(*from))).unwrap();
                site.write(&file_name(*to), text);
            }
        }
    }
}

/// Which text each id has, told plainly: the first file, and in it the first line, wins.
fn expected(site: &Site) -> BTreeMap<String, String> {
    let mut names: Vec<String> = (0..MARKDOWN.len() + LISTS.len()).map(file_name).collect();
    names.sort_unstable();
    let mut expected = BTreeMap::new();
    for name in names {
        let Ok(text) = fs::read_to_string(site.path(&name)) else { continue };
        let records: Vec<(String, String)> = if name.ends_with(".md") {
            let field = |field: &str| text.lines().find_map(|line| line.strip_prefix(field)).map(str::to_owned);
            let stem = name.trim_start_matches("site/").trim_end_matches(".md");
            vec![(field("id: ").unwrap_or_else(|| stem.to_owned()), field("title: ").unwrap())]
        } else {
            let record = |line: &str| -> (String, String) {
                let record: Value = serde_json::from_str(line).unwrap();
                (record["id"].as_str().unwrap().to_owned(), record["title"].as_str().unwrap().to_owned())
            };
            text.lines().map(record).collect()
        };
        for (id, title) in records {
            expected.entry(id).or_insert(title);
        }
    }
    expected
}

fn has_broken_records(site: &Site) -> bool {
    (0..MARKDOWN.len() + LISTS.len()).any(|place| {
        fs::read_to_string(site.path(&file_name(place))).is_ok_and(|text| {
            text.is_empty() || text.contains("nonsense") || text.contains("{}") || text.contains("title: [")
        })
    })
}

/// What an index answers of all ids there are, with the order of nothing in it.
fn answered(engine: &dyn SearchEngine, ids: impl Iterator<Item = String>) -> Vec<(String, String, String, String)> {
    let mut answered = Vec::new();
    for id in ids {
        let found = article(engine, &id).unwrap_or_else(|| panic!("{id} is not answered"));
        answered.push((found.card.title, found.body, found.card.work, found.card.lang));
    }
    let all = engine.search(&request("")).unwrap();
    let versions: usize = all.hits.iter().map(|hit| 1 + hit.translations.len()).sum();
    assert_eq!(versions, answered.len());
    answered
}

/// Options for histories in which any article may vanish: what the gate does then is proven
/// elsewhere (`gate.rs`).
fn ungated() -> Options {
    let gate = gate::GateSettings { always_allowed: u64::MAX, ..gate::GateSettings::default() };
    Options { gate, ..Options::default() }
}

fn check_against_full(site: &Site, step: usize) {
    let incremental = site.articles();
    site.reindex_into("full", &Options { full: true, ..ungated() }, &Reads::default());
    assert_eq!(incremental, site.articles_in("full"), "step {step}");
    let ids = || incremental.keys().cloned();
    assert_eq!(answered(&site.engine(), ids()), answered(&site.engine_in("full"), ids()), "step {step}");
}

/// Plays some histories side by side, so that the waiting for files to settle is shared.
fn play(histories: &[Vec<Vec<Edit>>]) {
    let sites: Vec<Site> = histories.iter().map(|_| Site::new()).collect();
    let steps = histories.iter().map(Vec::len).max().unwrap_or(0);
    for step in 0..steps {
        for (site, history) in sites.iter().zip(histories) {
            for edit in history.get(step).into_iter().flatten() {
                apply(site, edit);
            }
        }
        // Every other time the files are trusted unread by the run after.
        if step % 2 == 0 {
            settle(&sites.iter().collect::<Vec<_>>());
        }
        for site in &sites {
            let report = site.reindex_with(&ungated());
            let source = &report.sources[0];
            let articles = site.articles();
            assert_eq!(site.engine().index_version().seq, site.last_seq());
            if !has_broken_records(site) {
                assert_eq!(report.articles(), articles.len() as u64, "step {step}: {report:?}");
                let titles: BTreeMap<String, String> = site.titles();
                let pages: BTreeSet<&str> = PAGES.iter().filter_map(|name| name.strip_suffix(".txt")).collect();
                let without_pages: BTreeMap<String, String> =
                    titles.into_iter().filter(|(id, _)| !pages.contains(id.as_str())).collect();
                assert_eq!(without_pages, expected(site), "step {step}: {report:?}");
            }
            assert!(source.failed.is_none());
            check_against_full(site, step);
        }
    }
    for site in &sites {
        let report = site.reindex_with(&ungated());
        assert_eq!((report.changes, report.sources[0].added, report.sources[0].deleted), (0, 0, 0));
        if !has_broken_records(site) {
            site.reindex_into("fresh", &ungated(), &Reads::default());
            assert_eq!(site.articles(), site.articles_in("fresh"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1, max_shrink_iters: 48, ..ProptestConfig::default() })]
    #[test]
    fn many_small_reindexes_reach_the_state_of_one_full_one(
        histories in vec((vec(edit(), 4..12), vec(vec(edit(), 0..4), 4)), 16)
    ) {
        let histories: Vec<Vec<Vec<Edit>>> = histories
            .into_iter()
            .map(|(first, rest)| std::iter::once(first).chain(rest).collect())
            .collect();
        play(&histories);
    }
}

// The project's own articles

#[test]
fn corpus_has_its_documented_properties() {
    let mut site = Site::new();
    site.sources = vec![SourceConfig { name: "corpus".to_owned(), path: support::corpus(), ..SourceConfig::default() }];
    let report = site.reindex();
    assert_eq!((report.sources[0].rejections.as_slice(), report.sources[0].flaws.as_slice()), (&[][..], &[][..]));
    let articles: Vec<Article> = site.articles().into_values().collect();
    assert!(articles.len() >= 80, "{}", articles.len());
    assert_eq!(report.sources[0].added, articles.len() as u64);
    let mut works: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for article in &articles {
        let is_new = works.entry(&article.work).or_default().insert(&article.lang);
        assert!(is_new, "{}: its work has its language twice", article.id);
        let words = article.body.split_whitespace().count();
        assert!((250..=900).contains(&words), "{}: {words} words", article.id);
        let text = format!("{}\n{}\n{}", article.title, article.summary, article.body);
        assert_eq!(detect(&text), Some(article.lang.as_str()), "{}", article.id);
        assert!(!article.topics.is_empty() && !article.authors.is_empty(), "{}", article.id);
        assert!(article.published_at.as_ref().is_some_and(|at| at.as_str() >= "2018"), "{}", article.id);
    }
    assert!(works.values().filter(|langs| langs.len() > 1).count() >= 25);
    let langs: BTreeSet<&str> = articles.iter().map(|article| article.lang.as_str()).collect();
    assert_eq!(langs, BTreeSet::from(["en", "es", "fr", "pt"]));
    let kinds: BTreeSet<Kind> = articles.iter().map(|article| article.kind.clone()).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::BUILT_IN));
    let titles: BTreeSet<&str> = articles.iter().map(|article| article.title.as_str()).collect();
    assert_eq!(titles.len(), articles.len(), "two articles have one title");
}

#[test]
fn all_formats_in_a_folder_are_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut site = Site::new();
    site.sources = ["markdown", "jsonl", "folder"]
        .map(|name| SourceConfig { name: name.to_owned(), path: fixtures.join(name), ..SourceConfig::default() })
        .to_vec();
    let report = site.reindex();
    let told: Vec<[u64; 5]> = report.sources.iter().map(counts).collect();
    assert_eq!(told, [[4, 0, 0, 0, 2], [4, 0, 0, 0, 4], [3, 0, 0, 0, 0]], "{report:#?}");
    let articles = site.articles();
    let of = |id: &str| articles.get(id).unwrap_or_else(|| panic!("{id} is missing"));
    let (yaml, toml) = (of("yaml"), of("toml"));
    let both = [yaml, toml].map(|article| {
        let mut article = article.clone();
        article.id = String::new();
        article
    });
    assert_eq!(both[0], both[1], "both front matters say the same");
    assert_eq!(
        (yaml.title.as_str(), yaml.lang.as_str(), yaml.work.as_str()),
        ("Educación: más que aulas", "es", "aulas")
    );
    assert_eq!(yaml.published_at.as_ref().map(|at| at.as_str()), Some("2021-11-03"));
    assert_eq!(yaml.topics[0].path, "programas/investigacion");
    assert_eq!(yaml.authors, ["Ana Pérez", "Zoë O'Neil"]);
    assert!(yaml.body.contains("ñandú, «comillas»") && !yaml.body.contains("**"), "{}", yaml.body);
    assert_eq!((of("plain").title.as_str(), of("plain").lang.as_str()), ("A plain page", "en"));
    assert_eq!(of("only_front_matter").body, "");
    assert_eq!(of("crlf").body, "One line.\nAnother line.\n\nA second paragraph.");
    assert_eq!(of("with-bom").title, "First line with a byte order mark");
    assert_eq!((of("no-lang").lang.as_str(), of("42").lang.as_str()), ("pt", UNDETERMINED));
    let folder: Vec<&str> =
        articles.keys().map(String::as_str).filter(|id| id.contains("page") || id.contains('/')).collect();
    assert_eq!(folder, ["page", "part/inner", "part/ñandú y más"], "hidden, ignored and other files are none");
}

// Real sites

/// The body with its runs of blank lines made one, as passages are joined.
fn normal_body(body: &str) -> String {
    let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
    let body = body.replace("\r\n", "\n");
    for line in body.trim_end().split('\n') {
        match paragraphs.last_mut() {
            Some(last) if !line.trim().is_empty() => last.push(line),
            Some(last) if !last.is_empty() => paragraphs.push(Vec::new()),
            _ => {}
        }
    }
    let paragraphs: Vec<String> =
        paragraphs.iter().filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")).collect();
    paragraphs.join("\n\n")
}

fn tally<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key.to_owned()).or_default() += 1;
    }
    counts
}

fn comes_in_whole(path: &Path, articles_expected: usize, langs_expected: usize, doubted_expected: usize) {
    let text = fs::read_to_string(path).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), articles_expected);
    let of = |record: &'_ Value, field: &str| record[field].as_str().unwrap_or_default().to_owned();
    let mut site = Site::new();
    site.sources = vec![SourceConfig { name: "site".to_owned(), path: path.to_owned(), ..SourceConfig::default() }];
    let report = site.reindex();
    assert_eq!(
        counts(&report.sources[0]),
        [articles_expected as u64, 0, 0, 0, 0],
        "{:?}",
        report.sources[0].rejections
    );
    // A date that is none is in the file as well.
    let dates = records.iter().filter_map(|record| Some((record["id"].as_str()?, record["published_at"].as_str()?)));
    let no_dates: Vec<&str> =
        dates.filter(|(_, date)| date.parse::<jiff::civil::Date>().is_err()).map(|(id, _)| id).collect();
    // So are texts that were decoded wrongly before they came.
    let read_well =
        report.sources[0].flaws.iter().filter(|flaw| !flaw.reason.starts_with("text that was decoded wrongly"));
    let (doubted, flawed): (Vec<_>, Vec<_>) = read_well.partition(|flaw| flaw.reason.starts_with("lang: declared as"));
    let flawed: Vec<&str> = flawed.iter().filter_map(|flaw| flaw.id.as_deref()).collect();
    assert_eq!(flawed, no_dates);
    assert_eq!(doubted.len(), doubted_expected, "{doubted:?}");

    let articles = site.articles();
    let langs = tally(records.iter().map(|record| record["lang"].as_str().unwrap()));
    let works = tally(records.iter().map(|record| record["work"].as_str().unwrap()));
    assert_eq!(langs.len(), langs_expected);
    assert_eq!(tally(articles.values().map(|article| article.lang.as_str())), langs);
    assert_eq!(tally(articles.values().map(|article| article.work.as_str())), works);

    let engine = site.engine();
    let total = |langs: &[String]| {
        let filters = Filters { langs: langs.to_vec(), ..Filters::default() };
        engine.search(&SearchRequest { filters, limit: 1, ..request("") }).unwrap().total.value
    };
    let visible = |article: &&Article| article.is_visible_at(site::now_s());
    let works_in = |lang: Option<&str>| {
        let of_lang = articles.values().filter(visible).filter(|article| lang.is_none_or(|lang| article.lang == lang));
        of_lang.map(|article| article.work.as_str()).collect::<BTreeSet<_>>().len() as u64
    };
    assert_eq!(total(&[]), works_in(None));
    for lang in langs.keys() {
        assert_eq!(total(std::slice::from_ref(lang)), works_in(Some(lang)), "{lang}");
    }
    let step = (records.len() / 500).max(1);
    let (mut compared, mut plain) = (0, 0);
    for record in records.iter().step_by(step) {
        let id = of(record, "id");
        let kept = &articles[&id];
        // What may be markup is read as such (`tests` of `article::markup`).
        let is_plain = |field: &str| !of(record, field).contains(['<', '&', '[']);
        if is_plain("body") {
            assert_eq!(normal_body(&kept.body), normal_body(&of(record, "body")), "{id}");
            plain += 1;
        }
        if !kept.is_visible_at(site::now_s()) {
            continue;
        }
        let answer = article(&engine, &id).unwrap_or_else(|| panic!("{id} is not answered"));
        assert_eq!(answer.body, normal_body(&kept.body), "{id}");
        let title: Vec<String> = of(record, "title").split_whitespace().map(str::to_owned).collect();
        assert_eq!(answer.card.lang, of(record, "lang"), "{id}");
        if is_plain("title") {
            assert_eq!(answer.card.title, title.join(" "), "{id}");
        }
        assert_eq!(answer.card.work, of(record, "work"), "{id}");
        let versions = articles.values().filter(visible).filter(|other| other.work == kept.work).count();
        assert_eq!(answer.translations.len() + 1, versions, "{id}");
        compared += 1;
    }
    println!("{}: {} articles, {} works, {compared} compared", path.display(), articles.len(), works.len());
    assert!(compared >= articles_expected.min(300) && plain > compared / 3, "{plain} of {compared}");
    let again = site.reindex();
    assert_eq!((again.changes, again.articles()), (0, articles_expected as u64));
}

#[test]
#[ignore = "reads ../shared; 18,366 articles take a minute in a debug build"]
fn debian_site_is_read_completely() {
    if let Some(path) = shared("data/sites/debian.jsonl") {
        comes_in_whole(&path, 18_366, 4, 9);
    }
}

#[test]
#[ignore = "reads ../shared"]
fn open_source_guide_is_read_completely() {
    if let Some(path) = shared("data/sites/opensource-guide.jsonl") {
        comes_in_whole(&path, 321, 29, 24);
    }
}
