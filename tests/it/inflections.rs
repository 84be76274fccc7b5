//! The inflections of words, in an index of one-word articles:
//!
//! * a plural finds its singular, and a feminine its masculine, and back, while both stand in the
//!   index (`tests/fixtures/inflections`, a list for each language; `FICHERO_PAIRS` names further
//!   lists of the same form, which are only measured);
//! * the word itself and its inflections come before other words of the same stem, wherever these
//!   stand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::support::library::{ids_of, page, request};
use crate::support::makers;

/// What share of the pairs of a list must at least find each other.
const FLOORS: [(&str, f64); 9] = [
    ("es-plural", 0.99),
    ("es-gender", 0.98),
    ("pt-plural", 0.98),
    ("pt-gender", 0.98),
    ("fr-plural", 0.99),
    ("fr-gender", 0.99),
    ("en-plural", 0.99),
    ("ca-plural", 0.97),
    ("ca-gender", 0.95),
];

/// The pairs of words of a list: two on a line, separated by a tab.
fn pairs(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(one, other)| (one.to_owned(), other.to_owned())).collect()
}

/// The queries of a list that do not find their other word without help, and how many were asked.
fn lost(lang: &str, pairs: &[(String, String)]) -> (Vec<String>, usize) {
    let words: BTreeSet<&str> = pairs.iter().flat_map(|(one, other)| [one.as_str(), other]).collect();
    let records: Vec<_> = words.iter().map(|word| page(word, lang, word, "")).collect();
    let made = makers::embedded(&records);
    let mut lost = Vec::new();
    for (typed, wanted) in pairs.iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        let answer = made.engine.search(&request(typed)).unwrap();
        if !answer.corrections.is_empty() || !ids_of(&answer).contains(wanted) {
            lost.push(format!("{typed} does not find {wanted}"));
        }
    }
    (lost, pairs.len() * 2)
}

/// The share of the pairs of a list, named after its language, that find each other.
fn measured(path: &Path) -> f64 {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let lang = name.split('-').next().unwrap();
    let (lost, asked) = lost(lang, &pairs(path));
    let share = 1.0 - lost.len() as f64 / asked as f64;
    println!("{name}: {share:.4} of {asked}; {}", lost.join(", "));
    share
}

#[test]
fn plurals_and_feminines_find_each_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inflections");
    for (name, floor) in FLOORS {
        assert!(measured(&folder.join(format!("{name}.tsv"))) >= floor, "{name}");
    }
}

#[test]
#[ignore = "measures lists that FICHERO_PAIRS names, separated by colons"]
fn pairs_of_further_lists_are_measured() {
    let lists: Vec<PathBuf> = env::var_os("FICHERO_PAIRS").iter().flat_map(env::split_paths).collect();
    for list in lists {
        measured(&list);
    }
}

#[test]
fn the_word_and_its_inflections_come_before_other_words_of_its_stem() {
    let long = |word: &str, lang: &str| {
        let rest = if lang == "en" { "trees and rivers in the hills " } else { "tres ríos y un monte verde " };
        format!("{} {word}. {}", rest.repeat(3), rest.repeat(3))
    };
    // A language, a query, the word in a body, the word of its stem in a title and in another body.
    for (lang, query, held, other) in [
        ("es", "organismos", "organismo", "organización"),
        ("es", "marinas", "marinas", "marineros"),
        ("pt", "publicações", "publicação", "públicos"),
        ("fr", "nations", "nation", "nationalités"),
        ("en", "universities", "university", "universal"),
        ("en", "organs", "organ", "organization"),
    ] {
        let records = [
            page("held", lang, "Varia", &long(held, lang)),
            page("other", lang, other, &format!("{other} {other} {other} {other}")),
            page("none", lang, "Varia", &long("nihil", lang)),
        ];
        for maker in [makers::oracle, makers::embedded] {
            let made = maker(&records);
            let found = ids_of(&made.engine.search(&request(query)).unwrap());
            assert_eq!(found.first().map(String::as_str), Some("held"), "{lang} {query}: {found:?}");
        }
    }
}
