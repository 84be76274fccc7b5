//! Folders as they are:
//!
//! * installed packages, virtual environments, build output beside its generator's configuration, what
//!   archivers add, conflicted copies and backups are passed over, counted, and read if a line of a
//!   `.ficheroignore` says so;
//! * a `.gitignore` is heeded, and `.ficheroignore` comes before it;
//! * files of other formats are counted by extension; a file that cannot be a source fails it;
//! * a file that several paths lead to is one article, under the path without a link;
//! * files of other encodings are read where there is no doubt, and refused with a remedy otherwise;
//! * words whose letters are set apart are found as words, in titles and in texts;
//! * ids and file names are the same in every Unicode form, so that a copied folder changes nothing.

use std::fs;

use fichero::engine::{ArticleKey, SearchEngine};
use fichero::indexing::report::SourceReport;
use fichero::sources::PassedOver;

use crate::support;
use crate::support::site::{Site, counts, found, markdown};

fn passed_over<'r>(report: &'r SourceReport, reason: &str) -> &'r PassedOver {
    let found = report.passed_over.iter().find(|passed_over| passed_over.reason == reason);
    found.unwrap_or_else(|| panic!("{reason}: {:?}", report.passed_over))
}

fn ids(site: &Site) -> Vec<String> {
    site.articles().into_keys().collect()
}

fn write_pages(site: &Site, names: &[&str]) {
    for name in names {
        site.write(&format!("site/{name}"), markdown(&format!("title: {}", name.replace(':', " ")), "Words."));
    }
}

#[test]
fn what_nobody_wants_found_is_passed_over_until_ficheroignore_names_it() {
    let site = Site::new();
    write_pages(&site, &["a.md", "build/plan.md", "vendor.md", "part/dist/c.md"]);
    write_pages(
        &site,
        &[
            "node_modules/left/README.md",
            "part/node_modules/right/README.md",
            "app/vendor/lib/README.md",
            "env/lib/LICENSE.md",
            "blog/_site/a.md",
            "__MACOSX/a.md",
            "a (conflicted copy 2025-03-14).md",
            "~$a.md",
            ".hidden/a.md",
        ],
    );
    for name in ["app/go.mod", "env/pyvenv.cfg", "blog/_config.yml"] {
        site.write(&format!("site/{name}"), "x");
    }
    let report = site.reindex();
    let source = &report.sources[0];
    assert_eq!(ids(&site), ["a", "build/plan", "part/dist/c", "vendor"], "{source:#?}");
    for (reason, count, first) in [
        ("packages", 3, "app/vendor"),
        ("virtual_environment", 1, "env"),
        ("build_output", 1, "blog/_site"),
        ("system", 1, "__MACOSX"),
        ("conflicted_copy", 1, "a (conflicted copy 2025-03-14).md"),
        ("backup", 1, "~$a.md"),
        ("hidden", 1, ".hidden"),
    ] {
        let told = passed_over(source, reason);
        assert_eq!((told.count, told.first.as_str()), (count, first));
        assert!(told.remedy.contains("in a .ficheroignore has it read all the same"), "{told:?}");
    }
    site.write("site/.ficheroignore", "!node_modules/\n!env/\n!*conflicted*\n");
    let report = site.reindex();
    assert_eq!((report.sources[0].added, passed_over(&report.sources[0], "packages").count), (4, 1), "{report:?}");
    site.write("site/.ficheroignore", "!*\n");
    assert_eq!(site.reindex().sources[0].added, 5);
}

#[test]
fn gitignore_is_heeded_unless_ficheroignore_says_otherwise() {
    let site = Site::new();
    write_pages(&site, &["a.md", "drafts/b.md", "part/notes.md", "part/own/c.md", "part/own/notes.md"]);
    site.write("site/.gitignore", "drafts/\nnotes.md\n");
    site.write("site/part/own/.gitignore", "!notes.md\n");
    let report = site.reindex();
    assert_eq!(ids(&site), ["a", "part/own/c", "part/own/notes"]);
    let told = passed_over(&report.sources[0], "gitignore");
    assert_eq!((told.count, told.first.as_str()), (2, "drafts"));
    assert!(told.remedy.contains("!drafts") && told.remedy.contains("!*"), "{told:?}");
    site.write("site/.ficheroignore", "a.md\n!drafts/\n");
    let report = site.reindex();
    assert_eq!(ids(&site), ["drafts/b", "part/own/c", "part/own/notes"]);
    assert_eq!(passed_over(&report.sources[0], "ficheroignore").count, 1);
}

#[test]
fn files_of_other_formats_are_counted_and_a_named_one_fails_its_source() {
    let site = Site::new();
    for name in ["a.html", "b.PDF", "c.pdf", "d/e.png"] {
        site.write(&format!("site/{name}"), "x");
    }
    let path = site.path("site");
    let output = support::run(site.folder(), &["reindex", path.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("skipped 4 files: 2 .pdf, 1 .html, 1 .png (such as a.html)"), "{told}");
    assert!(told.contains("pandoc page.html") && told.contains("no .md, .jsonl"), "{told}");

    let path = site.path("site/a.html");
    let output = support::fichero(site.folder()).args(["reindex", "--data", "other", path.to_str().unwrap()]).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("a.html: a file without articles: only .md") && !told.contains("in it"), "{told}");
}

#[cfg(unix)]
#[test]
fn file_that_several_paths_lead_to_is_one_article() {
    use std::os::unix::fs::symlink;
    let site = Site::new();
    write_pages(&site, &["2025/a.md", "2025/deep/b.md", "other/c.md"]);
    site.write("outside/d.md", markdown("title: Outside", "Words."));
    let link = |to: &str, name: &str| symlink(to, site.path(&format!("site/{name}"))).unwrap();
    link("2025", "1-latest");
    link("../2025/deep", "other/also");
    link("2025/a.md", "0-first.md");
    link("../../outside", "other/outside");
    link("../../outside", "other/outside-too");
    link("../..", "2025/deep/up");
    fs::hard_link(site.path("site/other/c.md"), site.path("site/other/twin.md")).unwrap();
    let report = site.reindex();
    let source = &report.sources[0];
    let expected = ["2025/a", "2025/deep/b", "other/c", "other/outside/d"];
    assert_eq!(ids(&site), expected, "{source:#?}");
    assert_eq!(passed_over(source, "same_file").count, 5);
    let [problem] = source.rejections.as_slice() else { panic!("{:?}", source.rejections) };
    assert!(problem.file == "2025/deep/up" && problem.reason.starts_with("a loop: a link to"), "{problem:?}");
    for name in ["1-latest", "0-first.md", "other/also", "other/outside-too"] {
        site.remove(&format!("site/{name}"));
    }
    assert_eq!((site.reindex().changes, ids(&site)), (0, expected.map(str::to_owned).to_vec()));
}

#[test]
fn other_encodings_are_read_without_doubt_or_refused_with_a_remedy() {
    let site = Site::new();
    let page = |title: &str, word: &str| {
        markdown(&format!("title: {title}"), &format!("Información sobre {word}, año tras año, en español."))
    };
    let utf16: Vec<u8> = page("Uno", "zorzales").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = page("Dos", "colibríes").chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let garbled: String = page("Tres", "quetzales").bytes().map(char::from).collect();
    site.write("site/utf16.md", [&b"\xff\xfe"[..], &utf16].concat());
    site.write("site/unmarked.md", &utf16);
    site.write("site/latin.md", latin);
    site.write("site/garbled.md", &garbled);
    site.write("site/short.md", b"# Caf\xe9\n");
    site.write("site/lost.md", markdown("title: Cuatro", "La educaci\u{fffd}n."));
    let line = |id: &str, text: &str| format!("{{\"id\": \"{id}\", \"title\": \"{text}\"}}\n");
    let lines = line("l1", "Educación de tucanes").encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    site.write("site/lines.jsonl", [&b"\xfe\xff"[..], &lines].concat());
    site.write("site/garbled.jsonl", line("l2", "Educaci\\u00c3\\u00b3n"));
    let report = site.reindex();
    let source = &report.sources[0];
    assert_eq!(counts(source), [7, 0, 0, 0, 1], "{source:#?}");
    let articles = site.articles();
    assert_eq!(articles["utf16"].body, articles["unmarked"].body);
    for (id, word) in [("latin", "colibríes"), ("garbled", "quetzales"), ("utf16", "zorzales")] {
        assert!(articles[id].body.starts_with(&format!("Información sobre {word}, año")), "{:?}", articles[id].body);
    }
    assert_eq!((&articles["l1"].title[..], &articles["l2"].title[..]), ("Educación de tucanes", "Educación"));
    assert_eq!(found(&site.engine(), "tucanes"), ["l1"]);
    let mut doubts: Vec<(&str, &str)> =
        source.flaws.iter().map(|flaw| (flaw.file.as_str(), flaw.reason.split(' ').next().unwrap())).collect();
    doubts.sort_unstable();
    let expected = [
        ("garbled.jsonl", "UTF-8"),
        ("garbled.md", "UTF-8"),
        ("latin.md", "read"),
        ("lost.md", "text"),
        ("unmarked.md", "read"),
    ];
    assert_eq!(doubts, expected, "{:#?}", source.flaws);
    let refused = &source.rejections[0];
    assert!(refused.file == "short.md" && refused.reason.contains("iconv -f windows-1252 -t utf-8"), "{refused:?}");
}

#[test]
fn folder_copied_by_way_of_a_system_that_writes_accents_apart_changes_nothing() {
    let site = Site::new();
    let (composed, apart) = ("niñez/educación", "nin\u{303}ez/educacio\u{301}n");
    write_pages(&site, &[&format!("{composed}.md"), "plain.md"]);
    site.reindex();
    let before = site.last_seq();
    fs::remove_dir_all(site.path("site/niñez")).unwrap();
    site.write(&format!("site/{apart}.md"), markdown(&format!("title: {composed}.md"), "Words."));
    let report = site.reindex();
    assert_eq!((counts(&report.sources[0]), report.changes, site.last_seq()), ([0, 0, 2, 0, 0], 0, before));
    assert_eq!(ids(&site), [composed, "plain"]);
    let engine = site.engine();
    for id in [composed, apart] {
        let answer = engine.article(&ArticleKey::Id(id.to_owned()), 0).unwrap();
        assert_eq!(answer.map(|answer| answer.card.id).as_deref(), Some(composed));
    }
    // Where a system keeps both names apart, they are two files of one article.
    write_pages(&site, &[&format!("{composed}.md")]);
    if fs::read_dir(site.path("site")).unwrap().count() == 3 {
        let report = site.reindex();
        assert_eq!((report.changes, report.sources[0].rejected), (0, 1), "{report:?}");
        assert!(report.sources[0].rejections[0].reason.starts_with("duplicate id"), "{report:?}");
    }
}

#[test]
fn words_whose_letters_are_set_apart_are_found_in_titles_and_texts() {
    let site = Site::new();
    let spaced = "B O L E T Í N  O F I C I A L  2 0 2 4";
    site.write("site/front.md", markdown(&format!("title: {spaced}"), "Nada."));
    site.write("site/heading.md", format!("# {spaced}\n\nNada.\n"));
    site.write("site/text.md", markdown("title: x", &format!("Nada.\n\n{spaced}\n\nNada.")));
    site.write("site/html.md", markdown("title: y", &format!("<div>{}</div>", spaced.replace("  ", " &nbsp; "))));
    site.write("site/wide.md", markdown(&format!("title: {}", spaced.replace(' ', "  ")), "Nada."));
    site.write("site/line.jsonl", format!("{{\"id\": \"line\", \"title\": \"{spaced}\", \"body\": \"Nada.\"}}\n"));
    site.reindex();
    let engine = site.engine();
    for query in ["boletin", "oficial", "2024", "boletín oficial 2024", "\"boletín oficial 2024\"", spaced] {
        let mut ids = found(&engine, query);
        ids.sort_unstable();
        assert_eq!(ids, ["front", "heading", "html", "line", "text", "wide"], "{query}");
    }
}
